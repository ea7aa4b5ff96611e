"""The simplest methods over a whole grid of settings: at their ceiling, and as one would tune them.

Each setting groups a stream once, whatever part of it is judged: as ours, it has the past.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from classifier.baselines import (
    HOURS,
    LONG_HOURS,
    WINDOWS,
    Clusters,
    cluster_settings,
    meaning,
    settings,
    words,
)
from classifier.train_pairs import pairwise_f1
from incidents.replay import ReadRow

RIVALS: Final = ("TF-IDF", "plain cosine", "HDBSCAN")
_LONG_WINDOWS: Final = (24.0 * 365, 24.0 * 36_500)

Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """One method: the groups of the stream under each of its settings."""

    name: str
    settings: tuple[str, ...]
    groups: tuple[Sequence[Hashable], ...]

    def best(self, gold: Sequence[str | None], first: int, last: int) -> int:
        """The setting with the best pairwise F1 on some rows, the earliest of equals."""
        reached = [pairwise_f1(gold[first:last], each[first:last]) for each in self.groups]
        return int(np.argmax(reached))


def try_rivals(
    rows: Sequence[ReadRow],
    *,
    long: bool = False,
    every: int = 1,
    said: Said = lambda _sentence: None,
) -> list[Tried]:
    """Group a stream by every method and setting. Slow.

    Args:
        rows: By time.
        long: Reports of one incident lie days to years apart.
        every: Only each so many of the thresholds.
        said: Hears a sentence at every stage.

    """
    moments = [each.row.t for each in rows]
    vectors = np.stack([each.vector for each in rows])
    hours = LONG_HOURS if long else HOURS
    most = max(hours)
    found = []
    for name, method in (
        (RIVALS[0], words(moments, [each.row.text for each in rows], most_hours=most)),
        (RIVALS[1], meaning(moments, vectors, most_hours=most)),
    ):
        said(f"{name} ...")
        grid = list(settings(hours, every=every))
        found.append(Tried(name, tuple(map(str, grid)), tuple(method.groups(one) for one in grid)))
    said(f"{RIVALS[2]} ...")
    clusters = Clusters(moments, vectors)
    tried = list(cluster_settings(_LONG_WINDOWS if long else WINDOWS[::every]))
    found.append(
        Tried(RIVALS[2], tuple(map(str, tried)), tuple(clusters.groups(one) for one in tried))
    )
    return found
