"""What is measured between one new report and one group of reports.

Every rate is a share of this installation's own past and every time is in units of its own
traffic, so that one set of weights fits a quiet service desk and a storm (research: absolute
thresholds do not transfer).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.window import PairFacts, Scan, Window

Floats64 = npt.NDArray[np.float64]

HORIZON: Final = 12 * 3_600.0
"""Seconds since a group's last report after which it is no longer compared with."""
_MEMBERS: Final = 40
_BY_MEANING: Final = 6
_BY_WORDS: Final = 3
_BY_SIGNATURE: Final = 2
_LOOKED_AT: Final = 400
_LOOKED_AT_BY_WORDS: Final = 40
_REPORTS_PER_UNIT: Final = 15.0
_UNIT: Final = (1_800.0, 4 * 3_600.0)
_FIRST_UNIT: Final = 2 * 3_600.0
_FAR: Final = 0.3
"""Cosine below which two accounts hardly speak of one thing (MiniLM)."""
_SERVICES: Final = 25.0
"""About as many services as a catalogue has: what is expected of each before there is a past."""

FEATURES: Final = (
    "max",
    "top3",
    "mean",
    "centroid",
    "far",
    "csls",
    "base50",
    "base60",
    "members_base50",
    "rank",
    "surge",
    "surge_alike",
    "since_last",
    "since_first",
    "recent",
    "size",
    "single",
    "cohesion",
    "words",
    "same_service",
    "other_service",
    "service_crowd",
    "same_site",
    "other_site",
    "site_known",
    "same_signature",
)
RISING: Final = frozenset(
    {
        "max",
        "top3",
        "mean",
        "centroid",
        "csls",
        "surge",
        "surge_alike",
        "recent",
        "words",
        "same_service",
        "service_crowd",
        "same_signature",
    }
)
"""Features whose growth can only speak for the same incident."""
FALLING: Final = frozenset(
    {"far", "base50", "base60", "rank", "since_last", "other_service", "other_site"}
)
"""Features whose growth can only speak against it."""
SHOWN: Final = frozenset({"same_site"})
"""Measured for the sentence people read; by itself a shared building makes no incident."""


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
        apart: One of the two is a person's own account chore: alike, never the same.

    """

    group: Hashable
    values: npt.NDArray[np.float64]
    nearest: tuple[tuple[Hashable, float], ...]
    apart: bool = False
    minutes_since_last: float = 0.0


def compare(
    window: Window,
    query: Query,
    *,
    only: Collection[Hashable] | None = None,
    exclude: Collection[Hashable] = (),
) -> list[Compared]:
    """Measure the query beside the groups that could be its own.

    Args:
        window: What came before.
        query: The new report.
        only: Just these groups, e.g. those that changed since the last look.
        exclude: Never these.

    """
    if len(window) == 0:
        return []
    scan = window.scan(query.vector, query.at)
    shared, total = window.shared_words(query.facts.words)
    chosen = _candidates(window, scan, query, shared, only, exclude)
    if not chosen:
        return []
    return _measure(window, scan, query, chosen, shared / total if total else shared)


def _candidates(
    window: Window,
    scan: Scan,
    query: Query,
    shared: Floats64,
    only: Collection[Hashable] | None,
    exclude: Collection[Hashable],
) -> list[Hashable]:
    """The groups with the nearest members in meaning, then in words, then with the same code."""
    recent = scan.live & (window.moments() > query.at - HORIZON)
    near = np.flatnonzero(recent)
    if only is not None:
        wanted = [row for name in only if name in window.groups for row in window.groups[name].rows]
        near = np.array([row for row in wanted if recent[row]], dtype=np.int64)
    chosen: dict[Hashable, None] = {}

    def consider(rows: Iterable[int], limit: int) -> None:
        for row in rows:
            if len(chosen) >= limit:
                return
            name = window.group_of[window.keys[row]]
            group = window.groups[name]
            if group.joinable and group.restricted == query.restricted and name not in exclude:
                chosen.setdefault(name)

    consider(_best(near, scan.cosines[near], _LOOKED_AT).tolist(), _BY_MEANING)
    worded = near[shared[near] > 0]
    consider(_best(worded, shared[worded], _LOOKED_AT_BY_WORDS).tolist(), len(chosen) + _BY_WORDS)
    for signature in sorted(query.facts.signatures):
        rows = window.rows_with_signature(signature)[-20:]
        consider(
            (row for row in rows if recent[row] and (only is None or _in(window, row, only))),
            len(chosen) + _BY_SIGNATURE,
        )
    return list(chosen)


def _in(window: Window, row: int, only: Collection[Hashable]) -> bool:
    return window.group_of[window.keys[row]] in only


def _best(
    rows: npt.NDArray[np.int64], scores: npt.NDArray[np.floating[Any]], count: int
) -> npt.NDArray[np.int64]:
    """The `count` rows of highest score, best first; the earlier row where two are equal."""
    if len(rows) > count:
        kept = np.sort(np.argpartition(-scores, count)[:count])
        rows, scores = rows[kept], scores[kept]
    return rows[np.argsort(-scores, kind="stable")]


def _measure(
    window: Window, scan: Scan, query: Query, names: Sequence[Hashable], shared: Floats64
) -> list[Compared]:
    """All measures of all candidates at once: the members lie one group after the other."""
    groups = [window.groups[name] for name in names]
    members = [group.rows[-_MEMBERS:] for group in groups]
    flat = np.array([row for rows in members for row in rows], dtype=np.int64)
    count = np.array([len(rows) for rows in members])
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    owner = np.repeat(np.arange(len(groups)), count)
    cosines = scan.cosines[flat].astype(np.float64)
    order = np.lexsort((-cosines, owner))
    places = start[:, None] + np.arange(3)
    real = np.arange(3) < count[:, None]
    ranked = cosines[order[np.minimum(places, len(flat) - 1)]] * real
    best, top3 = ranked[:, 0], ranked.sum(axis=1) / real.sum(axis=1)

    def mean(values: npt.NDArray[np.floating[Any]]) -> Floats64:
        summed: Floats64 = np.add.reduceat(values.astype(np.float64), start)
        averages: Floats64 = summed / count
        return averages

    past = scan.cosines[scan.past]
    alike = (past[None, :] >= best[:, None].astype(np.float32)).sum(axis=1)
    own = np.add.reduceat((scan.past[flat] & (cosines >= best[owner])).astype(np.int64), start)
    rank = np.log((np.maximum(alike - own, 0) + 0.5) / (len(past) + 20.0))
    size = np.array([len(group.rows) for group in groups], dtype=np.float64)
    totals = np.stack([np.asarray(group.total, dtype=np.float64) for group in groups])
    length = np.maximum(np.linalg.norm(totals, axis=1), 1e-9)
    pairs = np.maximum(size * (size - 1), 1.0)
    moments = window.moments()
    unit = _time_unit(window, scan)
    near, base = window.arrival_statistics()
    since_last = query.at - moments[[rows[-1] for rows in members]]
    since_first = query.at - moments[[group.rows[0] for group in groups]]
    recent = np.add.reduceat((moments[flat] > query.at - unit).astype(np.int64), start)
    one = np.ones(len(groups))
    lately = scan.live & (moments > query.at - 2 * unit)
    surge = _surge(scan, lately)
    facts = query.facts
    service = np.array([_agreement(facts.service, group.services) for group in groups])
    site = np.array([_agreement(facts.site, group.sites) for group in groups])
    signed = [any(sign in group.signatures for sign in facts.signatures) for group in groups]
    columns = {
        "max": best,
        "top3": top3,
        "mean": mean(cosines),
        "centroid": totals @ query.vector.astype(np.float64) / length,
        "far": np.maximum(_FAR - top3, 0.0),
        "csls": 2 * best - scan.near - mean(near[flat]),
        "base50": one * scan.base[0],
        "base60": one * scan.base[1],
        "members_base50": mean(base[flat, 0]),
        "rank": rank,
        "surge": one * surge,
        "surge_alike": max(surge, 0.0) * np.maximum(top3 - _FAR, 0.0),
        "since_last": np.log1p(10 * np.maximum(since_last, 0.0) / unit),
        "since_first": np.log1p(10 * np.maximum(since_first, 0.0) / unit),
        "recent": np.log1p(recent),
        "size": np.log(size),
        "single": (size == 1).astype(np.float64),
        "cohesion": np.where(size == 1, 0.5, (length**2 - size) / pairs),
        "words": np.maximum.reduceat(shared[flat], start),
        "same_service": service[:, 0],
        "other_service": service[:, 1],
        "service_crowd": service[:, 0] * _crowd(window, scan, facts.service, flat, start, lately),
        "same_site": site[:, 0],
        "other_site": site[:, 1],
        "site_known": site.sum(axis=1),
        "same_signature": np.array(signed, dtype=np.float64),
    }
    table = np.stack([columns[name] for name in FEATURES], axis=1)
    first = [order[s : s + min(3, c)] for s, c in zip(start, count, strict=True)]
    return [
        Compared(
            group=name,
            values=table[i],
            nearest=tuple((window.keys[flat[j]], float(cosines[j])) for j in first[i]),
            apart=facts.own_account or 2 * group.own_accounts >= len(group.rows),
            minutes_since_last=float(since_last[i]) / 60.0,
        )
        for i, (name, group) in enumerate(zip(names, groups, strict=True))
    ]


def _surge(scan: Scan, lately: npt.NDArray[np.bool_]) -> float:
    """How many times more reports like this came lately than the past lets one expect (log)."""
    alike = np.count_nonzero(scan.cosines[lately] >= 0.5)
    expected = float(np.exp(scan.base[0])) * np.count_nonzero(lately)
    return float(np.log((alike + 0.5) / (expected + 0.5)))


def _crowd(
    window: Window,
    scan: Scan,
    service: str | None,
    members: npt.NDArray[np.int64],
    start: npt.NDArray[np.int64],
    lately: npt.NDArray[np.bool_],
) -> Floats64:
    """Per group, how many times more of its reports named this service lately than usual (log).

    Never negative: few reports of a service say nothing against one more.
    """
    if service is None:
        return np.zeros(len(start))
    named = window.naming_service(service)
    share = (np.count_nonzero(named & scan.past) + 1.0) / (np.count_nonzero(scan.past) + _SERVICES)
    came = np.add.reduceat((named & lately)[members].astype(np.int64), start)
    usual = share * np.count_nonzero(lately)
    return np.maximum(np.log((came + 0.5) / (usual + 0.5)), 0.0)


def _agreement(value: str | None, counts: Mapping[str, int]) -> tuple[float, float]:
    """Share of the members that name the same, and the share that name another."""
    known = sum(counts.values())
    if value is None or known == 0:
        return 0.0, 0.0
    same = counts.get(value, 0) / known
    return same, 1.0 - same


def _time_unit(window: Window, scan: Scan) -> float:
    """The time in which about fifteen reports come in, seconds; two hours at first."""
    moments = window.moments()[scan.live]
    count = len(moments)
    if count < 2:
        return _FIRST_UNIT
    span = scan.at - float(moments.min())
    prior = 30.0
    rate = (count + prior) / (span + prior * _FIRST_UNIT / _REPORTS_PER_UNIT)
    return float(np.clip(_REPORTS_PER_UNIT / rate, *_UNIT))
