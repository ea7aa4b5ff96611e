"""What is measured between one new report and one group of reports.

Every rate is a share of this installation's own past and every time is in units of its own
traffic, so that one set of weights fits a quiet service desk and a storm (research: absolute
thresholds do not transfer).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.pair_crowds import (
    FAR,
    expect_alike,
    measure_pull,
    measure_service_crowd,
    measure_surge,
)
from classifier.signature_rarity import rare_signatures
from classifier.window import PairFacts, Scan, Window

Floats64 = npt.NDArray[np.float64]

_MEMBERS: Final = 40
_BY_MEANING: Final = 6
_BY_WORDS: Final = 3
_BY_SIGNATURE: Final = 2
_LOOKED_AT: Final = 400
_LOOKED_AT_BY_WORDS: Final = 40
_REPORTS_PER_UNIT: Final = 15.0
_FIRST_UNIT_SHARE: Final = 1.414  # two hours, of half an hour to four: before there is traffic
_NOBODY: Final = 0.02

FEATURES: Final = (
    "max",
    "top3",
    "mean",
    "centroid",
    "far",
    "csls",
    "members_base",
    "rank",
    "surge",
    "surge_alike",
    "since_last",
    "since_first",
    "recent",
    "size",
    "single",
    "words",
    "same_service",
    "other_service",
    "service_crowd",
    "same_site",
    "other_site",
    "site_known",
    "same_signature",
    "pull",
    "claim",
    "trouble",
    "trouble_shared",
    "same_reporter",
    "only_likeness",
)
RISING: Final = frozenset(
    {
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
        "pull",
        "claim",
        "trouble_shared",
        "only_likeness",
    }
)
"""Features whose growth can only speak for the same incident."""
FALLING: Final = frozenset({"far", "rank", "since_last", "other_service", "other_site"})
"""Features whose growth can only speak against it."""
SHOWN: Final = frozenset({"max", "same_site", "same_reporter"})
"""Measured for the sentence people read and never weighed: they tell nothing the others do not."""


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


@dataclass(frozen=True, slots=True)
class Glance:
    """One report beside every row, whatever groups the rows are in.

    Attributes:
        scan: By meaning.
        shared: Shape (n,), share of the report's rare words (by idf) that each row has too.

    """

    scan: Scan
    shared: npt.NDArray[np.float32]


def compare(
    window: Window,
    query: Query,
    *,
    only: Collection[Hashable] | None = None,
    exclude: Collection[Hashable] = (),
    glance: Glance | None = None,
) -> list[Compared]:
    """Measure the query beside the groups that could be its own.

    Args:
        window: What came before.
        query: The new report.
        only: Just these groups, e.g. those that changed since the last look.
        exclude: Never these.
        glance: Made for this report and this window before; saves making it again.

    """
    if len(window) == 0:
        return []
    seen = glance or take_glance(window, query)
    chosen = _candidates(window, seen.scan, query, seen.shared, only, exclude)
    if not chosen:
        return []
    return _measure(window, seen.scan, query, chosen, seen.shared)


def take_glance(window: Window, query: Query) -> Glance:
    """Compare a report with every row by meaning and by words: what no grouping changes."""
    shared, total = window.shared_words(query.facts.words)
    return Glance(
        window.scan(query.vector, query.at),
        (shared / total if total else shared).astype(np.float32),
    )


def _candidates(
    window: Window,
    scan: Scan,
    query: Query,
    shared: npt.NDArray[np.float32],
    only: Collection[Hashable] | None,
    exclude: Collection[Hashable],
) -> list[Hashable]:
    """The groups with the nearest members in meaning, then in words, then with the same code."""
    recent = scan.live & (window.moments() > query.at - window.pace.reach)
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
    for sharing in rare_signatures(window, query.facts, query.at):
        consider(
            (r for r in sharing.rows[-20:] if recent[r] and (only is None or _in(window, r, only))),
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
    window: Window,
    scan: Scan,
    query: Query,
    names: Sequence[Hashable],
    shared: npt.NDArray[np.float32],
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
    moments = window.moments()
    unit = _time_unit(window, scan)
    near, base = window.arrival_statistics()
    since_last = query.at - moments[[rows[-1] for rows in members]]
    since_first = query.at - moments[[group.rows[0] for group in groups]]
    recent = np.add.reduceat((moments[flat] > query.at - unit).astype(np.int64), start)
    one = np.ones(len(groups))
    lately = scan.live & (moments > query.at - 2 * unit)
    pull, everyone = measure_pull(window, scan, query.at, flat, start, unit)
    trouble = window.trouble_of(query.vector)
    surge = measure_surge(scan, lately)
    facts = query.facts
    service = np.array([_agreement(facts.service, group.services) for group in groups])
    site = np.array([_agreement(facts.site, group.sites) for group in groups])
    rare = {row for one in rare_signatures(window, facts, query.at) for row in one.rows}
    signed = [not rare.isdisjoint(group.rows) for group in groups]
    columns = {
        "max": best,
        "top3": top3,
        "mean": mean(cosines),
        "centroid": totals @ query.vector.astype(np.float64) / length,
        "far": np.maximum(FAR - top3, 0.0),
        "csls": 2 * best - scan.near - mean(near[flat]),
        "members_base": mean(base[flat]),
        "rank": rank,
        "surge": one * surge,
        "surge_alike": max(surge, 0.0) * np.maximum(top3 - FAR, 0.0),
        "since_last": np.log1p(10 * np.maximum(since_last, 0.0) / unit),
        "since_first": np.log1p(10 * np.maximum(since_first, 0.0) / unit),
        "recent": np.log1p(recent),
        "size": np.log(size),
        "single": (size == 1).astype(np.float64),
        "words": np.maximum.reduceat(shared[flat], start),
        "same_service": service[:, 0],
        "other_service": service[:, 1],
        "service_crowd": service[:, 0]
        * measure_service_crowd(window, scan, facts.service, flat, start, lately),
        "same_site": site[:, 0],
        "other_site": site[:, 1],
        "site_known": site.sum(axis=1),
        "same_signature": np.array(signed, dtype=np.float64),
        "pull": np.log1p(10 * pull),
        "claim": np.log((pull + _NOBODY) / (everyone + 0.5 * expect_alike(scan, lately) + _NOBODY)),
        "same_reporter": np.array([_told_before(window, facts, rows) for rows in members]),
        "only_likeness": np.maximum(top3 - FAR, 0.0)
        * (service.sum(axis=1) + site.sum(axis=1) == 0.0),
        "trouble": one * trouble,
        "trouble_shared": trouble * mean(window.troubles()[flat]),
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


def _told_before(window: Window, facts: PairFacts, rows: Sequence[int]) -> float:
    """1 where the person has spoken of this group: people come back to say that it is worse."""
    if facts.reporter is None:
        return 0.0
    return float(any(window.facts[row].reporter == facts.reporter for row in rows))


def _agreement(value: str | None, counts: Mapping[str, int]) -> tuple[float, float]:
    """Share of the members that name the same, and the share that name another."""
    known = sum(counts.values())
    if value is None or known == 0:
        return 0.0, 0.0
    same = counts.get(value, 0) / known
    return same, 1.0 - same


def _time_unit(window: Window, scan: Scan) -> float:
    """The time in which about fifteen reports come in, seconds, within the pace's bounds."""
    least, most = window.pace.unit
    first = sqrt(least * most) * _FIRST_UNIT_SHARE
    moments = window.moments()[scan.live]
    count = len(moments)
    if count < 2:
        return first
    span = scan.at - float(moments.min())
    prior = 30.0
    rate = (count + prior) / (span + prior * first / _REPORTS_PER_UNIT)
    return float(np.clip(_REPORTS_PER_UNIT / rate, least, most))
