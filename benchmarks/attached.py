"""What files are worth to grouping: our ten days with what was read in them, and without.

`python -m benchmarks attached` writes `benchmarks/attached.md`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from api.shipped import ARTIFACTS, TRAINING_DATA
from benchmarks.report import render_machine, table, write
from classifier.catalogue import parse_catalogue
from classifier.facts import FactFinder
from classifier.onnx_encoder import OnnxEncoder
from classifier.pair_scorer import load_scorer
from classifier.train_pairs import pairwise_f1
from incidents.grouping import GroupingPolicy
from incidents.replay import ReadRow, parse_stream, read_rows, replay_stream

UNLIKE: Final = 0.5
"""Words of two reports differ where the cosine of their meaning is below."""
JOINS: Final = (0.02, 0.03, 0.05, 0.08, 0.12)


class _Read:
    """The encoder's answer, which is the same with and without files."""

    id = "read"

    def __init__(self, vectors: npt.NDArray[np.float32]) -> None:
        self.vectors = vectors

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        assert len(texts) == len(self.vectors)
        return self.vectors


@dataclass(frozen=True, slots=True)
class Counted:
    """F1 over pairs: of all reports, of those with files, and of those in other words."""

    whole: float
    attached: float
    unlike: float


def main() -> None:
    machine = render_machine()
    scorer = load_scorer()
    encoder = OnnxEncoder(ARTIFACTS / "encoder")
    finder = FactFinder(parse_catalogue(TRAINING_DATA / "organisation"))
    stream = parse_stream(TRAINING_DATA / "ten_days.jsonl")
    rows = read_rows(stream, encoder, finder)
    read = _Read(np.stack([one.vector for one in rows]))
    without = read_rows([replace(one, attached=()) for one in stream], read, finder)
    shipped = GroupingPolicy.of(scorer)
    measured = [
        (
            f"p = {join:.2f}{' (shipped)' if join == shipped.join else ''}",
            *(
                count(rows, replay_stream(each, scorer, policy, encoder_id=encoder.id).groups)
                for each in (without, rows)
            ),
        )
        for join in sorted({*JOINS, shipped.join})
        for policy in [replace(shipped, join=join, suggest=min(join, shipped.suggest))]
    ]
    best = [max(measured, key=lambda row: row[side].unlike)[side].unlike for side in (1, 2)]
    write(
        "attached",
        "python -m benchmarks attached",
        machine,
        "What files are worth to grouping",
        [
            "",
            f"Our ten days ({len(rows)} reports, {sum(bool(one.attached) for one in stream)} with files), grouped on",
            f"arrival with artifact `{scorer.name}`, which never saw them; once with what stands in the files and once",
            "without. F1 over pairs of reports in one incident: all; among the reports with files; and of these the",
            f"pairs whose words differ (cosine below {UNLIKE}), where a code in a picture is what they have in common.",
            *table(
                ("joins from", "all: without", "with", "with files: without", "with", "other words: without", "with"),
                [
                    (name, *(f"{value:.3f}" for pair in zip(*map(_values, sides), strict=True) for value in pair))
                    for name, *sides in measured
                ],
            ),
            f"At the best threshold of each: {best[0]:.3f} without, {best[1]:.3f} with.",
        ],
    )  # fmt: skip


def count(rows: Sequence[ReadRow], groups: Sequence[Hashable]) -> Counted:
    gold = [one.row.group for one in rows]
    here = [number for number, one in enumerate(rows) if one.row.attached]
    vectors = np.stack([rows[number].vector for number in here])
    unlike = vectors @ vectors.T < UNLIKE
    pairs = [
        (
            gold[here[a]] is not None and gold[here[a]] == gold[here[b]],
            groups[here[a]] == groups[here[b]],
        )
        for a, b in combinations(range(len(here)), 2)
        if unlike[a, b]
    ]
    return Counted(
        whole=pairwise_f1(gold, groups),
        attached=pairwise_f1([gold[one] for one in here], [groups[one] for one in here]),
        unlike=_f1(pairs),
    )


def _values(counted: Counted) -> tuple[float, float, float]:
    return counted.whole, counted.attached, counted.unlike


def _f1(pairs: Sequence[tuple[bool, bool]]) -> float:
    right = sum(told and found for told, found in pairs)
    return 2 * right / max(sum(told + found for told, found in pairs), 1)


if __name__ == "__main__":
    main()
