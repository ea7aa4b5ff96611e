"""Training examples for recurrence: a labelled history, told again incident by incident.

Each incident is looked at as the product looks: when it has two reports (or one, where that is
all it ever has), and again at twice the size, beside the incidents that were silent by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.recurrence import (
    FEATURES,
    NEAREST,
    SHORTLIST,
    Account,
    Episode,
    Hit,
    Measured,
    gather,
    measure_past,
    probes_of,
    shortlist,
)
from classifier.recurrence_usual import SAMPLE, Background

Floats = npt.NDArray[np.float64]

REACH: Final = 12 * 3_600.0
"""Seconds of silence after which an incident is past: grouping's own reach."""
FOLDS: Final = 5
_DAY: Final = 86_400.0
_HALVED: Final = 4
_MADE: Final = 0.25
"""One incident in five or so has been there before, where every one made to come back has."""
_FRESH: Final = 1.05
"""What is usual is counted anew when the past has grown by so much."""
_SEED: Final = 20_261_125


@dataclass(frozen=True, slots=True)
class Told:
    """One report of a labelled history; reports of one `cause` recur if silence lies between.

    `held` ones are the past of others, and judged on, but never learnt from.
    """

    account: Account
    incident: Hashable
    cause: Hashable
    held: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One look at an incident, with the past ones that were found.

    Attributes:
        incident: Its key.
        size: Reports it had.
        held: Not learnt from.
        fold: By its cause, so that no cause is on both sides of a cut.
        recurs: Whether the cause was there before at all.
        measured: The past incidents that were found.
        right: Shape (n,), 1 for those of the same cause.
        weight: Less than 1 for an incident that was made to come back.

    """

    incident: Hashable
    size: int
    held: bool
    fold: int
    recurs: bool
    measured: tuple[Measured, ...]
    right: Floats
    weight: float = 1.0

    @property
    def values(self) -> Floats:
        """Shape (n, features)."""
        return np.array([m.values for m in self.measured]).reshape(-1, len(FEATURES))


def cut_episodes(told: Sequence[Told]) -> list[Told]:
    """A labelled incident that fell silent for longer than the reach and came back is two.

    Args:
        told: By time. Returned in the same order, the later parts under a key of their own.

    """
    last: dict[Hashable, float] = {}
    part: dict[Hashable, int] = defaultdict(int)
    found = []
    for one in told:
        at = one.account.at
        if at - last.get(one.incident, at) > REACH:
            part[one.incident] += 1
        last[one.incident] = at
        key = (one.incident, part[one.incident]) if part[one.incident] else one.incident
        found.append(Told(one.account, key, one.cause, one.held))
    return found


def ask(told: Sequence[Told], *, alone: bool = True) -> list[Question]:
    """Every look at every incident of a history.

    Args:
        told: By time, cut into episodes.
        alone: Also look at incidents that never have a second report, as where every report is
            its own incident and only linked.

    """
    if not told:
        return []
    rows: dict[Hashable, list[int]] = defaultdict(list)
    for row, one in enumerate(told):
        rows[one.incident].append(row)
    vectors = np.stack([one.account.vector for one in told])
    moments = np.array([one.account.at for one in told])
    ends = np.empty(len(told))
    for members in rows.values():
        ends[members] = moments[members[-1]]
    causes: dict[Hashable, int] = {}
    for one in told:
        causes.setdefault(one.cause, len(causes) % FOLDS)
    questions = []
    background = _usual(told, np.arange(0), vectors)
    for name, members in rows.items():
        if len(members) == 1 and not alone:
            continue
        for size in _sizes(len(members)):
            now = _episode(told, name, members[:size])
            past = np.flatnonzero(ends < min(now.first_at, now.last_at - REACH))
            if len(past):
                if len(past) >= background.total * _FRESH + 1:
                    background = _usual(told, past, vectors)
                fold = causes[told[members[0]].cause]
                questions.append(_question(told, rows, now, past, vectors, background, fold))
    return questions


def ask_halves(told: Sequence[Told]) -> list[Question]:
    """Incidents made to come back: one half of the reports looks for the other.

    A history of weeks holds few recurrences and many incidents. Every other incident is the
    past here, those of the same day too: they are the look-alikes. How long ago each was is
    drawn, the same way for all, so that nothing is learnt of time.
    """
    learnt = [one for one in told if not one.held]
    if not learnt:
        return []
    rows: dict[Hashable, list[int]] = defaultdict(list)
    for row, one in enumerate(learnt):
        rows[one.incident].append(row)
    vectors = np.stack([one.account.vector for one in learnt])
    causes = np.array([hash(one.cause) for one in learnt])
    background = _usual(learnt, np.arange(len(learnt)), vectors)
    draw = np.random.default_rng(_SEED)
    questions = []
    for number, (name, members) in enumerate(rows.items()):
        if len(members) < _HALVED:
            continue
        now, before = members[1::2], members[::2]
        kept = causes != causes[members[0]]
        kept[before] = True
        past = np.flatnonzero(kept)
        homes = {**rows, name: before}
        for size in _sizes(len(now)):
            days = 10 ** draw.uniform(0.0, 2.5, size=SHORTLIST)
            questions.append(
                _question(
                    learnt, homes, _episode(learnt, name, now[:size]), past, vectors,
                    background, fold=number % FOLDS, days=days,
                )
            )  # fmt: skip
    return questions


def _sizes(count: int) -> Iterator[int]:
    """At which sizes an incident is looked at."""
    size = min(count, 2)
    while size <= count:
        yield size
        size *= 2


def _question(
    told: Sequence[Told],
    rows: Mapping[Hashable, list[int]],
    now: Episode,
    past: npt.NDArray[np.int64],
    vectors: npt.NDArray[np.float32],
    background: Background,
    fold: int,
    days: Floats | None = None,
) -> Question:
    seen = vectors[past]
    hits = []
    for cosines in probes_of(now) @ seen.T:
        for near in np.argsort(-cosines, kind="stable")[:NEAREST]:
            found = told[past[near]]
            hits.append(Hit(found.account.key, found.incident, float(cosines[near])))
    listed = shortlist(hits)
    episodes = [_episode(told, name, rows[name]) for name, _ in listed]
    if days is not None:
        episodes = [
            replace(one, last_at=now.first_at - ago * _DAY)
            for one, ago in zip(episodes, days, strict=False)
        ]
    measured = measure_past(now, episodes, [count for _, count in listed], background)
    first = told[rows[now.key][0]]
    cause = first.cause
    return Question(
        incident=now.key if days is None else ("made", now.key),
        size=now.size,
        held=first.held,
        fold=fold,
        recurs=any(told[row].cause == cause for row in past.tolist()),
        measured=tuple(measured),
        right=np.array([float(told[rows[m.past][0]].cause == cause) for m in measured]),
        weight=1.0 if days is None else _MADE,
    )


def _usual(
    told: Sequence[Told], past: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]
) -> Background:
    """What is usual after so much of a past."""
    sample = past
    if len(past) > SAMPLE:
        sample = past[np.linspace(0, len(past) - 1, SAMPLE).astype(int)]
    rows = [told[row] for row in sample.tolist()]
    homes, facts = (one.incident for one in rows), (one.account.facts for one in rows)
    return Background.of(vectors[sample], homes, facts, total=len(past))


def _episode(told: Sequence[Told], name: Hashable, rows: Sequence[int]) -> Episode:
    return gather(name, [told[row].account for row in rows])
