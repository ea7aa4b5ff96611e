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

import structlog

from api.server import build_server
from api.settings import Environment, resolve_settings
from api.wiring import Installation, build_installation
from assistant.building import build_engine
from assistant.domain import Domain
from assistant.rasa_export import export_project
from classifier.catalogue import parse_catalogue
from classifier.onnx_encoder import OnnxEncoder
from classifier.reading import Reader, build_reader
from incidents.importing import record_catalogue
from models.database import build_database
from models.migrate import migrate
from tests.conftest import ARTIFACTS, ORGANISATION
from tests.fakes import FakeJobs
from tests.parity.compare import Compared, compare
from tests.parity.people import People
from tests.parity.rasa_pipe import RasaPipe, read_rules, run_rasa
from tests.parity.report import Measured, render_report
from tests.parity.speed import measure_speed

ROOT = Path(__file__).parents[2]
TOKEN = "parity-0123456789-abcdefghijklmnopqrstuvwxyz"
GOLDEN = ROOT / "tests" / "golden" / "rasa.json"
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
        run_rasa(chosen.rasa, project, "data", "validate", "--domain", "domain", "--data", "data")
    say("rasa train core")
    run_rasa(
        chosen.rasa, project, "train", "core", "--domain", "domain", "--stories", "data",
        "--out", "models", "--fixed-model-name", "core",
    )  # fmt: skip
    model = project / "models" / "core.tar.gz"
    catalogue = parse_catalogue(ORGANISATION)
    reader = build_reader(ARTIFACTS, catalogue, OnnxEncoder(ARTIFACTS / "encoder"))
    with _served(work, reader) as (house, url):
        engine = build_engine(house.organisation)
        check_rules(engine.domain, model)
        log = work / "rasa.log"
        with RasaPipe.open(chosen.rasa, model, url, TOKEN, log) as rasa:
            found: list[tuple[int, str, Compared]] = []
            for seed in chosen.seeds:
                for stateless in (False, True):
                    began = time.perf_counter()
                    people = People(seed, catalogue, reader)
                    one = compare(
                        engine, people, rasa.ask, conversations=chosen.conversations,
                        turns=chosen.turns, stateless=stateless,
                    )  # fmt: skip
                    how = "given the state each turn" if stateless else "keeps its own state"
                    found.append((seed, how, one))
                    took = time.perf_counter() - began
                    say(f"seed {seed}, Rasa {how}: {one.turns} turns, "
                        f"{len(one.differences)} differences, {took:.0f} s")  # fmt: skip
                    for difference in one.differences[:3]:
                        say(json.dumps(difference, indent=1, ensure_ascii=False)[:6000])
            speed = measure_speed(engine, found[0][2].conversations, rasa.ask)
            measured = Measured(rasa.version, found, speed, len(engine.domain.book.keys))
    say(render_report(measured))
    if any(one.differences for _, _, one in found):
        say("Differences: nothing written.")
        return 1
    if chosen.write:
        REPORT.write_text(render_report(measured), encoding="utf-8")
        golden = {
            "rasa": measured.rasa,
            "conversations": [c for _, _, one in found[:1] for c in one.conversations[:12]],
        }
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def check_rules(domain: Domain, model: Path) -> None:
    """What Rasa learned from the rules is what we made of them, key for key."""
    rules, aside = read_rules(model)
    assert {text: key.then for text, key in domain.book.keys.items()} == rules
    assert {text: key.then for text, key in domain.book.unhappy.items()} == aside
    say(f"rules: {len(rules)} and {len(aside)} keys, the same on both sides")


@contextmanager
def _served(work: Path, reader: Reader) -> Iterator[tuple[Installation, str]]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    settings = resolve_settings(
        environment=Environment.TEST, data_dir=work / "var", rasa_token=TOKEN
    )
    database = build_database(settings.store_url)
    migrate(database)
    with database.transaction() as session:
        record_catalogue(session, parse_catalogue(ORGANISATION))
    database.dispose()
    house = build_installation(settings, reader=reader, jobs=FakeJobs())
    server = build_server(house, port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    server.began.wait(30)
    try:
        yield house, server.url
    finally:
        server.should_exit = True
        thread.join(20)
        house.close()


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    sys.exit(main())
