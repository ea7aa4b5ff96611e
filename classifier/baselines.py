"""The simplest groupings, to be measured beside ours: nothing is learned.

One pass by cosine: a report joins the group of greatest mean cosine (or of its nearest report)
among the reports of the last hours when that cosine reaches a threshold, else it stands alone.
HDBSCAN: the reports of each window of time are clustered afterwards, with all of them known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
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
LONG_HOURS: Final = (24.0 * 7, 24.0 * 30, 24.0 * 90, 24.0 * 365, 24.0 * 36_500)
"""For sets whose reports of one defect lie days to years apart."""
WINDOWS: Final = (3.0, 6.0, 12.0)
_SIZES: Final = (2, 3, 5)
_CUTS: Final = (None, 0.7, 0.8, 0.9, 1.0)
"""Distances of unit vectors: cosines of .76, .68, .6 and .5; None: where clusters last longest."""
_SAMPLES: Final = 3
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


@dataclass(frozen=True, slots=True)
class ClusterSetting:
    """One setting of HDBSCAN.

    Attributes:
        size: Least reports of a cluster.
        hours: Of the windows that are clustered; each begins half a window after the last.
        cut: Distance at which the tree is cut; None: the clusters that last longest.

    """

    size: int
    hours: float
    cut: float | None

    @override
    def __str__(self) -> str:
        cut = "uncut" if self.cut is None else f"cut at {self.cut:g}"
        return f"from {self.size} reports, {self.hours:g} h, {cut}"


def settings(hours: Sequence[float] = HOURS, *, every: int = 1) -> Iterator[Setting]:
    """The grid, the strictest first: of equals the strictest is kept.

    Args:
        hours: How far back.
        every: Only each so many of the thresholds.

    """
    for threshold in reversed(THRESHOLDS[::every]):
        for each in hours:
            for linkage in ("mean", "nearest"):
                yield Setting(threshold, each, linkage)


def cluster_settings(hours: Sequence[float] = WINDOWS) -> Iterator[ClusterSetting]:
    """The grid of HDBSCAN."""
    for each, size, cut in product(hours, _SIZES, _CUTS):
        yield ClusterSetting(size, each, cut)


class SinglePass:
    """The cosines of a stream to what came in the longest window before, computed once."""

    def __init__(
        self, moments: Sequence[float], unit_rows: Any, *, most_hours: float = max(HOURS)
    ) -> None:
        """`moments` in seconds, rising; `unit_rows` dense or sparse, shape (n, d), length 1.

        No setting may look back further than `most_hours`.
        """
        self._at = np.asarray(moments, dtype=np.float64)
        self._cosines = list(_banded(self._at, unit_rows, most_hours))

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


class Clusters:
    """HDBSCAN over windows of a stream: a cluster goes on with the group most of it is in."""

    def __init__(self, moments: Sequence[float], vectors: Vectors) -> None:
        """`moments` in seconds, rising; `vectors` of length 1, shape (n, d)."""
        self._at = np.asarray(moments, dtype=np.float64)
        self._vectors = vectors

    def groups(self, setting: ClusterSetting) -> Groups:
        """The group of each report with its whole window known, numbered from 0."""
        chosen: list[int | None] = [None] * len(self._at)
        opened = 0
        for first, last in _windows(self._at, setting.hours * 3_600.0):
            if last - first <= setting.size:
                continue
            found = _clustered(self._vectors[first:last], setting)
            for label in range(int(found.max()) + 1):
                rows = (np.flatnonzero(found == label) + first).tolist()
                before = Counter(group for row in rows if (group := chosen[row]) is not None)
                group = before.most_common(1)[0][0] if before else opened
                opened += not before
                for row in rows:
                    chosen[row] = group if chosen[row] is None else chosen[row]
        alone = iter(range(opened, opened + len(chosen)))
        return [next(alone) if group is None else group for group in chosen]


def _clustered(vectors: Vectors, setting: ClusterSetting) -> npt.NDArray[np.int64]:
    """A cluster's number per report, -1 for none."""
    from sklearn.cluster import HDBSCAN

    fitted = HDBSCAN(
        min_cluster_size=setting.size, min_samples=min(setting.size, _SAMPLES), copy=True
    ).fit(vectors)
    found: npt.NDArray[np.int64] = (
        fitted.labels_
        if setting.cut is None
        else fitted.dbscan_clustering(setting.cut, min_cluster_size=setting.size)
    )
    return found


def meaning(
    moments: Sequence[float], vectors: Vectors, *, most_hours: float = max(HOURS)
) -> SinglePass:
    """By the encoder's vectors."""
    return SinglePass(moments, vectors, most_hours=most_hours)


def words(
    moments: Sequence[float], texts: Sequence[str], *, most_hours: float = max(HOURS)
) -> SinglePass:
    """By TF-IDF of words; the frequencies are those of the whole stream, its future too."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectoriser = TfidfVectorizer(sublinear_tf=True)
    return SinglePass(moments, vectoriser.fit_transform(texts), most_hours=most_hours)


def _windows(at: Floats, span: float) -> Iterator[tuple[int, int]]:
    """First and last row (excluded) of overlapping windows; each holds a report of its own."""
    seen = 0
    start = float(at[0]) if len(at) else 0.0
    while seen < len(at):
        first, last = (int(edge) for edge in np.searchsorted(at, [start, start + span]))
        if last > seen:
            yield first, last
            seen = last
        if seen < len(at):  # the next half window that brings a new report
            missing = float(at[seen]) - (start + span)
            start += max(1, int(missing // (span / 2)) + 1) * span / 2


def _banded(at: Floats, rows: Any, most_hours: float) -> Iterator[Floats]:
    """Per report, its cosines to the reports of the longest window before it, oldest first."""
    firsts = np.searchsorted(at, at - most_hours * 3_600.0)
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
