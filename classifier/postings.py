"""Which rows hold a word or a signature, oldest first."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

_COMMON: Final = 10  # a word in more than a tenth of the rows says nothing
_FEW: Final = 5


class Postings:
    """An inverted index in memory: eight bytes an entry."""

    def __init__(self) -> None:
        self._rows: dict[str, array[int]] = defaultdict(_no_rows)

    def add(self, row: int, terms: Collection[str]) -> None:
        for term in terms:
            self._rows[term].append(row)

    def rows(self, term: str) -> Sequence[int]:
        return self._rows.get(term, ())

    def shared(self, terms: Collection[str], count: int) -> tuple[npt.NDArray[np.float64], float]:
        """Of `count` rows, the summed idf of the terms each shares; and the sum over all terms."""
        total = 0.0
        limit = max(_FEW, count // _COMMON)
        rows: list[npt.NDArray[np.int64]] = []
        weights: list[float] = []
        for term in sorted(terms):
            posted = self.rows(term)
            idf = float(np.log((count + 1) / (len(posted) + 1))) + 1.0
            total += idf
            if 0 < len(posted) <= limit:
                rows.append(np.array(posted, dtype=np.int64))
                weights.append(idf)
        if not rows:
            return np.zeros(count), total
        spread = np.repeat(weights, [len(each) for each in rows])
        return np.bincount(np.concatenate(rows), spread, count).astype(np.float64), total


def _no_rows() -> array[int]:
    return array("q")
