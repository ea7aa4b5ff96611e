"""The groups that a new report is measured beside: the nearest by meaning, words and code."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.signature_rarity import rare_signatures
from classifier.window import PairFacts, Scan, Window

_BY_MEANING: Final = 6
_BY_WORDS: Final = 3
_BY_SIGNATURE: Final = 2
_LOOKED_AT: Final = 400
_LOOKED_AT_BY_WORDS: Final = 40


@dataclass(frozen=True, slots=True)
class Query:
    """A report that looks for its group. `at` in seconds, like the window's."""

    vector: Vector
    at: float
    facts: PairFacts
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Glance:
    """One report beside every row, whatever groups the rows are in.

    Attributes:
        scan: By meaning.
        shared: Shape (n,), share of the report's rare words (by idf) that each row has too.

    """

    scan: Scan
    shared: npt.NDArray[np.float32]


def take_glance(window: Window, query: Query) -> Glance:
    """Compare a report with every row by meaning and by words: what no grouping changes."""
    shared, total = window.shared_words(query.facts.words)
    return Glance(
        window.scan(query.vector, query.at),
        (shared / total if total else shared).astype(np.float32),
    )


def choose_candidates(
    window: Window,
    query: Query,
    glance: Glance,
    only: Collection[Hashable] | None,
    exclude: Collection[Hashable],
) -> list[Hashable]:
    """The groups with the nearest members in meaning, then in words, then with the same code."""
    scan, shared = glance.scan, glance.shared
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
