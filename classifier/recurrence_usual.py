"""What is usual in a history, by a sample of its reports: what likeness must stand out from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vectors
from classifier.window import PairFacts

SAMPLE: Final = 1_000
"""Past reports drawn at random that tell what is usual."""
_CROWD: Final = 100
"""One in so many of the past is what crowds around a report; at least `_FEW`."""
_FEW: Final = 5
_TYPICAL_NEAR: Final = 0.45
_COMMON: Final = 0.1
_RARE_SHARE: Final = 0.01
_RARE_ALWAYS: Final = 2
_ALIKE: Final = 0.5
_PRIOR: Final = 20.0


@dataclass(frozen=True, slots=True)
class Background:
    """What is usual here: a random sample of past reports, and how many there are in all.

    Beside a past incident its own reports do not count: an outage of fifty is not usual.

    Attributes:
        vectors: Shape (n, d), of the sample.
        homes: The incident of each.
        words: How many of the sample use each rare word.
        signatures: How many show each signature.
        total: Past reports in all, of this encoder.

    """

    vectors: Vectors
    homes: tuple[Hashable, ...]
    words: Mapping[str, int]
    signatures: Mapping[str, int]
    total: int

    @classmethod
    def of(
        cls,
        vectors: Vectors,
        homes: Iterable[Hashable],
        facts: Iterable[PairFacts],
        *,
        total: int,
    ) -> Background:
        words: Counter[str] = Counter()
        signatures: Counter[str] = Counter()
        for one in facts:
            words.update(one.words)
            signatures.update(one.signatures)
        return cls(vectors, tuple(homes), words, signatures, total)

    def without(self, incident: Hashable) -> npt.NDArray[np.bool_]:
        """Shape (n,): the rows of other incidents."""
        return np.array([home != incident for home in self.homes], dtype=np.bool_)

    def usual(self, cosines: npt.NDArray[np.float32]) -> float:
        """Log share of past reports that speak of such a thing, from their cosines."""
        near = np.count_nonzero(cosines >= _ALIKE)
        return float(np.log((near + 0.5) / (len(cosines) + _PRIOR)))

    def near(self, cosines: npt.NDArray[np.float32]) -> float:
        """Mean cosine to the nearest hundredth of the past: how crowded it is there.

        A share, not a number of neighbours: so it stays the same as a history grows.
        """
        count = max(_FEW, len(cosines) // _CROWD)
        if len(cosines) < 2 * count:
            return _TYPICAL_NEAR
        return float(np.partition(cosines, len(cosines) - count)[-count:].mean())

    def idf(self, word: str, own: int) -> float:
        """How rare a word is beside an incident that uses it in `own` reports; 0 if common."""
        sample = len(self.homes)
        count = max(self.words.get(word, 0) - self._drawn(own), 0.0)
        if count > max(_FEW, _COMMON * sample):
            return 0.0
        return float(np.log((sample + 1) / (count + 1))) + 1.0

    def is_rare(self, signature: str, own: int) -> bool:
        """Whether it proves something beside an incident that shows it in `own` reports."""
        limit = max(_RARE_ALWAYS, _RARE_SHARE * len(self.homes))
        return self.signatures.get(signature, 0) - self._drawn(own) <= limit

    def _drawn(self, own: int) -> float:
        """How many of an incident's reports are in the sample, to be expected."""
        return own * min(1.0, len(self.homes) / max(self.total, 1))
