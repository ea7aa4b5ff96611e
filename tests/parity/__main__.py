"""`make parity`: our engine and a real Rasa 3.6 hold the same conversations; any difference fails.

python -m tests.parity --rasa /path/to/rasa/bin/python [--seed N ...] [--conversations N]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import structlog
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from api.errors import add_error_handlers
from api.routes.rasa import router
from assistant.building import build_dialogue, build_engine
from assistant.domain import Domain, load_domain
from assistant.engine import Engine
from assistant.rasa_door import RasaDoor
from assistant.rasa_export import HOME, export_project
from assistant.runner import InProcessActions
from classifier.catalogue import parse_catalogue
from classifier.onnx_encoder import OnnxEncoder
from classifier.reading import build_reader
from incidents.ledger import Outbox
from incidents.organisation import Organisation
from tests.conftest import ARTIFACTS, ORGANISATION
from tests.fakes import FakeJobs
from tests.parity.compare import compare
from tests.parity.golden import record_golden
from tests.parity.people import People
from tests.parity.rasa_pipe import RasaPipe, read_rules, run_rasa
from tests.parity.report import Measured, Row, render_report
from tests.parity.served import compare_served, rasa_server
from tests.parity.speed import measure_speed
from tests.parity.variety_side import FOLDER, Customers, variety_actions

ROOT = Path(__file__).parents[2]
TOKEN = "parity-0123456789-abcdefghijklmnopqrstuvwxyz"
VALIDATE = ("data", "validate", "--domain", "domain", "--data", "data")
TRAIN = (
    "train", "core", "--domain", "domain", "--stories", "data", "--out", "models",
    "--fixed-model-name", "core",
)  # fmt: skip
REPORT = ROOT / "benchmarks" / "parity.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("--rasa", type=Path, default=os.environ.get("MUSTER_TEST_RASA_PYTHON"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14])
    parser.add_argument("--conversations", type=int, default=30, help="for each seed")
    parser.add_argument("--turns", type=int, default=12, help="in each conversation")
    parser.add_argument(
        "--write", action="store_true", help="the report and the golden transcripts"
    )
    parser.add_argument("--only-other", action="store_true", help="the other dialogue alone")
    parser.add_argument("--skip-validate", action="store_true", help="quicker, while working on it")
    chosen = parser.parse_args()
    if chosen.rasa is None:
        sys.exit(
            "Name the python of an environment with rasa==3.6.21: --rasa or "
            "MUSTER_TEST_RASA_PYTHON (python3.10 -m venv rasa && rasa/bin/pip install rasa==3.6.21)."
        )
    work = Path(tempfile.mkdtemp(prefix="muster-parity-"))
    try:
        return _run(chosen, work)
    finally:
        shutil.rmtree(work)


def _run(chosen: argparse.Namespace, work: Path) -> int:
    project = work / "project"
    export_project(project)
    if not chosen.skip_validate:
        say("rasa data validate")
        run_rasa(chosen.rasa, project, *VALIDATE)
    say("rasa train core")
    run_rasa(chosen.rasa, project, *TRAIN)
    model = project / "models" / "core.tar.gz"
    catalogue = parse_catalogue(ORGANISATION)
    reader = build_reader(ARTIFACTS, catalogue, OnnxEncoder(ARTIFACTS / "encoder"))
    organisation = Organisation(catalogue, Outbox((), FakeJobs()))
    dialogue = build_dialogue(organisation, reader)
    with _served(dialogue.door) as (house, url):
        found = _variety(chosen, work, house, url)
        if chosen.only_other:
            return int(any(row.found.differences for row in found))
        engine = build_engine(organisation)
        check_rules(engine.domain, model)
        log = work / "rasa.log"
        with RasaPipe.open(chosen.rasa, model, url, TOKEN, log) as rasa:
            for seed in chosen.seeds:
                for stateless in (False, True):
                    began = time.perf_counter()
                    people = People(seed, catalogue, reader)
                    one = compare(
                        engine, people, rasa.ask, conversations=chosen.conversations,
                        turns=chosen.turns, stateless=stateless,
                    )  # fmt: skip
                    how = "given the state each turn" if stateless else "keeps its own state"
                    found.append(tell(Row("our own", seed, how, one), began))
            first = next(row for row in found if row.dialogue == "our own")
            speed = measure_speed(engine, first.found.conversations, rasa.ask)
        with rasa_server(chosen.rasa, project, url, TOKEN) as served:
            asked = compare_served(engine, People(99, catalogue, reader), served, TOKEN, turns=60)
            say(f"a Rasa server behind our client: {asked} turns, no difference")
            measured = Measured(rasa.version, found, speed, len(engine.domain.book.keys), asked)
    say(render_report(measured))
    if any(row.found.differences for row in found):
        say("Differences: nothing written.")
        return 1
    if chosen.write:
        REPORT.write_text(render_report(measured), encoding="utf-8")
        record_golden(rasa.version, found, project)
    return 0


def _variety(chosen: argparse.Namespace, work: Path, house: SimpleNamespace, url: str) -> list[Row]:
    """The other dialogue: its files, its actions, its people."""
    project = work / "variety"
    shutil.copytree(FOLDER, project / "domain", ignore=shutil.ignore_patterns("rules.yml", "*.py"))
    (project / "data").mkdir()
    shutil.copy(FOLDER / "rules.yml", project / "data")
    shutil.copy(HOME / "config.yml", project)
    if not chosen.skip_validate:
        say("rasa data validate, of the other dialogue")
        run_rasa(chosen.rasa, project, *VALIDATE)
    say("rasa train core, of the other dialogue")
    run_rasa(chosen.rasa, project, *TRAIN)
    model = project / "models" / "core.tar.gz"
    domain, actions = load_domain(FOLDER), InProcessActions(variety_actions())
    check_rules(domain, model)
    own, house.rasa = house.rasa, RasaDoor(domain, actions, house.rasa.reader)
    rows = []
    with RasaPipe.open(chosen.rasa, model, url, TOKEN, work / "variety.log") as rasa:
        for seed in chosen.seeds:
            began = time.perf_counter()
            found = compare(
                Engine(domain, actions), Customers(seed), rasa.ask,
                conversations=chosen.conversations, turns=chosen.turns, stateless=False,
            )  # fmt: skip
            rows.append(tell(Row("the other", seed, "keeps its own state", found), began))
    house.rasa = own
    return rows


def tell(row: Row, began: float) -> Row:
    """Say how a row went, with its first differences."""
    found, took = row.found, time.perf_counter() - began
    say(
        f"{row.dialogue}, seed {row.seed}, Rasa {row.how}: {found.turns} turns, "
        f"{len(found.differences)} differences, {took:.0f} s"
    )
    for difference in found.differences[:3]:
        say(json.dumps(difference, indent=1, ensure_ascii=False)[:6000])
    return row


def check_rules(domain: Domain, model: Path) -> None:
    """What Rasa learned from the rules is what we made of them, key for key."""
    rules, aside = read_rules(model)
    assert {text: key.then for text, key in domain.book.keys.items()} == rules
    assert {text: key.then for text, key in domain.book.unhappy.items()} == aside
    say(f"rules: {len(rules)} and {len(aside)} keys, the same on both sides")


@contextmanager
def _served(door: RasaDoor) -> Iterator[tuple[SimpleNamespace, str]]:
    """The three routes as they are served, on a free port of this machine."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    house = SimpleNamespace(rasa=door, settings=SimpleNamespace(rasa_token=SecretStr(TOKEN)))
    app = FastAPI()
    app.state.installation = house
    app.include_router(router)
    add_error_handlers(app)
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    patience = time.monotonic() + 30
    while not server.started and time.monotonic() < patience:
        thread.join(0.05)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield house, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
