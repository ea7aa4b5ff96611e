"""The two simplest groupings, to be measured beside ours: one pass by cosine, nothing learned.

A report joins the group of greatest mean cosine (or of its nearest report) among the reports
of the last hours when that cosine reaches a threshold, else it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from typing_extensions import override

from classifier.encoding import Vectors

THRESHOLDS: Final = (
    0.1,
    0.15,
    0.2,
    0.25,
    0.3,
    0.35,
    0.4,
    0.45,
    0.5,
    0.55,
    0.6,
    0.65,
    0.7,
    0.75,
    0.8,
)
HOURS: Final = (1.0, 2.0, 3.0, 6.0, 12.0, 24.0)
_BLOCK: Final = 512

Floats = npt.NDArray[np.float64]
Groups = list[int]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the single pass.

    Attributes:
        threshold: Least cosine to join.
        hours: How far back a report looks.
        linkage: `mean` of a group's reports in the window, or the `nearest` one.

    """

    threshold: float
    hours: float
    linkage: str

    @override
    def __str__(self) -> str:
        return f"cosine >= {self.threshold:g}, {self.hours:g} h, {self.linkage}"


def settings() -> Iterator[Setting]:
    """The grid, the strictest first: of equals the strictest is kept."""
    for threshold in reversed(THRESHOLDS):
        for hours in HOURS:
            for linkage in ("mean", "nearest"):
                yield Setting(threshold, hours, linkage)


class SinglePass:
    """The cosines of a stream to what came in the longest window before, computed once."""

    def __init__(self, moments: Sequence[float], unit_rows: Any) -> None:
        """`moments` in seconds, rising; `unit_rows` dense or sparse, shape (n, d), length 1."""
        self._at = np.asarray(moments, dtype=np.float64)
        self._cosines = list(_banded(self._at, unit_rows))

    def groups(self, setting: Setting) -> Groups:
        """The group of each report as decided on arrival, numbered from 0."""
        chosen = np.full(len(self._at), -1, dtype=np.int64)
        opened = 0
        for i, cosines in enumerate(self._cosines):
            first = int(np.searchsorted(self._at, self._at[i] - setting.hours * 3_600.0))
            seen = cosines[len(cosines) - (i - first) :]
            best, score = _nearest_group(chosen[first:i], seen, setting.linkage)
            if best >= 0 and score >= setting.threshold:
                chosen[i] = best
            else:
                chosen[i] = opened
                opened += 1
        return [int(group) for group in chosen]


def meaning(moments: Sequence[float], vectors: Vectors) -> SinglePass:
    """By the encoder's vectors."""
    return SinglePass(moments, vectors)


def words(moments: Sequence[float], texts: Sequence[str]) -> SinglePass:
    """By TF-IDF of words; the frequencies are those of the whole stream, its future too."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(sublinear_tf=True)
    return SinglePass(moments, vectoriser.fit_transform(texts))


def _banded(at: Floats, rows: Any) -> Iterator[Floats]:
    """Per report, its cosines to the reports of the longest window before it, oldest first."""
    firsts = np.searchsorted(at, at - max(HOURS) * 3_600.0)
    for start in range(0, len(at), _BLOCK):
        stop = min(start + _BLOCK, len(at))
        low = int(firsts[start])
        block = rows[start:stop] @ rows[low:stop].T
        dense = np.asarray(block.toarray() if hasattr(block, "toarray") else block)
        for i in range(start, stop):
            yield dense[i - start, firsts[i] - low : i - low].astype(np.float64)


def _nearest_group(
    groups: npt.NDArray[np.int64], cosines: Floats, linkage: str
) -> tuple[int, float]:
    if not len(groups):
        return -1, 0.0
    if linkage == "nearest":
        at = int(cosines.argmax())
        return int(groups[at]), float(cosines[at])
    low = int(groups.min())
    counts = np.bincount(groups - low)
    means = np.bincount(groups - low, cosines) / np.maximum(counts, 1)
    means[counts == 0] = -1.0
    at = int(means.argmax())
    return at + low, float(means[at])
