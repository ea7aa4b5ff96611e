"""What is measured between one new report and one group of reports.

Every rate is a share of this installation's own past and every time is in units of its own
traffic, so that one set of weights fits a quiet service desk and a storm (research: absolute
thresholds do not transfer).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.window import Group, PairFacts, Scan, Window

HORIZON: Final = 24 * 3_600.0
"""Seconds since a group's last report after which it is no longer compared with."""
_MEMBERS: Final = 40
_BY_MEANING: Final = 6
_BY_WORDS: Final = 3
_REPORTS_PER_UNIT: Final = 15.0
_UNIT: Final = (1_800.0, 4 * 3_600.0)
_FIRST_UNIT: Final = 2 * 3_600.0

FEATURES: Final = (
    "max",
    "top3",
    "mean",
    "centroid",
    "max_over_50",
    "max_over_60",
    "top3_over_50",
    "csls",
    "base50",
    "base60",
    "members_base50",
    "rank",
    "since_last",
    "since_first",
    "recent",
    "traffic",
    "size",
    "single",
    "cohesion",
    "words",
    "same_service",
    "other_service",
    "same_site",
    "other_site",
    "same_signature",
)
RISING: Final = frozenset(
    {
        "max",
        "top3",
        "mean",
        "centroid",
        "max_over_50",
        "max_over_60",
        "top3_over_50",
        "csls",
        "recent",
        "words",
        "same_service",
        "same_site",
        "same_signature",
    }
)
"""Features whose growth can only speak for the same incident."""
FALLING: Final = frozenset(
    {"base50", "base60", "rank", "since_last", "other_service", "other_site"}
)
"""Features whose growth can only speak against it."""


@dataclass(frozen=True, slots=True)
class Query:
    """A report that looks for its group. `at` in seconds, like the window's."""

    vector: Vector
    at: float
    facts: PairFacts
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """One candidate group with its measures.

    Attributes:
        values: Shape (len(FEATURES),).
        nearest: Up to three (key, cosine), best first.

    """

    group: Hashable
    values: npt.NDArray[np.float64]
    nearest: tuple[tuple[Hashable, float], ...]


def compare(
    window: Window,
    query: Query,
    *,
    only: Collection[Hashable] | None = None,
    exclude: Collection[Hashable] = (),
) -> list[Compared]:
    """Measure the query beside the groups that could be its own.

    Args:
        only: Just these groups, e.g. those that changed since the last look.
        exclude: Never these.

    """
    if len(window) == 0:
        return []
    scan = window.scan(query.vector, query.at)
    shared, total = window.shared_words(query.facts.words)
    unit = _time_unit(window, scan)
    traffic = float(np.log1p(np.count_nonzero(scan.live & (window.moments() > query.at - unit))))
    chosen = _candidates(window, scan, query, shared, only, exclude)
    return [
        _measure(window, scan, query, name, window.groups[name], shared, total, unit, traffic)
        for name in chosen
    ]


def _candidates(
    window: Window,
    scan: Scan,
    query: Query,
    shared: Mapping[int, float],
    only: Collection[Hashable] | None,
    exclude: Collection[Hashable],
) -> list[Hashable]:
    near = np.flatnonzero(scan.live & (window.moments() > query.at - HORIZON))
    chosen: dict[Hashable, None] = {}

    def consider(row: int) -> None:
        key = window.keys[row]
        name = window.group_of[key]
        group = window.groups[name]
        if not group.joinable or group.restricted != query.restricted or name in exclude:
            return
        if only is not None and name not in only:
            return
        chosen.setdefault(name)

    if len(near):
        ranked = near[np.argsort(-scan.cosines[near], kind="stable")]
        for row in ranked[:400]:
            if len(chosen) >= _BY_MEANING:
                break
            consider(int(row))
    recent = {int(row) for row in near}
    limit = len(chosen) + _BY_WORDS
    for row in sorted(shared, key=lambda each: -shared[each])[:40]:
        if len(chosen) >= limit:
            break
        if row in recent:
            consider(row)
    for signature in query.facts.signatures:
        for row in window.rows_with_signature(signature)[-20:]:
            if row in recent:
                consider(row)
    return list(chosen)


def _measure(
    window: Window,
    scan: Scan,
    query: Query,
    name: Hashable,
    group: Group,
    shared: Mapping[int, float],
    total: float,
    unit: float,
    traffic: float,
) -> Compared:
    rows = group.rows[-_MEMBERS:]
    cosines = scan.cosines[rows].astype(np.float64)
    order = np.argsort(-cosines, kind="stable")[:3]
    best, top3 = float(cosines[order[0]]), float(cosines[order].mean())
    members = window.vectors()[rows]
    total_vector = members.sum(axis=0)
    length = float(np.linalg.norm(total_vector)) or 1.0
    count = len(rows)
    cohesion = 0.5 if count == 1 else (length**2 - count) / (count * (count - 1))
    near, base = window.row_statistics(rows)
    past = scan.cosines[scan.past]
    rank = np.log((np.count_nonzero(past >= best) + 0.5) / (len(past) + 20.0))
    moments = window.moments()[rows]
    facts = query.facts
    same_service, other_service = _agreement(facts.service, group.services)
    same_site, other_site = _agreement(facts.site, group.sites)
    words = max((shared.get(row, 0.0) for row in rows), default=0.0) / total if total else 0.0
    values = (
        best,
        top3,
        float(cosines.mean()),
        float(total_vector @ query.vector) / length,
        max(best - 0.5, 0.0),
        max(best - 0.6, 0.0),
        max(top3 - 0.5, 0.0),
        2 * best - scan.near - near,
        scan.base[0],
        scan.base[1],
        float(base[0]),
        float(rank),
        np.log1p(10 * max(query.at - moments[-1], 0.0) / unit),
        np.log1p(10 * max(query.at - moments[0], 0.0) / unit),
        np.log1p(np.count_nonzero(moments > query.at - unit)),
        traffic,
        np.log(len(group.rows)),
        float(count == 1),
        cohesion,
        words,
        same_service,
        other_service,
        same_site,
        other_site,
        float(any(one in group.signatures for one in facts.signatures)),
    )
    nearest = tuple((window.keys[rows[i]], float(cosines[i])) for i in order)
    return Compared(name, np.array(values, dtype=np.float64), nearest)


def _agreement(value: str | None, counts: Mapping[str, int]) -> tuple[float, float]:
    """Share of the members that name the same, and the share that name another."""
    known = sum(counts.values())
    if value is None or known == 0:
        return 0.0, 0.0
    same = counts.get(value, 0) / known
    return same, 1.0 - same


def _time_unit(window: Window, scan: Scan) -> float:
    """The time in which about fifteen reports come in, seconds; two hours before there is a past."""
    moments = window.moments()[scan.live]
    count = len(moments)
    if count < 2:
        return _FIRST_UNIT
    span = scan.at - float(moments.min())
    prior = 30.0
    rate = (count + prior) / (span + prior * _FIRST_UNIT / _REPORTS_PER_UNIT)
    return float(np.clip(_REPORTS_PER_UNIT / rate, *_UNIT))
