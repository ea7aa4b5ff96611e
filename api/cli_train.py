"""`muster encoder build` and `muster train`: everything that makes artifacts."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from api.cli_labels import add_training, train_labels, train_shipped_heads
from api.cli_named import name_stream
from api.cli_recurrence import add_recurrence, train_recurrences
from api.shipped import ARTIFACTS, TRAINING_DATA, built_encoder
from models.errors import DomainError

if TYPE_CHECKING:
    from classifier.disturbance import Disturbance
    from classifier.encoding import Encoder

HELD: Final = "held"
"""The `part` of a labelled file that nothing is learnt from: kept to be judged on."""


class NothingToTrainError(DomainError):
    """The command names nothing to learn from, or nowhere to write to."""

    code: ClassVar[str] = "train.unclear"


def add_commands(commands: Any) -> None:
    encoder = commands.add_parser("encoder", help="build the encoder from its weights")
    parts = encoder.add_subparsers(dest="part", required=True, metavar="WHAT")
    build = parts.add_parser("build", help="write the ONNX graph (seconds)")
    build.add_argument("--model", type=Path, help="a folder with model.safetensors")
    build.add_argument("--out", type=Path, default=ARTIFACTS / "encoder")
    build.set_defaults(run=_build_encoder)

    train = commands.add_parser("train", help="train heads or pair weights")
    train.add_argument(
        "--stream", action="append", default=[], metavar="[NAME=]STREAM.jsonl",
        help="a labelled stream to learn grouping from: writes OUT/pairs.json; may be repeated",
    )  # fmt: skip
    train.add_argument(
        "--from-feedback", action="store_true",
        help="learn grouping from staff's corrections here; what is better beyond chance is put "
        "in force (with --out only written)",
    )  # fmt: skip
    add_recurrence(train)
    add_training(train)
    train.add_argument(
        "--afresh", action="store_true",
        help="learn grouping from nothing, not from the shipped weights on",
    )  # fmt: skip
    add_organisation(train)
    train.add_argument("--out", type=Path, help="a folder; an artifact for `muster evaluate`")
    train.set_defaults(run=_train)


def add_organisation(command: argparse.ArgumentParser) -> None:
    """Whose services and sites are looked for in the words of a stream."""
    command.add_argument(
        "--organisation", type=Path, default=TRAINING_DATA / "organisation", metavar="DIR",
        help="catalogue whose services and sites the words may name (default: the sample)",
    )  # fmt: skip


def _build_encoder(chosen: argparse.Namespace) -> None:
    from classifier.onnx_build import build_onnx_encoder

    print(f"Encoder written to {build_onnx_encoder(chosen.out, chosen.model)}")


def _train(chosen: argparse.Namespace) -> None:
    if chosen.what == "heads":
        train_shipped_heads(chosen)
        return
    if chosen.from_feedback:
        from api.cli_learn import learn

        learn(chosen.out)
        return
    if not chosen.out or not (chosen.stream or chosen.tickets or chosen.recurrence):
        raise NothingToTrainError(
            "Say what to learn from (--stream STREAM.jsonl, --recurrence STREAM.jsonl, "
            "--tickets FILE.csv or "
            "--from-feedback) "
            "and where to write it (--out DIR)."
        )
    if chosen.stream:
        _train_pairs(chosen)
    if chosen.recurrence:
        train_recurrences(chosen)
    if chosen.tickets:
        train_labels(chosen)


def _train_pairs(chosen: argparse.Namespace) -> None:
    from threadpoolctl import threadpool_limits

    from classifier.catalogue import parse_catalogue
    from classifier.facts import FactFinder
    from classifier.pair_scorer import load_scorer, save_scorer
    from classifier.train_pairs import Labelled, train_scorer
    from incidents.replay import labelled, parse_stream, read_rows

    threadpool_limits(1)  # threads that wait for each other take ten times as long
    encoder, finder = built_encoder(), FactFinder(parse_catalogue(chosen.organisation))
    streams: dict[str, list[Labelled]] = {}
    for told in chosen.stream:
        name, path = name_stream(told, streams)
        rows = [row for row in parse_stream(path) if row.part != HELD]
        print(f"Reading {len(rows)} reports of {name} ...", flush=True)
        streams[name] = labelled(read_rows(rows, encoder, finder))
    print("Learning; a few minutes for some thousand reports ...", flush=True)
    now = datetime.now(UTC)
    scorer = train_scorer(
        streams,
        encoder.id,
        name=f"pairs-{now:%Y%m%d}",
        date=f"{now:%Y-%m-%d}",
        start=None if chosen.afresh else load_scorer(),
        disturbance=_learn_disturbance(encoder) if chosen.afresh else None,
        said=lambda sentence: print(sentence, flush=True),
    )
    save_scorer(scorer, chosen.out)
    figures = {key: value for key, value in scorer.manifest.items() if key != "reliability"}
    print(json.dumps({**figures, "join": scorer.join, "suggest": scorer.suggest}, indent=1))


def _learn_disturbance(encoder: Encoder) -> Disturbance:
    from classifier.disturbance import train_disturbance
    from classifier.train_heads import read_table

    rows = [r for r in read_table(TRAINING_DATA / "tickets.csv") if r.get("part") != HELD]
    return train_disturbance([r["text"] for r in rows], [r["urgency"] for r in rows], encoder)
