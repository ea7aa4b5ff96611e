"""What anybody would try first, fitted on the same rows: words alone, and meaning alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from classifier.encoding import Vectors, gist
from classifier.label_fit import MEANING_STRENGTH, Fit, Floats, Rows, fit_rows, rotated
from classifier.label_training import FEW

RIVALS: Final = ("TF-IDF + LR", "embedding + LR")
_WORDS_STRENGTH: Final = 8.0
_MOST_WORDS: Final = 200_000


def rival_chances(
    texts: Sequence[str],
    vectors: Vectors,
    labels: Sequence[str],
    new_texts: Sequence[str],
    new_vectors: Vectors,
) -> dict[str, list[Mapping[str, float]]]:
    """Per rival and per new row its chances, learnt from the labelled rows."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    names = sorted(set(labels))
    y = np.array([names.index(label) for label in labels])
    words = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2 if len(texts) > 200 else 1, sublinear_tf=True,
        max_features=_MOST_WORDS,
    )  # fmt: skip
    seen = words.fit_transform([gist(text) for text in texts]).astype(np.float32)
    new = words.transform([gist(text) for text in new_texts]).astype(np.float32)
    none = np.zeros((len(texts) + len(new_texts), 0), dtype=np.float32)
    sides = {
        RIVALS[0]: (Rows(seen, none[: len(texts)]), Rows(new, none[len(texts) :]), _WORDS_STRENGTH),
        RIVALS[1]: (
            Rows(csr_matrix(none[: len(texts)]), vectors),
            Rows(csr_matrix(none[len(texts) :]), new_vectors),
            MEANING_STRENGTH,
        ),
    }
    return {
        rival: [
            dict(zip(names, row.tolist(), strict=True))
            for row in _learnt(known, fresh, y, len(names), strength)
        ]
        for rival, (known, fresh, strength) in sides.items()
    }


def _learnt(known: Rows, fresh: Rows, y: Any, classes: int, strength: float) -> Floats:
    few = len(known) <= min(FEW, known.terms.shape[1])
    turned, back = rotated(known) if few else (known, None)
    found = fit_rows(turned, y, classes, strength=strength)
    if back is not None:
        found = Fit(back(found.weights), found.bias)
    chances: Floats = np.exp(found.log_odds(fresh))
    return chances
