"""Words, pieces of words and cues as numbers, served without scikit-learn.

Gives what `TfidfVectorizer(sublinear_tf=True)` gives for word 1-2-grams and `char_wb`
2-5-grams, each block of unit length (a test compares the two), and then the cues.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.label_cues import NAMES, cues

WORD_GRAMS: Final = (1, 2)
CHAR_GRAMS: Final = (2, 5)
MAX_CHARACTERS: Final = 2_000
CUE_WEIGHT: Final = 0.7
"""What a cue weighs beside terms of unit length; folds of tickets.csv, 2026-11: .5-1 are alike."""
_TOKEN: Final = re.compile(r"(?u)\b\w\w+\b")
_SPACES: Final = re.compile(r"\s\s+")


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of terms: term -> column, and the columns' idf and shared weight."""

    vocabulary: Mapping[str, int]
    idf: npt.NDArray[np.float32]
    weight: float


@dataclass(frozen=True, slots=True)
class Terms:
    """A text's terms: column numbers and values, sparse."""

    columns: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TermVectoriser:
    """Word terms first, then character terms, then cues."""

    words: Block
    chars: Block

    @property
    def width(self) -> int:
        return len(self.words.idf) + len(self.chars.idf) + len(NAMES)

    def names(self) -> list[str]:
        """Per column its term: words, then pieces of words, then cues."""
        return [*in_order(self.words.vocabulary), *in_order(self.chars.vocabulary), *NAMES]

    def terms(self, text: str) -> Terms:
        """The terms of the text's first 2,000 characters, each block of unit length."""
        told = text[:MAX_CHARACTERS]
        cut = told.lower()
        word_columns, word_values = _weighed(word_grams(cut), self.words)
        char_columns, char_values = _weighed(char_grams(cut), self.chars)
        found = cues(told) * CUE_WEIGHT
        given = np.flatnonzero(found)
        first = len(self.words.idf)
        return Terms(
            np.concatenate(
                [word_columns, char_columns + first, given + first + len(self.chars.idf)]
            ),
            np.concatenate([word_values, char_values, found[given]]),
        )


def in_order(vocabulary: Mapping[str, int]) -> list[str]:
    """The terms by their columns."""
    return sorted(vocabulary, key=lambda term: vocabulary[term])


def word_grams(text: str) -> Iterator[str]:
    """Words of two letters and more, and pairs of neighbours."""
    tokens = _TOKEN.findall(text)
    yield from tokens
    for left, right in pairwise(tokens):
        yield f"{left} {right}"


def char_grams(text: str) -> Iterator[str]:
    """Pieces of 2-5 characters inside padded words, as scikit-learn's `char_wb` has them."""
    low, high = CHAR_GRAMS
    for word in _SPACES.sub(" ", text).split():
        padded = f" {word} "
        length = len(padded)
        for n in range(low, high + 1):
            yield padded[:n]
            if n >= length:
                break  # a short word is counted once
            for start in range(1, length - n + 1):
                yield padded[start : start + n]


def _weighed(
    terms: Iterable[str], block: Block
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    vocabulary = block.vocabulary
    counts = Counter(column for term in terms if (column := vocabulary.get(term)) is not None)
    columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
    frequency = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
    values = (1.0 + np.log(frequency)) * block.idf[columns]
    length = float(np.linalg.norm(values))
    return columns, (values / length * block.weight if length else values).astype(np.float32)
