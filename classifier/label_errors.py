"""Where labels go wrong, and where the words stop telling: confusions, and twins that disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from classifier.encoding import Vectors

TWINS: Final = 0.95
"""Cosine from which two texts say the same."""
_MOST: Final = 5
_BLOCK: Final = 1024


def read_errors(
    told: Sequence[str],
    said: Sequence[str | None],
    vectors: Vectors,
    learnt: Vectors,
    labels: Sequence[str],
) -> dict[str, Any]:
    """What is confused most, and how often a row has the label of its twin.

    Args:
        told: The right labels; empty where there is none.
        said: The labels given.
        vectors: Of the rows judged.
        learnt: Of the rows learnt from, at least one.
        labels: Of the rows learnt from.

    """
    wrong = Counter(
        (right, given or "nothing")
        for right, given in zip(told, said, strict=True)
        if right and right != given
    )
    alike = []
    for first in range(0, len(vectors), _BLOCK):
        cosines = vectors[first : first + _BLOCK] @ learnt.T
        for row, nearest in enumerate(cosines.argmax(axis=1), start=first):
            if told[row] and cosines[row - first, nearest] >= TWINS:
                alike.append(told[row] == labels[nearest])
    return {
        "wrong": wrong.total(),
        "confused": [[right, given, rows] for (right, given), rows in wrong.most_common(_MOST)],
        "twins": len(alike),
        "twins_alike": round(float(np.mean(alike)), 4) if alike else None,
    }


def render_errors(found: Mapping[str, Any]) -> str:
    """Markdown, two sentences."""
    pairs = ", ".join(f"{given} for {right} ({rows})" for right, given, rows in found["confused"])
    sentences = [f"Wrong: {found['wrong']} rows; most often {pairs}." if pairs else "None wrong."]
    if found["twins"]:
        sentences.append(
            f"{found['twins']} rows have a twin among those learnt from (cosine {TWINS} or more); "
            f"{found['twins_alike']:.3f} of them also have its label: more than that these words "
            "do not tell."
        )
    return " ".join(sentences)


def render_curve(curve: Sequence[Mapping[str, float]]) -> str:
    """Markdown, one sentence: what more rows brought."""
    points = ", ".join(
        f"{point['rows']:,} rows {point['accuracy']:.3f} / {point['macro_f1']:.3f}"
        for point in curve
    )
    return f"Learning curve (accuracy / macro-F1 on a part kept out): {points}."
