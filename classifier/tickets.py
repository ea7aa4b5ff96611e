"""A table of labelled tickets: read for training, labelled for judging.

Columns are named by whoever brings the table; texts of several columns are joined. A row
without text, or a label that is empty, is left out of what needs it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from classifier.encoding import Encoder, gist
from classifier.heads import Heads, Prediction
from classifier.train_heads import Task
from models.errors import DomainError

HEADS: Final = ("category", "impact", "urgency")
FEWEST: Final = 5
"""Rows a label needs to be learnt; rarer ones are left out and said so."""


class BadTableError(DomainError):
    """A table of tickets cannot be used."""

    code: ClassVar[str] = "tickets.unreadable"


@dataclass(frozen=True, slots=True)
class Table:
    """Texts by row, and per head the labels (empty where none was given)."""

    texts: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LabelScore:
    """How good one head's labels are on the rows that have one.

    Attributes:
        majority: What naming the commonest label would reach.
        ece: Expected calibration error, ten equal steps of confidence.
        answered: Share on which the head did not abstain, and how often it was right there.

    """

    rows: int
    labels: int
    majority: float
    accuracy: float
    macro_f1: float
    ece: float
    answered: float
    accuracy_answered: float


def parse_table(path: Path, text: Sequence[str], labels: Mapping[str, str | None]) -> Table:
    """Read a CSV file with a header.

    Args:
        path: The file, UTF-8.
        text: Columns that are joined, in this order, line by line.
        labels: Per head the column that holds its label; None where there is none.

    Raises:
        BadTableError: It cannot be read, or a column is not there.

    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadTableError(f"{path} cannot be read as CSV: {error}.") from error
    wanted = {head: column for head, column in labels.items() if column}
    there = set(rows[0]) if rows else set()
    missing = [column for column in (*text, *wanted.values()) if column not in there]
    if missing or not text:
        known = ", ".join(sorted(map(str, there))) or "none: the file is empty"
        raise BadTableError(
            f"{path} has no column {', '.join(missing) or 'for the text'}. It has: {known}."
        )
    return Table(
        texts=tuple(_joined(row, text) for row in rows),
        labels={
            head: tuple((row[column] or "").strip() for row in rows)
            for head, column in wanted.items()
        },
    )


def tasks_of(table: Table) -> tuple[list[Task], dict[str, list[str]]]:
    """What can be trained from a table, and per head the labels that are too rare for it.

    Raises:
        BadTableError: No head has two labels with enough rows.

    """
    tasks, rare = [], {}
    for head, labels in table.labels.items():
        counts = Counter(
            label for label, text in zip(labels, table.texts, strict=True) if label and text
        )
        rare[head] = sorted(label for label, count in counts.items() if count < FEWEST)
        kept = [
            (text, label)
            for text, label in zip(table.texts, labels, strict=True)
            if text and counts[label] >= FEWEST
        ]
        if len({label for _, label in kept}) > 1:
            tasks.append(Task(head, [text for text, _ in kept], [label for _, label in kept]))
    if not tasks:
        raise BadTableError(
            f"Nothing to learn: name a column with two labels or more, {FEWEST} rows each "
            "(--category, --impact or --urgency)."
        )
    return tasks, rare


def predict_rows(table: Table, heads: Heads, encoder: Encoder) -> list[dict[str, Prediction]]:
    """Per row, what each head says. Slow: every text is encoded."""
    short = [gist(text) for text in table.texts]
    vectors = encoder.encode(short)
    found = []
    for text, vector in zip(short, vectors, strict=True):
        terms = heads.terms(text)
        found.append({head: heads.predict(head, terms, vector) for head in HEADS})
    return found


def render_row(row: int, said: Mapping[str, Prediction]) -> dict[str, Any]:
    """One line of the predictions file; `abstained` names the heads that were too unsure."""
    line: dict[str, Any] = {"row": row}
    for head in HEADS:
        line[head] = said[head].label
        line[f"{head}_p"] = round(said[head].probability, 4) if said[head].label else None
    line["abstained"] = [h for h in HEADS if said[h].label is not None and said[h].abstained]
    return line


def score_labels(gold: Sequence[str], said: Iterable[Prediction]) -> LabelScore | None:
    """Compare a head with the labels given; None where no row has one."""
    both = [(g, p) for g, p in zip(gold, said, strict=True) if g]
    if not both:
        return None
    right = np.array([g == p.label for g, p in both])
    sure = np.array([p.probability for _, p in both])
    answered = np.array([not p.abstained for _, p in both])
    steps = np.clip(np.ceil(sure * 10) - 1, 0, 9).astype(np.int64)
    gaps = [
        abs(float(sure[steps == step].mean() - right[steps == step].mean()))
        * float((steps == step).mean())
        for step in range(10)
        if (steps == step).any()
    ]
    told = Counter(g for g, _ in both)
    return LabelScore(
        rows=len(both),
        labels=len(told),
        majority=round(max(told.values()) / len(both), 4),
        accuracy=round(float(right.mean()), 4),
        macro_f1=round(_macro_f1(both), 4),
        ece=round(sum(gaps), 4),
        answered=round(float(answered.mean()), 4),
        accuracy_answered=round(float(right[answered].mean()) if answered.any() else 0.0, 4),
    )


def _macro_f1(both: Sequence[tuple[str, Prediction]]) -> float:
    told = Counter(g for g, _ in both)
    named = Counter(p.label for _, p in both)
    hit = Counter(g for g, p in both if g == p.label)
    return sum(2 * hit[label] / (told[label] + named[label]) for label in told) / len(told)


def _joined(row: Mapping[str, str | None], columns: Sequence[str]) -> str:
    """The columns' texts, without one that only repeats another."""
    parts = dict.fromkeys((row[column] or "").strip() for column in columns)
    return "\n".join(part for part in parts if part)
