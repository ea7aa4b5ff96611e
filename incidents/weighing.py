"""Who speaks of a group's matter now, and how often such reports come anyway.

Three counts of the same group: its own people; the people who tell alike, in whatever
incident they are; and its thread, report by report. The last two reach further than joining
does: for an alarm it is enough that people tell alike, and the rate keeps it honest.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.base_rate import Rate, past_days, surprise, topic_rate
from classifier.encoding import Vector
from classifier.threads import Threads
from classifier.window import Window

PUBLISH_WITHIN: Final = timedelta(hours=6)
_SEEDS: Final = 10
_NEAREST: Final = 5
_COUNTED: Final = 200
"""With so many reports nothing depends on one more."""
_ALIKE_MARGIN: Final = 0.02
_THREAD_MARGIN: Final = 0.08
"""How far below a chance meeting's cosine a mean cosine still counts: a mean over several
reports is lower than the best of them (storm and helpdesk sets, dev, 2026-11: 0 to .03 and .07
to .09 do the same)."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who told a report, what they count for, and when; `at` in seconds."""

    reporter: str
    weight: float
    at: float


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A report that the window does not hold yet."""

    key: Hashable
    vector: Vector
    speaker: Speaker


@dataclass(frozen=True, slots=True)
class Tally:
    """The people of one count.

    Attributes:
        people: Distinct reporters, each with the greatest weight any of their reports has.
        distinct: Distinct reporters.
        minutes: Between the first and the last of the counted reports.
        rate: How often such reports come.
        surprise: -log10 of the chance of so many people at that rate.
        keys: The counted reports, oldest first.

    """

    people: float
    distinct: int
    minutes: float
    rate: Rate
    surprise: float
    keys: tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Weighing:
    """One group at one moment.

    Attributes:
        own: Its own people within `PUBLISH_WITHIN`.
        alike: Whoever tells alike within the rule's time.
        thread: Whoever is in the thread of its newest report within the rule's time.
        past_reports: What the past holds,
        past_days: and over how long.

    """

    own: Tally
    alike: Tally
    thread: Tally
    past_reports: int
    past_days: float


@dataclass(frozen=True, slots=True)
class Gathering:
    """The reports of a group that are weighed.

    Attributes:
        members: Its recent reports, oldest first; those the window lacks are left out.
        at: Now, in the window's seconds.
        within: The time of the candidate rule.
        newcomer: A member that the window does not hold yet.
        service: What the group is about, where it is known.
        restricted: Whether only staff see it: it is weighed only beside its like.
        never: Groups and reports that people said are something else.

    """

    members: Sequence[Hashable]
    at: float
    within: timedelta
    newcomer: Newcomer | None = None
    service: str | None = None
    restricted: bool = False
    never: frozenset[Hashable] = frozenset()


def weigh_group(
    window: Window,
    threads: Threads,
    group: Hashable,
    told: Gathering,
    speaker: Callable[[Hashable], Speaker | None],
) -> Weighing | None:
    """Count who speaks of a group's matter; None where nothing of it is in the window.

    Args:
        window: The reports.
        threads: Of the same window.
        group: The group; what the window has of it is no past of its own.
        told: What is weighed.
        speaker: Who told a report; None where that is not known.

    """
    newcomer = told.newcomer
    rows = [window.row_of[key] for key in told.members if key in window.row_of]
    vectors: list[Vector] = [window.vectors()[row] for row in rows[-_SEEDS:]]
    if newcomer is not None:
        vectors.append(newcomer.vector)
    if not vectors:
        return None
    at, service = told.at, told.service
    counted = _Counter(window, speaker, told)
    threshold = threads.likeness(at)
    centre = _mean(vectors[-_SEEDS:])
    mine = [window.keys[row] for row in rows]
    own: set[Hashable] = {*mine, *(window.keys[row] for row in _rows_of(window, group))}
    rate = topic_rate(
        window, centre, at, alike_from=threshold - _ALIKE_MARGIN, own=own, service=service
    )
    newest = vectors[-1]
    chain = counted.others(_thread(window, threads, rows, newcomer, threshold))
    local, thread = _local(window, chain, newest, threshold - _THREAD_MARGIN)
    thread_rate = topic_rate(
        window,
        local,
        at,
        alike_from=threshold - _THREAD_MARGIN,
        own={*own, *chain},
        service=service,
    )
    reports, days = past_days(window, at)
    extra = [] if newcomer is None else [newcomer.key]
    return Weighing(
        own=counted.tally([*mine, *extra], rate, PUBLISH_WITHIN),
        alike=counted.tally(
            counted.others(counted.alike(centre, threshold - _ALIKE_MARGIN)), rate, told.within
        ),
        thread=counted.tally([*thread, *extra], thread_rate, told.within),
        past_reports=reports,
        past_days=days,
    )


@dataclass(frozen=True, slots=True)
class _Counter:
    window: Window
    speaker: Callable[[Hashable], Speaker | None]
    told: Gathering

    def alike(self, centre: npt.NDArray[np.float32], least: float) -> list[Hashable]:
        """Keys of the recent reports alike, the newcomer among them."""
        at, newcomer = self.told.at, self.told.newcomer
        moments = self.window.moments()
        recent = (moments <= at) & (moments >= at - self.told.within.total_seconds())
        near = np.flatnonzero(recent)
        near = near[self.window.vectors()[near] @ centre >= least][-_COUNTED:]
        keys = [self.window.keys[row] for row in near.tolist()]
        if newcomer is not None and float(newcomer.vector @ centre) >= least:
            keys.append(newcomer.key)
        return keys

    def others(self, keys: Iterable[Hashable]) -> list[Hashable]:
        """Without what people said is something else, and what others may not see."""
        return [key for key in dict.fromkeys(keys) if self._may_count(key)]

    def _may_count(self, key: Hashable) -> bool:
        home = self.window.group_of.get(key)
        if key in self.told.never or home in self.told.never:
            return False
        known = self.window.groups.get(home)
        return known is None or known.restricted == self.told.restricted

    def tally(self, keys: Iterable[Hashable], rate: Rate, within: timedelta) -> Tally:
        span = within.total_seconds()
        told = []
        for key in keys:
            one = self._told(key)
            if one is not None and self.told.at - span <= one.at <= self.told.at:
                told.append((one.at, key, one))
        told.sort(key=lambda each: each[0])
        weights: dict[str, float] = {}
        for _, _, one in told:
            weights[one.reporter] = max(weights.get(one.reporter, 0.0), one.weight)
        people = sum(weights.values())
        minutes = (told[-1][0] - told[0][0]) / 60 if told else 0.0
        return Tally(
            people=people,
            distinct=len(weights),
            minutes=minutes,
            rate=rate,
            surprise=surprise(people, rate, span),
            keys=tuple(key for _, key, _ in told),
        )

    def _told(self, key: Hashable) -> Speaker | None:
        newcomer = self.told.newcomer
        if newcomer is not None and key == newcomer.key:
            return newcomer.speaker
        return self.speaker(key)


def _rows_of(window: Window, group: Hashable) -> Sequence[int]:
    known = window.groups.get(group)
    return known.rows if known is not None else ()


def _thread(
    window: Window,
    threads: Threads,
    rows: Sequence[int],
    newcomer: Newcomer | None,
    threshold: float,
) -> Sequence[Hashable]:
    if newcomer is None:
        return threads.thread_of(window.keys[rows[-1]], newest=_COUNTED)
    nearest = threads.nearest(newcomer.vector, newcomer.speaker.at, likeness=threshold)
    return () if nearest is None else threads.thread_of(nearest, newest=_COUNTED)


def _local(
    window: Window, chain: Sequence[Hashable], newest: Vector, least: float
) -> tuple[npt.NDArray[np.float32], list[Hashable]]:
    """Of a thread the reports around the newest one: a chain may lead from one matter to others.

    Returns the middle of its nearest reports, and who is alike to that.
    """
    held = [key for key in chain if key in window.row_of]
    if not held:
        return newest, []
    vectors = window.vectors()[[window.row_of[key] for key in held]]
    nearest = np.argsort(-(vectors @ newest), kind="stable")[:_NEAREST]
    middle = _mean([*vectors[nearest], newest])
    alike = vectors @ middle >= least
    return middle, [key for key, close in zip(held, alike, strict=True) if close]


def _mean(vectors: Sequence[Vector]) -> npt.NDArray[np.float32]:
    mean: npt.NDArray[np.float32] = np.mean(np.stack(vectors), axis=0, dtype=np.float32)
    return mean
