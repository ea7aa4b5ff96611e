"""What is measured between one new report and one group of reports.

Every rate is a share of this installation's own past and every time is in units of its own
traffic, so that one set of weights fits a quiet service desk and a storm (research: absolute
thresholds do not transfer).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.pair_candidates import Glance, Query, choose_candidates, take_glance
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
    beside = put_beside(window, query, only=only, exclude=exclude, glance=glance)
    return beside.naming(query.facts.service, query.facts.site) if beside is not None else []


@dataclass(frozen=True, slots=True)
class Beside:
    """A report beside its candidate groups, with all that does not hang on what it names.

    Attributes:
        flat: Rows of the members looked at, one group after the other.
        start: Shape (groups,), where each group begins in `flat`.
        lately: Shape (n,), rows of the last two time units.
        columns: By feature, shape (groups,): the features that service and site do not change.

    """

    window: Window
    scan: Scan
    names: Sequence[Hashable]
    flat: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    lately: npt.NDArray[np.bool_]
    columns: Mapping[str, Floats64]
    nearest: Sequence[tuple[tuple[Hashable, float], ...]]
    apart: Sequence[bool]
    since_last: Floats64

    def naming(self, service: str | None, site: str | None) -> list[Compared]:
        """All measures of all candidates, if the report names this service and this site."""
        groups = [self.window.groups[name] for name in self.names]
        services = np.array([_agreement(service, group.services) for group in groups])
        sites = np.array([_agreement(site, group.sites) for group in groups])
        crowd = measure_service_crowd(
            self.window, self.scan, service, self.flat, self.start, self.lately
        )
        columns = {
            **self.columns,
            "same_service": services[:, 0],
            "other_service": services[:, 1],
            "service_crowd": services[:, 0] * crowd,
            "same_site": sites[:, 0],
            "other_site": sites[:, 1],
            "site_known": sites.sum(axis=1),
            "only_likeness": np.maximum(self.columns["top3"] - FAR, 0.0)
            * (services.sum(axis=1) + sites.sum(axis=1) == 0.0),
        }
        table = np.stack([columns[name] for name in FEATURES], axis=1)
        return [
            Compared(
                group=name,
                values=table[i],
                nearest=self.nearest[i],
                apart=self.apart[i],
                minutes_since_last=float(self.since_last[i]) / 60.0,
            )
            for i, name in enumerate(self.names)
        ]


def put_beside(
    window: Window,
    query: Query,
    *,
    only: Collection[Hashable] | None = None,
    exclude: Collection[Hashable] = (),
    glance: Glance | None = None,
) -> Beside | None:
    """As `compare`, before anything is said of service and site; None where no group is near."""
    if len(window) == 0:
        return None
    seen = glance or take_glance(window, query)
    chosen = choose_candidates(window, query, seen, only, exclude)
    return _measure(window, seen, query, chosen) if chosen else None


def _measure(window: Window, glance: Glance, query: Query, names: Sequence[Hashable]) -> Beside:
    """All candidates at once: the members lie one group after the other."""
    scan, shared = glance.scan, glance.shared
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
        "same_signature": np.array(signed, dtype=np.float64),
        "pull": np.log1p(10 * pull),
        "claim": np.log((pull + _NOBODY) / (everyone + 0.5 * expect_alike(scan, lately) + _NOBODY)),
        "same_reporter": np.array([_told_before(window, facts, rows) for rows in members]),
        "trouble": one * trouble,
        "trouble_shared": trouble * mean(window.troubles()[flat]),
    }
    first = [order[s : s + min(3, c)] for s, c in zip(start, count, strict=True)]
    return Beside(
        window=window,
        scan=scan,
        names=names,
        flat=flat,
        start=start,
        lately=lately,
        columns=columns,
        nearest=[tuple((window.keys[flat[j]], float(cosines[j])) for j in own) for own in first],
        apart=[facts.own_account or 2 * one.own_accounts >= len(one.rows) for one in groups],
        since_last=since_last,
    )


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
