"""`muster train --recurrence`: learn which incidents have the cause of past ones."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime

from api.cli_named import name_stream
from api.shipped import built_encoder


def add_recurrence(train: argparse.ArgumentParser) -> None:
    """The option of `muster train`."""
    train.add_argument(
        "--recurrence", action="append", default=[], metavar="[NAME=]STREAM.jsonl",
        help="a labelled stream to learn from which incidents have the cause of past ones "
        "(`recurrence_of`, or one `group` over long silences): writes OUT/recurrence.json; may "
        "be repeated",
    )  # fmt: skip


def train_recurrences(chosen: argparse.Namespace) -> None:
    """Learn from every stream named, and say how good it is."""
    from classifier.catalogue import parse_catalogue
    from classifier.facts import FactFinder
    from classifier.recurrence_examples import Question
    from classifier.recurrence_scorer import save_recurrence_scorer
    from classifier.recurrence_training import train_recurrence
    from incidents.recurrence_stream import parse_recurrences, read_questions
    from incidents.replay import parse_stream, read_rows

    encoder, finder = built_encoder(), FactFinder(parse_catalogue(chosen.organisation))
    histories: dict[str, list[Question]] = {}
    for told in chosen.recurrence:
        name, path = name_stream(told, histories)
        rows = parse_stream(path)
        print(f"Reading {len(rows)} reports of {name} ...", flush=True)
        read = read_rows(rows, encoder, finder)
        histories[name] = read_questions(read, parse_recurrences(path))
    print("Learning ...", flush=True)
    now = datetime.now(UTC)
    scorer = train_recurrence(
        histories, encoder.id, name=f"recurrence-{now:%Y%m%d}", date=f"{now:%Y-%m-%d}"
    )
    save_recurrence_scorer(scorer, chosen.out)
    figures = {k: v for k, v in scorer.manifest.items() if k not in {"reliability", "by_threshold"}}
    print(json.dumps({**figures, "link": scorer.link}, indent=1))
