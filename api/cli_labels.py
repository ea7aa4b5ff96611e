"""The label halves of `muster train` and `muster evaluate`: heads learnt, and judged."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.shipped import ARTIFACTS, TRAINING_DATA, built_encoder


def add_training(train: argparse.ArgumentParser) -> None:
    """Give `muster train` its options for labels."""
    train.add_argument("what", nargs="?", choices=["heads"], help="the shipped heads")
    train.add_argument(
        "--tickets", type=Path, metavar="FILE.csv",
        help="labelled tickets to learn labels from: writes OUT/heads/",
    )  # fmt: skip
    _add_columns(train)


def add_evaluation(parts: Any) -> None:
    """Add `muster evaluate labels`."""
    labels = parts.add_parser("labels", help="label a table of tickets and compare")
    labels.add_argument("file", type=Path, metavar="FILE.csv")
    labels.add_argument(
        "--artifact", type=Path, metavar="DIR", help="of `muster train`; default: the shipped"
    )
    _add_columns(labels)
    labels.add_argument(
        "--out", type=Path, metavar="PRED.jsonl",
        help="write {row, category, category_p, ..., abstained}; row 0 is the first ticket",
    )  # fmt: skip
    labels.add_argument("--json", action="store_true", help="print one JSON object")
    labels.set_defaults(run=_evaluate)


def train_shipped_heads(chosen: argparse.Namespace) -> None:
    """`muster train heads`: all heads, from `training_data/`."""
    from classifier.train_heads import train_shipped

    out = chosen.out or ARTIFACTS / "heads"
    print(json.dumps(train_shipped(TRAINING_DATA, out, built_encoder()), indent=1))


def train_labels(chosen: argparse.Namespace) -> None:
    """`muster train --tickets`: heads from an organisation's own tickets."""
    from classifier.tickets import HEADS, parse_table, tasks_of
    from classifier.train_heads import train_heads

    labels = {head: getattr(chosen, head) for head in HEADS}
    tasks, rare = tasks_of(parse_table(chosen.tickets, chosen.text, labels))
    print(f"Learning {', '.join(task.name for task in tasks)} ...", flush=True)
    report = train_heads(tasks, chosen.out / "heads", built_encoder())
    print(json.dumps({**report, "too_rare_to_learn": rare}, indent=1))


def _add_columns(command: argparse.ArgumentParser) -> None:
    """Which columns of a table of tickets hold what."""
    command.add_argument(
        "--text", type=lambda told: told.split(","), default=[], metavar="COL[,COL]",
        help="columns that hold the words",
    )  # fmt: skip
    for head in ("category", "impact", "urgency"):
        command.add_argument(f"--{head}", metavar="COL", help=f"column that holds the {head}")


def _evaluate(chosen: argparse.Namespace) -> None:
    from classifier.heads import load_heads
    from classifier.tickets import HEADS, parse_table, predict_rows, render_row, score_labels

    folder = (chosen.artifact or ARTIFACTS) / "heads"
    heads = load_heads(folder if folder.exists() else ARTIFACTS / "heads")
    table = parse_table(chosen.file, chosen.text, {head: getattr(chosen, head) for head in HEADS})
    said = predict_rows(table, heads, built_encoder())
    if chosen.out:
        _write(chosen.out, (render_row(row, each) for row, each in enumerate(said)))
    scores = {
        head: asdict(score)
        for head, gold in table.labels.items()
        if (score := score_labels(gold, (each[head] for each in said)))
    }
    if chosen.json:
        print(json.dumps({"rows": len(said), "artifact": heads.artifact, "scores": scores}))
        return
    print(f"{len(said)} rows, {heads.artifact}")
    for head, figures in scores.items():
        print(f"{head}: " + ", ".join(f"{name} {value:g}" for name, value in figures.items()))


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
