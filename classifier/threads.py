"""Reports that follow each other closely in meaning and time, whatever group they are in.

Joining must be sure; for an alarm it is enough that people tell alike. A report hangs on its
nearest neighbour of the last three hours, if that is alike enough; chains are threads.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np

from classifier.base_rate import measure_likeness
from classifier.encoding import Vector
from classifier.window import Window

REACH: Final = 3 * 3_600.0
_MEASURE_EVERY: Final = 20
_MEASURE_SHARE: Final = 20
_TIDY_EVERY: Final = 2_000


class Threads:
    """Chains of alike reports of one window. Not safe for threads, like the window itself."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._root: dict[Hashable, Hashable] = {}
        self._members: dict[Hashable, list[Hashable]] = {}
        self._likeness: float | None = None
        self._measured = 0
        self._seen = 0

    def likeness(self, at: float) -> float:
        """The cosine from which two reports hardly meet by chance; measured now and then."""
        if self._likeness is None or self._seen - self._measured >= max(
            _MEASURE_EVERY, self._seen // _MEASURE_SHARE
        ):
            self._likeness = measure_likeness(self._window, at)
            self._measured = self._seen
        return self._likeness

    def add(self, key: Hashable) -> None:
        """Hang a report that the window holds on its nearest neighbour before it."""
        window = self._window
        if key in self._root or key not in window.row_of:
            return
        row = window.row_of[key]
        at = float(window.moments()[row])
        found = self.nearest(window.vectors()[row], at, likeness=self.likeness(at), without=row)
        self._root[key] = key
        self._members[key] = [key]
        if found is not None and found in self._root:
            self._tie(self._root[found], self._root[key])
        self._seen += 1
        if self._seen % _TIDY_EVERY == 0:
            self._tidy()

    def nearest(
        self, vector: Vector, at: float, *, likeness: float, without: int | None = None
    ) -> Hashable | None:
        """The most alike report of the last three hours, if it is alike enough."""
        moments = self._window.moments()
        near = np.flatnonzero((moments <= at) & (moments >= at - REACH))
        near = near[near != without] if without is not None else near
        if not len(near):
            return None
        cosines = self._window.vectors()[near] @ vector
        best = int(np.argmax(cosines))
        return self._window.keys[near[best]] if cosines[best] >= likeness else None

    def thread_of(self, key: Hashable, *, newest: int | None = None) -> Sequence[Hashable]:
        """The reports of a report's thread: all, itself among them, or the last to come in."""
        root = self._root.get(key)
        if root is None:
            return (key,)
        members = self._members[root]
        return tuple(members if newest is None else members[-newest:])

    def _tie(self, one: Hashable, other: Hashable) -> None:
        if one == other:
            return
        small, great = sorted((one, other), key=lambda root: len(self._members[root]))
        moved = self._members.pop(small)
        self._members[great] += moved
        for key in moved:
            self._root[key] = great

    def _tidy(self) -> None:
        """Forget what the window no longer holds."""
        held = self._window.row_of
        for root, members in list(self._members.items()):
            kept = [key for key in members if key in held]
            for key in members:
                if key not in held:
                    self._root.pop(key, None)
            if kept:
                self._members[root] = kept
            else:
                del self._members[root]
