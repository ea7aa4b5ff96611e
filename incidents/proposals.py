"""Two incidents that may be one, and one that may be two: proposed with reasons, never done.

A wrong merge costs more than a fragment, so people decide; what they said once is not
proposed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector

_MOST: Final = 3
_TOGETHER: Final = 3 * 3_600.0
"""Seconds between the reports of two incidents up to which they may be one."""
_PART: Final = 3
_BODY: Final = 3
_SAME_SERVICE: Final = 0.25
"""Mean cosine from which two incidents of one service may be one. Of the merges proposed on our
two streams and storm (dev), 2026-11, 15 of 15 were right; between two fragments of one or two
reports most were wrong, so one of the two must have three."""
_GAP: Final = {"signature": 0.05, "service": 0.12, "site": 0.12, "meaning": 0.25}
"""How much more alike the reports within each part must be than across, by what parts them.
Our streams, 2026-11: of 19 outages service and site part none, words one; of 88 pairs of
outages put together service parts 56, site 23 and words 9. Look-alike outages (storm) have no
gap in meaning that one outage has not: there only service, site and codes can tell."""
_ROUNDS: Final = 8

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sketch:
    """An open incident in outline.

    Attributes:
        key: Which.
        centre: Mean of its reports' vectors; the product of two centres is the mean cosine.
        first: Its first report, seconds,
        last: and its last.
        service: What most of its reports name, if any,
        site: and where, if at one place.
        signatures: Rare codes and hosts in it.
        reports: How many.

    """

    key: Hashable
    centre: Vector
    first: float
    last: float
    service: str | None = None
    site: str | None = None
    signatures: frozenset[str] = frozenset()
    reports: int = 1


@dataclass(frozen=True, slots=True)
class ProposedMerge:
    """Another incident that may be the same."""

    other: Hashable
    probability: float
    alike: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One report as a split looks at it; `bound` where people said that it belongs here."""

    key: Hashable
    vector: Vector
    service: str | None = None
    site: str | None = None
    signatures: frozenset[str] = frozenset()
    bound: bool = False


@dataclass(frozen=True, slots=True)
class ProposedSplit:
    """Reports of an incident that may be something else.

    Attributes:
        away: The smaller part, which would be split off.
        stay: The rest.
        kind: What parts them: signature, service, site or meaning.
        values: What the smaller part names, and the rest; None where only words part them.
        within: Mean cosine within the parts,
        across: and between them.

    """

    away: tuple[Hashable, ...]
    stay: tuple[Hashable, ...]
    kind: str
    values: tuple[str, str] | None
    within: float
    across: float


def choose_merges(
    mine: Sketch,
    others: Sequence[Sketch],
    probabilities: Mapping[Hashable, float],
    *,
    suggest: float,
    alike_from: float,
    apart: Collection[Hashable] = (),
) -> tuple[ProposedMerge, ...]:
    """Open incidents that may be the same as this one, the likeliest first.

    Args:
        mine: The incident.
        others: Those it is compared with.
        probabilities: That the latest report of one belongs to the other.
        suggest: Probability from which that says something.
        alike_from: Mean cosine from which two incidents tell alike.
        apart: What people said is not the same.

    """
    found = []
    for other in others:
        probability = probabilities.get(other.key, 0.0)
        alike = float(mine.centre @ other.centre)
        shared = sorted(mine.signatures & other.signatures)
        if other.key in apart or other.key == mine.key or _seconds_apart(mine, other) > _TOGETHER:
            continue
        if mine.service and other.service and mine.service != other.service and not shared:
            continue
        same_service = mine.service is not None and mine.service == other.service
        enough = min(alike_from, _SAME_SERVICE) if same_service else alike_from
        if not shared and (
            probability < suggest or alike < enough or max(mine.reports, other.reports) < _BODY
        ):
            continue
        reasons = [f"same error code or host: {shared[0]}"] if shared else []
        if same_service:
            reasons.append("same service")
        if mine.site and mine.site == other.site:
            reasons.append("same site")
        if alike >= alike_from:
            reasons.append("their reports tell alike")
        reasons.append("at the same time" if _seconds_apart(mine, other) == 0 else "shortly after")
        found.append(ProposedMerge(other.key, probability, alike, tuple(reasons)))
    found.sort(key=lambda one: (-one.probability, -one.alike))
    return tuple(found[:_MOST])


def choose_split(members: Sequence[Part]) -> ProposedSplit | None:
    """Whether an incident's reports fall in two, and which ones are something else.

    Looks for two different rare signatures, services or sites with at least three reports
    each, then for two heaps of meaning; always with a gap between the two in meaning.
    """
    if len(members) < 2 * _PART:
        return None
    for kind, value in _BY_FACT.items():
        found = _by_fact(members, kind, value)
        if found is not None:
            return found
    vectors = _stacked(members)
    return _proposed(members, _two_heaps(vectors), "meaning", None)


def _by_fact(
    members: Sequence[Part], kind: str, value: Callable[[Part], str | None]
) -> ProposedSplit | None:
    named = [value(one) for one in members]
    counts = Counter(name for name in named if name is not None)
    if len(counts) < 2:
        return None
    (first, _), (second, count) = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:2]
    if count < _PART:
        return None
    vectors = _stacked(members)
    one, other = (
        vectors[[name == wanted for name in named]].mean(axis=0) for wanted in (first, second)
    )
    # Who names neither goes with those whose words are nearer.
    away = np.array(
        [
            name == second or (name != first and vector @ other > vector @ one)
            for name, vector in zip(named, vectors, strict=True)
        ]
    )
    return _proposed(members, away, kind, (second, first))


def _proposed(
    members: Sequence[Part], away: npt.NDArray[np.bool_], kind: str, values: tuple[str, str] | None
) -> ProposedSplit | None:
    if 2 * away.sum() > len(members):
        away, values = ~away, (values[1], values[0]) if values else None
    if away.sum() < _PART or (~away).sum() < _PART:
        return None
    if 2 * sum(one.bound for one, goes in zip(members, away, strict=True) if goes) >= away.sum():
        return None  # people said that they belong here
    vectors = _stacked(members)
    within = (_cohesion(vectors[away]) + _cohesion(vectors[~away])) / 2
    across = float(vectors[away].mean(axis=0) @ vectors[~away].mean(axis=0))
    if within - across < _GAP[kind]:
        return None
    keys = [one.key for one in members]
    return ProposedSplit(
        away=tuple(key for key, goes in zip(keys, away, strict=True) if goes),
        stay=tuple(key for key, goes in zip(keys, away, strict=True) if not goes),
        kind=kind,
        values=values,
        within=within,
        across=across,
    )


def _two_heaps(vectors: Floats) -> npt.NDArray[np.bool_]:
    """Two-means from the main axis on: the same reports always fall the same way."""
    centred = vectors - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    side: npt.NDArray[np.bool_] = centred @ axes[0] > 0
    for _ in range(_ROUNDS):
        if side.all() or not side.any():
            break
        one, other = vectors[side].mean(axis=0), vectors[~side].mean(axis=0)
        far = ((vectors - one) ** 2).sum(axis=1), ((vectors - other) ** 2).sum(axis=1)
        moved = far[0] < far[1]
        if (moved == side).all():
            break
        side = moved
    return side


def _cohesion(vectors: Floats) -> float:
    """Mean cosine of all pairs."""
    count = len(vectors)
    total = vectors.sum(axis=0)
    return float((total @ total - count) / max(count * (count - 1), 1))


def _stacked(members: Sequence[Part]) -> Floats:
    return np.stack([one.vector for one in members]).astype(np.float64)


def _seconds_apart(one: Sketch, other: Sketch) -> float:
    """Seconds between the two; 0 where they overlap."""
    return max(one.first - other.last, other.first - one.last, 0.0)


def _only(signatures: Collection[str]) -> str | None:
    return min(signatures) if len(signatures) == 1 else None


_BY_FACT: Final[Mapping[str, Callable[[Part], str | None]]] = {
    "signature": lambda one: _only(one.signatures),
    "service": lambda one: one.service,
    "site": lambda one: one.site,
}
