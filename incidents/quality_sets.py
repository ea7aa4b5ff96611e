"""The labelled streams that grouping is measured on, and how each is parted in time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from incidents.replay import StreamRow, parse_stream

_TRAIN: Final = "train"


@dataclass(frozen=True, slots=True)
class QualitySet:
    """One stream.

    Attributes:
        key: Its name in an artifact's manifest and in the figures.
        title: For people.
        path: Of its JSONL file.
        rule: People and hours that make a candidate, as `N/HOURS`.
        long: Reports of one incident lie days to years apart.
        ours: Written for this project: its texts' names may be shown.

    """

    key: str
    title: str
    path: Path
    rule: str = "4/6"
    long: bool = False
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Bonds:
    """Which incidents a stream itself calls alike at the same time, or of one cause again."""

    lookalikes: Mapping[str, str]
    recurrences: Mapping[str, str]


def list_sets(training_data: Path, eval_root: Path) -> list[QualitySet]:
    """Every set that is known, whether it is there or not."""

    def dev(name: str) -> Path:
        return eval_root / name / "dev" / "stream.jsonl"

    return [
        QualitySet("ten_days", "our ten days", training_data / "ten_days.jsonl", ours=True),
        QualitySet("stream", "our three days", training_data / "stream.jsonl", ours=True),
        QualitySet("outages", "our outages", training_data / "outages.jsonl", ours=True),
        QualitySet("storm", "storm (dev)", dev("storm"), rule="5/3"),
        QualitySet("helpdesk", "helpdesk (dev)", dev("helpdesk")),
        QualitySet("dups_office", "dups_office (dev)", dev("dups_office"), long=True),
        QualitySet("dups_gitbugs", "dups_gitbugs (dev)", dev("dups_gitbugs"), long=True),
    ]


def choose_cut(rows: Sequence[StreamRow]) -> int:
    """Where the later part begins: where the file says, else when half of the incidents have begun.

    The first part has the past that is learnt from, the later one is judged.
    """
    parts = [row.part for row in rows]
    if any(part not in {None, _TRAIN} for part in parts):
        return next(place for place, part in enumerate(parts) if part != _TRAIN)
    begun: dict[str, int] = {}
    for place, row in enumerate(rows):
        if row.group is not None:
            begun.setdefault(row.group, place)
    return sorted(begun.values())[len(begun) // 2]


def read_bonds(path: Path) -> Bonds:
    """Look-alikes and recurrences by incident; empty where a stream tells of none."""
    lookalikes: dict[str, str] = {}
    recurrences: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line) if line.strip() else {}
        for field, found in (("lookalike_of", lookalikes), ("recurrence_of", recurrences)):
            if row.get("group") and row.get(field):
                found[str(row["group"])] = str(row[field])
    return Bonds(lookalikes, recurrences)


def read_stream(path: Path) -> tuple[list[StreamRow], Bonds]:
    """Rows by time, and what the file says of their incidents."""
    return parse_stream(path), read_bonds(path)
