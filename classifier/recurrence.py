"""What is measured between an incident and a past one that may have had the same cause.

Nothing here merges anything: a recurrence is a link between two incidents that stay two. Every
likeness stands beside how many past reports are as alike anyway, so that the same weights serve
a history of a thousand reports and one of a million.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector, Vectors
from classifier.recurrence_usual import Background
from classifier.window import PairFacts

Floats64 = npt.NDArray[np.float64]

MEMBERS: Final = 40
"""Reports of one incident that are compared: its first ones and its last ones."""
PROBES: Final = 7
"""Reports of an incident that history is searched with, beside its centre."""
NEAREST: Final = 50
"""Past reports that are found for each probe."""
SHORTLIST: Final = 20
"""Past incidents that are measured in full."""
_DAY: Final = 86_400.0
_RAREST: Final = -8.0
"""Log share of the past below which rarer says no more: what the training sets could show."""
_PRIOR: Final = 20.0
_LARGE: Final = 8
"""Reports from which on an incident is large; larger says no more."""
_NOTHING: Final = np.empty(0, dtype=np.float32)

FEATURES: Final = (
    "best",
    "top3",
    "centroid",
    "rank",
    "usual",
    "csls",
    "words",
    "same_service",
    "other_service",
    "same_site",
    "other_site",
    "same_signature",
    "again",
    "since",
    "size",
    "past_size",
)
RISING: Final = frozenset(
    {
        "best",
        "top3",
        "centroid",
        "csls",
        "words",
        "same_service",
        "same_site",
        "same_signature",
        "again",
    }
)
"""Measures whose growth can only speak for the same cause."""
FALLING: Final = frozenset({"usual", "other_service", "other_site", "since"})
"""Measures whose growth can only speak against it."""

SHOWN: Final = frozenset({"rank"})
"""Measured for the sentence people read; beside `csls` it says nothing more (2026-11)."""

_AGAIN: Final = re.compile(
    r"\b(?:again|agian|once more|(?:as|like|same as) (?:last|on|before|yesterday|monday|tuesday"
    r"|wednesday|thursday|friday)|another time|deja vu|recurr\w+|came back|is back|re-?appeared"
    r"|(?:second|third|2nd|3rd) time|schon wieder|wieder|erneut|abermals|nochmals?|de novo"
    r"|outra vez|mais uma vez|otra vez|de nuevo|nuevamente|encore une fois|à nouveau)\b",
    re.IGNORECASE,
)


def says_again(text: str) -> bool:
    """Whether somebody says that it came back."""
    return bool(_AGAIN.search(text[:4_000]))


@dataclass(frozen=True, slots=True)
class Account:
    """One report, as an incident is put together from it. `at` in seconds, `again`: says so."""

    key: Hashable
    at: float
    vector: Vector
    facts: PairFacts
    again: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """One past report that a search found, and the incident it is in."""

    report: Hashable
    incident: Hashable
    cosine: float


@dataclass(frozen=True, slots=True)
class Episode:
    """One incident as it stands at some moment, for comparing it with others.

    Attributes:
        key: Its id.
        keys: Of the reports that `vectors` hold, oldest first.
        vectors: Shape (n, d), unit rows.
        facts: Of each of them.
        first_at: Seconds, of its first report.
        last_at: Seconds, of its last report.
        size: All its reports, also those that are not compared.
        again: Share of its reports that say it came back.

    """

    key: Hashable
    keys: tuple[Hashable, ...]
    vectors: Vectors
    facts: tuple[PairFacts, ...]
    first_at: float
    last_at: float
    size: int
    again: float = 0.0

    @property
    def centre(self) -> Vector:
        """Mean of its vectors, scaled to length 1."""
        total = self.vectors.sum(axis=0)
        centre: Vector = (total / max(float(np.linalg.norm(total)), 1e-9)).astype(np.float32)
        return centre

    @property
    def is_own_chore(self) -> bool:
        """Half of its reports are a person's own forgotten password: no cause to look for."""
        return 2 * sum(one.own_account for one in self.facts) >= len(self.facts)


@dataclass(frozen=True, slots=True)
class Measured:
    """A past incident beside the one that was asked about.

    Attributes:
        past: Its key.
        values: Shape (len(FEATURES),).
        nearest: Up to three pairs (own report, past report, cosine), best first.
        words: Rare words of both, the weightiest first.
        signatures: Rare signatures of both.

    """

    past: Hashable
    values: Floats64
    nearest: tuple[tuple[Hashable, Hashable, float], ...]
    words: tuple[str, ...]
    signatures: tuple[str, ...]


def measure_past(
    now: Episode, past: Sequence[Episode], closer: Sequence[int], background: Background
) -> list[Measured]:
    """Measure an incident beside past ones.

    Args:
        now: The incident that is looked at.
        past: Those it may recur from.
        closer: Per past incident, how many reports of others are at least as alike as its best.
        background: What is usual here.

    """
    everywhere = background.vectors @ now.centre if len(background.homes) else _NOTHING
    return [
        _measure(now, one, count, everywhere, background)
        for one, count in zip(past, closer, strict=True)
    ]


def _measure(
    now: Episode,
    past: Episode,
    closer: int,
    everywhere: npt.NDArray[np.float32],
    background: Background,
) -> Measured:
    cosines = (now.vectors @ past.vectors.T).astype(np.float64)
    best_of_own = np.sort(cosines.max(axis=1))[::-1]
    best = float(best_of_own[0])
    top3 = float(best_of_own[:3].mean())
    told = Counter(word for one in past.facts for word in one.words)
    ours, theirs = _weighed(now, told, background), _weighed(past, told, background)
    shared = {word: ours[word] * theirs[word] for word in ours.keys() & theirs.keys()}
    length = _length(ours) * _length(theirs)
    rare = _shared_signatures(now, past, background)
    service = _agreement((f.service for f in now.facts), (f.service for f in past.facts))
    site = _agreement((f.site for f in now.facts), (f.site for f in past.facts))
    mine, other = divmod(int(cosines.argmax()), len(past.keys))
    others = background.without(past.key)
    crowd = [
        background.near((background.vectors @ one)[others] if others.any() else _NOTHING)
        for one in (now.vectors[mine], past.vectors[other])
    ]
    silent = max(now.first_at - past.last_at, 0.0)
    rank = float(np.log((closer + 0.5) / (background.total + _PRIOR)))
    columns = {
        "best": best,
        "top3": top3,
        "centroid": float(now.centre @ past.centre),
        "rank": max(rank, _RAREST),
        "usual": background.usual(everywhere[others] if others.any() else _NOTHING),
        "csls": 2 * best - sum(crowd),
        "words": sum(shared.values()) / length if length else 0.0,
        "same_service": service[0],
        "other_service": service[1],
        "same_site": site[0],
        "other_site": site[1],
        "same_signature": float(bool(rare)),
        "again": now.again,
        "since": float(np.log1p(silent / _DAY)),
        "size": float(np.log(min(now.size, _LARGE))),
        "past_size": float(np.log(min(past.size, _LARGE))),
    }
    order = np.argsort(-cosines, axis=None, kind="stable")[:3]
    pairs = [divmod(int(flat), len(past.keys)) for flat in order]
    return Measured(
        past=past.key,
        values=np.array([columns[name] for name in FEATURES]),
        nearest=tuple((now.keys[i], past.keys[j], float(cosines[i, j])) for i, j in pairs),
        words=tuple(sorted(shared, key=lambda word: (-shared[word], word))[:5]),
        signatures=tuple(sorted(rare)),
    )


def _weighed(episode: Episode, told: Mapping[str, int], background: Background) -> dict[str, float]:
    """Its words: the share of its reports that use one, times how rare it is otherwise."""
    counts = Counter(word for one in episode.facts for word in one.words)
    weighed = {
        word: n / len(episode.facts) * background.idf(word, told.get(word, 0))
        for word, n in counts.items()
    }
    return {word: weight for word, weight in weighed.items() if weight > 0.0}


def _length(weights: Mapping[str, float]) -> float:
    return float(np.sqrt(sum(weight * weight for weight in weights.values())))


def _shared_signatures(now: Episode, past: Episode, background: Background) -> set[str]:
    """Rare ones that both show."""
    told = Counter(signature for one in past.facts for signature in one.signatures)
    ours = {signature for one in now.facts for signature in one.signatures}
    return {one for one in ours & told.keys() if background.is_rare(one, told[one])}


def _agreement(ours: Iterable[str | None], theirs: Iterable[str | None]) -> tuple[float, float]:
    """How far two incidents name the same thing, and how far another, 0 to 1; 0, 0 if unknown.

    The share that both give to each value, summed: two that name one thing only agree in full.
    """
    a, b = Counter(v for v in ours if v), Counter(v for v in theirs if v)
    if not a or not b:
        return 0.0, 0.0
    same = sum(min(a[v] / a.total(), b[v] / b.total()) for v in a.keys() & b.keys())
    return same, 1.0 - same


def gather(key: Hashable, accounts: Sequence[Account], *, size: int | None = None) -> Episode:
    """An incident from its reports, oldest first; `size` where there are more than these."""
    kept = accounts
    if len(accounts) > MEMBERS:
        kept = [*accounts[: MEMBERS // 2], *accounts[-MEMBERS // 2 :]]
    return Episode(
        key=key,
        keys=tuple(one.key for one in kept),
        vectors=np.stack([one.vector for one in kept]),
        facts=tuple(one.facts for one in kept),
        first_at=accounts[0].at,
        last_at=accounts[-1].at,
        size=size or len(accounts),
        again=sum(one.again for one in accounts) / len(accounts),
    )


def probes_of(episode: Episode) -> Vectors:
    """What history is searched with: the incident as a whole, and some of its reports."""
    spread = np.unique(np.linspace(0, len(episode.keys) - 1, PROBES).astype(int))
    return np.vstack([episode.centre[None, :], episode.vectors[spread]])


def shortlist(hits: Iterable[Hit], *, most: int = SHORTLIST) -> list[tuple[Hashable, int]]:
    """The past incidents that were found, most alike first, each with its `closer` count.

    `closer` is how many reports of other incidents are at least as alike as its best one is.
    """
    best: dict[Hashable, tuple[Hashable, float]] = {}
    for hit in hits:
        known = best.get(hit.report)
        if known is None or hit.cosine > known[1]:
            best[hit.report] = (hit.incident, hit.cosine)
    ordered = sorted(best.values(), key=lambda one: -one[1])
    found: dict[Hashable, int] = {}
    for above, (incident, _) in enumerate(ordered):
        if incident not in found:
            if len(found) == most:
                break
            found[incident] = above
    return list(found.items())
