"""A labelled stream replayed under one policy after another, cheaply.

What no grouping changes (how alike a report is to all before it) is looked at once and
remembered; every comparison on the way is a training pair.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.disturbance import Disturbance
from classifier.encoding import Vector
from classifier.pace import Pace
from classifier.pair_candidates import Glance, Query, take_glance
from classifier.pair_features import FEATURES, Compared, compare
from classifier.window import Item, PairFacts, Window

Floats = npt.NDArray[np.float64]

FOLDS: Final = 5
"""Parts of a stream by the number of reports: cut in time, as a future is."""
_REMEMBERED: Final = 6_000
"""Reports of a stream up to which glances are kept: at most about 300 MB."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One report of a labelled stream. `gold` is None where it stands alone."""

    id: str
    at: float
    gold: str | None
    vector: Vector
    facts: PairFacts
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Training pairs of one replay.

    Attributes:
        x: Shape (n, features).
        y: Shape (n,), 1 where at least half of the group is the report's incident, else 0.
        fold: Shape (n,), the part of the stream that the report is in.
        report: Shape (n,), the number of the report in its stream.

    """

    x: Floats
    y: Floats
    fold: npt.NDArray[np.int64]
    report: npt.NDArray[np.int64]


Policy = Callable[[int, Labelled, Sequence[Compared]], Hashable | None]
"""The number of a report, the report, and what was compared: the group to join or None."""


@dataclass(slots=True)
class Rehearsal:
    """One stream, by time, ready to be replayed."""

    stream: Sequence[Labelled]
    encoder_id: str
    pace: Pace
    disturbance: Disturbance | None
    _glances: list[Glance] = field(default_factory=list)

    def fold_of(self, number: int) -> int:
        return number * FOLDS // len(self.stream)

    def replay(self, policy: Policy) -> tuple[Pairs, list[Hashable]]:
        """Group the stream by a policy.

        A person's own account chore is kept apart by a rule, so nothing is learnt from it.

        Returns:
            Every comparison, and the group of each report as decided on arrival.

        """
        width = len(self.stream[0].vector)
        window = Window(self.encoder_id, width, pace=self.pace, disturbance=self.disturbance)
        gold_of: dict[Hashable, list[str | None]] = {}
        rows: list[Floats] = []
        labels: list[float] = []
        numbers: list[int] = []
        assigned: list[Hashable] = []
        for number, report in enumerate(self.stream):
            query = Query(report.vector, report.at, report.facts, report.restricted)
            glance = self._glance(number, window, query)
            seen = compare(window, query, glance=glance)
            compared = [one for one in seen if not one.apart]
            for one in compared:
                members = gold_of[one.group]
                same = report.gold is not None and members.count(report.gold) * 2 >= len(members)
                rows.append(one.values)
                labels.append(float(same))
                numbers.append(number)
            group = policy(number, report, compared)
            if group is None:
                group = f"of {report.id}"
            window.add(Item(report.id, group, report.at, report.vector, report.facts), glance.scan)
            window.set_group(group, joinable=True, restricted=report.restricted)
            gold_of.setdefault(group, []).append(report.gold)
            assigned.append(group)
        x = np.array(rows).reshape(len(rows), len(FEATURES))
        told = np.array(numbers, dtype=np.int64)
        return Pairs(x, np.array(labels), told * FOLDS // len(self.stream), told), assigned

    def _glance(self, number: int, window: Window, query: Query) -> Glance:
        if number < len(self._glances):
            return self._glances[number]
        glance = take_glance(window, query)
        if len(self.stream) <= _REMEMBERED:
            self._glances.append(glance)
        return glance


def by_gold(_number: int, report: Labelled, _compared: Sequence[Compared]) -> Hashable | None:
    """Group as the labels say."""
    return report.gold


def by_mean(threshold: float) -> Policy:
    """Join the group of greatest mean cosine within six time units."""
    at, last = FEATURES.index("mean"), FEATURES.index("since_last")
    limit = float(np.log1p(10 * 6))

    def choose(_number: int, _report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
        near = [one for one in compared if one.values[last] <= limit]
        best = max(near, key=lambda one: float(one.values[at]), default=None)
        return best.group if best is not None and best.values[at] >= threshold else None

    return choose
