"""Many texts to vectors: each distinct one once, short ones first, on two threads, with progress.

Texts are never padded together (encoding.py), so sorting by length costs nothing and makes the
progress honest: the rest is known by its characters.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from typing_extensions import override

from classifier.encoding import Encoder, Vector, Vectors, gist

Tell = Callable[[str], None]
"""Takes one sentence about where a training stands."""

_AT_ONCE: Final = 64
_THREADS: Final = 2
_EVERY: Final = 1.0  # seconds between two lines of progress
_SILENT_BELOW: Final = 500  # texts
_BAR: Final = 30


def encode_all(encoder: Encoder, texts: Sequence[str], tell: Tell | None = None) -> Vectors:
    """Vectors of the texts' gists, shape (n, d), in the texts' order."""
    short = [gist(text) for text in texts]
    distinct = sorted(set(short), key=len)
    parts = [distinct[first : first + _AT_ONCE] for first in range(0, len(distinct), _AT_ONCE)]
    if not parts:
        return np.empty((0, encoder.width), dtype=np.float32)
    bar = ProgressBar(sum(map(len, distinct)), tell if len(distinct) >= _SILENT_BELOW else None)
    found: list[Vectors] = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for part, vectors in zip(parts, pool.map(encoder.encode, parts), strict=True):
            found.append(vectors)
            bar.advance(sum(map(len, part)))
    vectors = np.concatenate(found)
    place = {text: row for row, text in enumerate(distinct)}
    ordered: Vectors = vectors[[place[text] for text in short]]
    return ordered


class Remembering(Encoder):
    """An encoder that reads each text once: for rows that are asked about again and again."""

    def __init__(self, encoder: Encoder) -> None:
        self.id, self.width = encoder.id, encoder.width
        self._encoder = encoder
        self._known: dict[str, Vector] = {}

    @override
    def encode(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        if not texts:
            return np.empty((0, self.width), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])


class ProgressBar:
    """A bar with the minutes left, as lines for whoever listens."""

    def __init__(
        self, total: float, tell: Tell | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total, self._tell, self._clock = max(total, 1.0), tell, clock
        self._done = 0.0
        self._began = self._told = clock()

    def advance(self, amount: float) -> None:
        self._done += amount
        now = self._clock()
        if self._tell is None or (now - self._told < _EVERY and self._done < self._total):
            return
        self._told = now
        share = min(self._done / self._total, 1.0)
        left = (now - self._began) * (1 - share) / max(share, 1e-9)
        full = round(share * _BAR)
        self._tell(f"[{'#' * full}{'.' * (_BAR - full)}] {share:4.0%}, {left / 60:.1f} min left")


def tell_on_stderr(sentence: str) -> None:
    """Progress on a terminal's last line; each sentence on its own line elsewhere."""
    if sys.stderr.isatty() and sentence.startswith("["):
        sys.stderr.write(f"\r{sentence}" + ("\n" if "100%" in sentence else ""))
    else:
        sys.stderr.write(sentence + "\n")
    sys.stderr.flush()
