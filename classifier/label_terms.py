"""Which terms are worth a column, and texts as a sparse matrix of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import gist
from classifier.tfidf import MAX_CHARACTERS, Block, Terms, TermVectoriser, char_grams, word_grams

CHAR_WEIGHT: Final = 0.8  # characters repeat what words say; research/nlp.md
_WORDS: Final = (6_000, 60_000)
_CHARS: Final = (12_000, 90_000)
_A_ROW: Final = (4, 12)
"""Columns that a row of the table may add, words and characters, between the two ends above."""
_FEW: Final = 200


def fit_terms(texts: Sequence[str]) -> TermVectoriser:
    """Choose the terms that enough of the texts hold; more texts earn more columns."""
    cut = [gist(text)[:MAX_CHARACTERS].lower() for text in texts]
    few = len(cut) < _FEW
    words = _block(cut, word_grams, 1 if few else 2, _most(_WORDS, _A_ROW[0], len(cut)), 1.0)
    chars = _block(
        cut, char_grams, 1 if few else 3, _most(_CHARS, _A_ROW[1], len(cut)), CHAR_WEIGHT
    )
    return TermVectoriser(words, chars)


def matrix_of(vectoriser: TermVectoriser, texts: Sequence[str]) -> Any:
    """The texts' terms as one sparse matrix, shape (n, vectoriser.width)."""
    return stack_terms((vectoriser.terms(gist(text)) for text in texts), vectoriser.width)


def stack_terms(found: Iterable[Terms], width: int) -> Any:
    """Terms of n texts as one sparse matrix, shape (n, width)."""
    from scipy.sparse import csr_matrix

    columns: list[npt.NDArray[np.int32]] = []
    values: list[npt.NDArray[np.float32]] = []
    ends = [0]
    for terms in found:
        columns.append(terms.columns.astype(np.int32))
        values.append(terms.values)
        ends.append(ends[-1] + len(terms.columns))
    if not columns:
        return csr_matrix((0, width), dtype=np.float32)
    return csr_matrix(
        (np.concatenate(values), np.concatenate(columns), np.array(ends)),
        shape=(len(columns), width),
    )


def _most(ends: tuple[int, int], a_row: int, rows: int) -> int:
    return max(ends[0], min(ends[1], a_row * rows))


def _block(
    texts: Sequence[str],
    grams: Callable[[str], Iterable[str]],
    fewest: int,
    most: int,
    weight: float,
) -> Block:
    spread: Counter[str] = Counter()
    for text in texts:
        spread.update(set(grams(text)))
    ranked = sorted(
        (term for term, count in spread.items() if count >= fewest),
        key=lambda term: (-spread[term], term),
    )[:most]
    idf = [np.log((1 + len(texts)) / (1 + spread[term])) + 1 for term in ranked]
    return Block(
        {term: column for column, term in enumerate(ranked)},
        np.array(idf, dtype=np.float32),
        weight,
    )
