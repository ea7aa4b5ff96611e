"""The reports of the last days in memory: what a new one is compared with.

It holds every report of the look-back, in open groups or not: the closed ones say how common
such reports are anyway. Not safe for threads by itself; `incidents.live_window` locks it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.lexicon import rare_words

Floats = npt.NDArray[np.float32]
NEAREST: Final = 10
_GROWTH: Final = 1024


@dataclass(frozen=True, slots=True)
class PairFacts:
    """What grouping uses of a report beside its meaning; values are catalogue ids or codes."""

    service: str | None = None
    site: str | None = None
    signatures: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        text: str,
        *,
        service: str | None,
        site: str | None,
        signatures: Iterable[str] = (),
    ) -> PairFacts:
        return cls(service, site, frozenset(signatures), rare_words(text))


@dataclass(frozen=True, slots=True)
class Item:
    """One report as the window keeps it. `at` is in seconds since any fixed moment."""

    key: Hashable
    group: Hashable
    at: float
    vector: Vector
    facts: PairFacts


@dataclass
class Group:
    """The members of one group, by row, oldest first."""

    rows: list[int] = field(default_factory=list)
    services: Counter[str] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)
    signatures: Counter[str] = field(default_factory=Counter)
    joinable: bool = True
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """One text beside everything in the window at one moment.

    Attributes:
        cosines: Shape (n,), to every row.
        live: Shape (n,), rows within the look-back.
        past: Shape (n,), live rows older than the base-rate gap: what is common anyway.
        near: Mean cosine to the ten nearest past rows (0 where there are none).
        base: Log share of past rows with cosine >= .5, and >= .6.

    """

    at: float
    cosines: Floats
    live: npt.NDArray[np.bool_]
    past: npt.NDArray[np.bool_]
    near: float
    base: tuple[float, float]


class Window:
    """Reports as arrays, with their groups."""

    def __init__(
        self,
        encoder_id: str,
        width: int,
        *,
        look_back: float = 14 * 86_400.0,
        gap: float = 12 * 3_600.0,
    ) -> None:
        self.encoder_id = encoder_id
        self.look_back = look_back
        self.gap = gap
        self.groups: dict[Hashable, Group] = {}
        self.keys: list[Hashable | None] = []
        self.facts: list[PairFacts] = []
        self.row_of: dict[Hashable, int] = {}
        self.group_of: dict[Hashable, Hashable] = {}
        self._vectors = np.zeros((_GROWTH, width), dtype=np.float32)
        self._at = np.full(_GROWTH, -np.inf)
        self._near = np.zeros(_GROWTH, dtype=np.float32)
        self._base = np.zeros((_GROWTH, 2), dtype=np.float32)
        self._rows_by_word: dict[str, list[int]] = defaultdict(list)
        self._rows_by_signature: dict[str, list[int]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self.keys)

    def scan(self, vector: Vector, at: float) -> Scan:
        """Compare one vector with every row, as of `at` (seconds)."""
        n = len(self)
        cosines: Floats = self._vectors[:n] @ vector
        return self._scanned(cosines, at)

    def add(self, item: Item) -> None:
        """Take in one report; a key that is there already moves to the item's group."""
        self.add_many([item])

    def add_many(self, items: Sequence[Item]) -> None:
        """Take in reports in the order of their arrival; many at once cost little each."""
        fresh = []
        for item in items:
            if item.key in self.row_of:
                self.move(item.key, item.group)
            else:
                fresh.append(item)
        for start in range(0, len(fresh), 256):
            block = fresh[start : start + 256]
            first = len(self)
            for item in block:
                self._append(item)
            n = len(self)
            cosines = self._vectors[first:n] @ self._vectors[:n].T
            for offset, item in enumerate(block):
                row = first + offset
                scan = self._scanned(cosines[offset, :row], item.at)
                self._near[row] = scan.near
                self._base[row] = scan.base

    def move(self, key: Hashable, group: Hashable) -> None:
        """Put a report into another group."""
        before = self.group_of[key]
        if before == group:
            return
        row = self.row_of[key]
        self._leave(before, row)
        self.group_of[key] = group
        self._join(group, row)

    def set_group(self, group: Hashable, *, joinable: bool, restricted: bool) -> None:
        """Say whether new reports may join a group, and which ones."""
        known = self.groups.setdefault(group, Group())
        known.joinable, known.restricted = joinable, restricted

    def moments(self) -> npt.NDArray[np.float64]:
        """Arrival of every row, seconds, shape (n,)."""
        return self._at[: len(self)]

    def vectors(self) -> Floats:
        """Shape (n, d)."""
        return self._vectors[: len(self)]

    def row_statistics(self, rows: Sequence[int]) -> tuple[float, Floats]:
        """Means over rows of `near` and of the two base rates, as they were on arrival."""
        index = np.asarray(rows)
        return float(self._near[index].mean()), self._base[index].mean(axis=0)

    def rows_with_signature(self, signature: str) -> list[int]:
        return self._rows_by_signature.get(signature, [])

    def shared_words(self, words: Collection[str]) -> tuple[dict[int, float], float]:
        """Per row, the summed idf of the words it shares; and the sum over all the words.

        Words that stand in more than a tenth of the rows say nothing and are skipped.
        """
        n = len(self)
        scores: dict[int, float] = defaultdict(float)
        total = 0.0
        limit = max(5, n // 10)
        for word in words:
            rows = self._rows_by_word.get(word, ())
            idf = float(np.log((n + 1) / (len(rows) + 1))) + 1.0
            total += idf
            if len(rows) > limit:
                continue
            for row in rows:
                scores[row] += idf
        return scores, total

    def _scanned(self, cosines: Floats, at: float) -> Scan:
        moments = self._at[: len(cosines)]
        live = moments > at - self.look_back
        past = live & (moments <= at - self.gap)
        seen = cosines[past]
        near = 0.0
        if len(seen) > NEAREST:
            near = float(np.partition(seen, len(seen) - NEAREST)[-NEAREST:].mean())
        elif len(seen):
            near = float(seen.mean())
        total = len(seen) + 20.0
        base = (
            float(np.log((np.count_nonzero(seen >= 0.5) + 0.5) / total)),
            float(np.log((np.count_nonzero(seen >= 0.6) + 0.5) / total)),
        )
        return Scan(at, cosines, live, past, near, base)

    def _append(self, item: Item) -> None:
        row = len(self)
        if row == len(self._at):
            grown = row + max(_GROWTH, row // 2)
            self._vectors = _grow(self._vectors, grown)
            self._near = _grow(self._near, grown)
            self._base = _grow(self._base, grown)
            self._at = np.concatenate([self._at, np.full(grown - row, -np.inf)])
        self._vectors[row] = item.vector
        self._at[row] = item.at
        self.keys.append(item.key)
        self.facts.append(item.facts)
        self.row_of[item.key] = row
        self.group_of[item.key] = item.group
        for word in item.facts.words:
            self._rows_by_word[word].append(row)
        for signature in item.facts.signatures:
            self._rows_by_signature[signature].append(row)
        self._join(item.group, row)

    def _join(self, name: Hashable, row: int) -> None:
        group = self.groups.setdefault(name, Group())
        group.rows.append(row)
        if len(group.rows) > 1 and self._at[group.rows[-2]] > self._at[row]:
            group.rows.sort(key=lambda each: self._at[each])
        facts = self.facts[row]
        if facts.service:
            group.services[facts.service] += 1
        if facts.site:
            group.sites[facts.site] += 1
        group.signatures.update(facts.signatures)

    def _leave(self, name: Hashable, row: int) -> None:
        group = self.groups[name]
        group.rows.remove(row)
        facts = self.facts[row]
        if facts.service:
            group.services -= Counter({facts.service: 1})
        if facts.site:
            group.sites -= Counter({facts.site: 1})
        group.signatures -= Counter(facts.signatures)


def _grow(array: Floats, size: int) -> Floats:
    grown = np.zeros((size, *array.shape[1:]), dtype=array.dtype)
    grown[: len(array)] = array
    return grown
