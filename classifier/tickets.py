"""A table of labelled tickets: read for training, labelled for judging.

Columns are named by whoever brings the table; texts of several columns are joined. A row
without text, or a label that is empty, is left out of what needs it.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from classifier.encoding import Encoder, Vectors, gist
from classifier.heads import NOTHING, Heads, Prediction, Seen
from classifier.label_severity import SeverityReading
from classifier.label_vectors import Tell, encode_all
from classifier.severity import PriorityMatrix
from classifier.train_heads import TICKETS, Task
from models.errors import DomainError

HEADS: Final = ("category", "impact", "urgency")
FEWEST: Final = 5
"""Rows a label needs to be learnt; rarer ones are left out and said so."""
_TOP: Final = 3


class BadTableError(DomainError):
    """A table of tickets cannot be used."""

    code: ClassVar[str] = "tickets.unreadable"


@dataclass(frozen=True, slots=True)
class Table:
    """Texts by row, and per head the labels (empty where none was given)."""

    texts: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Said:
    """What the heads say of one row, and the severity that follows; None where grades lack."""

    labels: Mapping[str, Prediction]
    severity: SeverityReading | None


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
        texts=tuple(text_of(row, text) for row in rows),
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
            row
            for row, (text, label) in enumerate(zip(table.texts, labels, strict=True))
            if text and counts[label] >= FEWEST
        ]
        if len({labels[row] for row in kept}) > 1:
            told = [labels[row] for row in kept]
            ids = [f"row {row + 1}" for row in kept]
            tasks.append(Task(head, [table.texts[row] for row in kept], told, ids=ids))
    if not tasks:
        raise BadTableError(
            f"Nothing to learn: name a column with two labels or more, {FEWEST} rows each "
            "(--category, --impact or --urgency)."
        )
    return tasks, rare


def predict_rows(
    table: Table, heads: Heads, encoder: Encoder, tell: Tell | None = None
) -> list[Said]:
    """Per row, what each head says. Slow: every text is encoded."""
    return label_rows(table.texts, encode_all(encoder, table.texts, tell), heads)


def label_rows(texts: Sequence[str], vectors: Vectors, heads: Heads) -> list[Said]:
    """What all heads say of texts whose vectors are known."""
    if TICKETS not in heads.shelves:
        return [Said(dict.fromkeys(HEADS, NOTHING), None)] * len(texts)
    short = [gist(text) for text in texts]
    return [_said(seen, heads) for seen in heads.see_all(short, vectors, TICKETS)]


def _said(seen: Seen, heads: Heads) -> Said:
    found = {head: heads.predict(head, seen) for head in HEADS}
    severity = None
    if heads.severity is not None:
        severity = heads.severity.read(
            found["impact"].probabilities, found["urgency"].probabilities, PriorityMatrix()
        )
    return Said(found, severity)


def render_row(row: int, said: Said) -> dict[str, Any]:
    """One line of the predictions file; `abstained` names the heads that were too unsure."""
    line: dict[str, Any] = {"row": row}
    for head in HEADS:
        found = said.labels[head]
        line[head] = found.label
        line[f"{head}_p"] = round(found.probability, 4) if found.label else None
        if head != "urgency":
            line[f"{head}_top"] = [[label, round(p, 4)] for label, p in found.top(_TOP)]
    line["severity"] = said.severity.level.value if said.severity else None
    line["severity_p"] = round(said.severity.probability, 4) if said.severity else None
    line["abstained"] = [
        head for head in HEADS if said.labels[head].label and said.labels[head].abstained
    ]
    return line


def text_of(row: Mapping[str, str | None], columns: Sequence[str]) -> str:
    """The columns' texts, without one that only repeats another."""
    parts = dict.fromkeys((row[column] or "").strip() for column in columns)
    return "\n".join(part for part in parts if part)
