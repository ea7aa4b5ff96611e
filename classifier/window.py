"""The reports of the last days in memory: what a new one is compared with.

It holds every report of the look-back, in open groups or not: the closed ones say how common
such reports are anyway. Not safe for threads by itself; `incidents.live_window` locks it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from classifier.disturbance import Disturbance
from classifier.encoding import Vector
from classifier.lexicon import is_own_account_chore, rare_words
from classifier.pace import BURST, Pace
from classifier.postings import Postings
from models.errors import DomainError

Floats = npt.NDArray[np.float32]
NEAREST: Final = 10
_GROWTH: Final = 1024
_TYPICAL_NEAR: Final = 0.45
_UNKNOWN: Final = -1
_ENOUGH_PAST: Final = 30
"""With fewer past rows `near` is the typical value of a service desk (helpdesk set, dev)."""


class ForeignVectorError(DomainError):
    """A vector of another encoder: its cosines to ours would mean nothing."""

    code: ClassVar[str] = "window.foreign_vector"


@dataclass(frozen=True, slots=True)
class PairFacts:
    """What grouping uses of a report beside its meaning; values are catalogue ids or codes.

    `own_account` marks one person's own chore (a forgotten password): never one incident
    with another person's.
    """

    service: str | None = None
    site: str | None = None
    signatures: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    own_account: bool = False
    reporter: Hashable | None = None

    @classmethod
    def of(
        cls,
        text: str,
        *,
        service: str | None,
        site: str | None,
        signatures: Iterable[str] = (),
        reporter: Hashable | None = None,
    ) -> PairFacts:
        return cls(
            service, site, frozenset(signatures), rare_words(text), is_own_account_chore(text),
            reporter,
        )  # fmt: skip


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
    """The members of one group, by row, oldest first; `total` is the sum of their vectors."""

    rows: list[int] = field(default_factory=list)
    total: Floats | float = 0.0
    own_accounts: int = 0
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
        near: Mean cosine to the ten nearest past rows (a typical value before there is a past).
        base: Log share of past rows with cosine >= .5.

    """

    at: float
    cosines: Floats
    live: npt.NDArray[np.bool_]
    past: npt.NDArray[np.bool_]
    near: float
    base: float


class Window:
    """Reports as arrays, with their groups."""

    def __init__(
        self,
        encoder_id: str,
        width: int,
        *,
        pace: Pace = BURST,
        disturbance: Disturbance | None = None,
    ) -> None:
        self.encoder_id = encoder_id
        self.width = width
        self.groups: dict[Hashable, Group] = {}
        self.keys: list[Hashable | None] = []
        self.facts: list[PairFacts] = []
        self.row_of: dict[Hashable, int] = {}
        self.group_of: dict[Hashable, Hashable] = {}
        self._vectors = np.zeros((_GROWTH, width), dtype=np.float32)
        self._at = np.full(_GROWTH, -np.inf)
        self._near = np.zeros(_GROWTH, dtype=np.float32)
        self._base = np.zeros(_GROWTH, dtype=np.float32)
        self._trouble = np.zeros(_GROWTH, dtype=np.float32)
        self._service = np.full(_GROWTH, _UNKNOWN, dtype=np.int32)
        self._numbers: dict[str, int] = {}
        self._words = Postings()
        self._signatures = Postings()
        self.tune(pace, disturbance)

    def __len__(self) -> int:
        """Rows held; removed and outlived ones count until the next tidying."""
        return len(self.keys)

    @property
    def look_back(self) -> float:
        return self.pace.look_back

    @property
    def gap(self) -> float:
        return self.pace.gap

    def tune(self, pace: Pace, disturbance: Disturbance | None) -> None:
        """Go on at another artifact's pace, with its sense of what is broken."""
        if disturbance is not None and disturbance.encoder_id != self.encoder_id:
            disturbance = None
        self.pace, self._disturbance = pace, disturbance
        n = len(self)
        self._trouble[:n] = [self.trouble_of(vector) for vector in self._vectors[:n]]

    def scan(self, vector: Vector, at: float) -> Scan:
        """Compare one vector with every row, as of `at` (seconds).

        Raises:
            ForeignVectorError: It is not of this window's encoder.

        """
        self._refuse_foreign(vector)
        n = len(self)
        cosines: Floats = self._vectors[:n] @ vector
        return self._scanned(cosines, at)

    def add(self, item: Item, scan: Scan | None = None) -> None:
        """Take in one report; a key that is there already moves to the item's group.

        `scan` saves comparing anew: the one just made for this very report.
        """
        if scan is None or item.key in self.row_of or len(scan.cosines) != len(self):
            self.add_many([item])
            return
        self._tidy(item.at - self.look_back)
        row = len(self)
        self._append(item)
        self._near[row] = scan.near
        self._base[row] = scan.base

    def add_many(self, items: Sequence[Item]) -> None:
        """Take in reports in the order of their arrival; many at once cost little each.

        What is older than the look-back is forgotten here, from time to time.
        """
        fresh = []
        for item in items:
            self._refuse_foreign(item.vector)
            if item.key in self.row_of:
                self.move(item.key, item.group)
            else:
                fresh.append(item)
        if fresh:
            self._tidy(max(item.at for item in fresh) - self.look_back)
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

    def remove(self, key: Hashable) -> None:
        """Forget a report, e.g. a withdrawn one; unknown keys are ignored."""
        if key not in self.row_of:
            return
        row = self.row_of.pop(key)
        self._leave(self.group_of.pop(key), row)
        self.keys[row] = None
        self._at[row] = -np.inf

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

    def arrival_statistics(self) -> tuple[Floats, Floats]:
        """Per row, as they were on its arrival: `near` and `base`, shape (n,)."""
        return self._near[: len(self)], self._base[: len(self)]

    def trouble_of(self, vector: Vector) -> float:
        """Probability that words tell of a disturbance; .5 where nothing was learnt of that."""
        return self._disturbance.of(vector) if self._disturbance is not None else 0.5

    def troubles(self) -> Floats:
        """Shape (n,): `trouble_of` every row."""
        return self._trouble[: len(self)]

    def naming_service(self, service: str) -> npt.NDArray[np.bool_]:
        """Shape (n,): the rows whose report names this service."""
        named: npt.NDArray[np.bool_] = self._service[: len(self)] == self._numbered(service)
        return named

    def rows_with_signature(self, signature: str) -> list[int]:
        return [row for row in self._signatures.rows(signature) if self.keys[row] is not None]

    def shared_words(self, words: Collection[str]) -> tuple[npt.NDArray[np.float64], float]:
        """Per row, the summed idf of the words it shares; and the sum over all the words.

        Words that stand in more than a tenth of the rows say nothing and are skipped.
        """
        return self._words.shared(words, len(self))

    def _scanned(self, cosines: Floats, at: float) -> Scan:
        moments = self._at[: len(cosines)]
        live = moments > at - self.look_back
        past = live & (moments <= at - self.gap)
        seen = cosines[past]
        near = _TYPICAL_NEAR
        if len(seen) >= _ENOUGH_PAST:
            near = float(np.partition(seen, len(seen) - NEAREST)[-NEAREST:].mean())
        base = float(np.log((np.count_nonzero(seen >= 0.5) + 0.5) / (len(seen) + 20.0)))
        return Scan(at, cosines, live, past, near, base)

    def _append(self, item: Item) -> None:
        row = len(self)
        if row == len(self._at):
            grown = row + max(_GROWTH, row // 2)
            self._vectors = _grow(self._vectors, grown)
            self._near = _grow(self._near, grown)
            self._base = _grow(self._base, grown)
            self._trouble = _grow(self._trouble, grown)
            unknown = np.full(grown - row, _UNKNOWN, dtype=np.int32)
            self._service = np.concatenate([self._service, unknown])
            self._at = np.concatenate([self._at, np.full(grown - row, -np.inf)])
        self._vectors[row] = item.vector
        self._at[row] = item.at
        self._trouble[row] = self.trouble_of(item.vector)
        self._service[row] = self._numbered(item.facts.service)
        self.keys.append(item.key)
        self.facts.append(item.facts)
        self.row_of[item.key] = row
        self.group_of[item.key] = item.group
        self._post(row, item.facts)
        self._join(item.group, row)

    def _numbered(self, name: str | None) -> int:
        """A number for a service, which a column can hold."""
        if name is None:
            return _UNKNOWN
        return self._numbers.setdefault(name, len(self._numbers))

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
        group.own_accounts += facts.own_account
        group.total = group.total + self._vectors[row]

    def _leave(self, name: Hashable, row: int) -> None:
        group = self.groups[name]
        group.rows.remove(row)
        facts = self.facts[row]
        if facts.service:
            group.services -= Counter({facts.service: 1})
        if facts.site:
            group.sites -= Counter({facts.site: 1})
        group.signatures -= Counter(facts.signatures)
        group.own_accounts -= facts.own_account
        group.total = group.total - self._vectors[row]

    def _refuse_foreign(self, vector: Vector) -> None:
        if vector.shape != (self.width,):
            raise ForeignVectorError(
                f"This window holds vectors of {self.encoder_id} ({self.width} numbers); "
                f"one with shape {vector.shape} came. Read the text again."
            )

    def _tidy(self, horizon: float) -> None:
        """Drop rows before `horizon` once they are many, so that memory and time stay bounded."""
        n = len(self)
        kept = np.flatnonzero(self._at[:n] > horizon)
        if n - len(kept) < max(_GROWTH, n // 3):
            return
        for key in [key for key, row in self.row_of.items() if self._at[row] <= horizon]:
            self.remove(key)
        new_row = {int(old): new for new, old in enumerate(kept)}
        arrays: tuple[npt.NDArray[Any], ...] = (
            self._vectors, self._near, self._base, self._trouble, self._service,
        )  # fmt: skip
        for array_ in arrays:
            array_[: len(kept)] = array_[kept]
        self._at[: len(kept)] = self._at[kept]
        self._at[len(kept) :] = -np.inf
        self.keys = [self.keys[row] for row in kept]
        self.facts = [self.facts[row] for row in kept]
        self.row_of = {key: new_row[row] for key, row in self.row_of.items()}
        self.groups = {name: group for name, group in self.groups.items() if group.rows}
        for group in self.groups.values():
            group.rows = [new_row[row] for row in group.rows]
        self._words, self._signatures = Postings(), Postings()
        for row, facts in enumerate(self.facts):
            self._post(row, facts)

    def _post(self, row: int, facts: PairFacts) -> None:
        self._words.add(row, facts.words)
        self._signatures.add(row, facts.signatures)


def _grow(array: Floats, size: int) -> Floats:
    grown = np.zeros((size, *array.shape[1:]), dtype=array.dtype)
    grown[: len(array)] = array
    return grown
