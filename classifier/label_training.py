"""One head learnt: its opinions out of fold, the calibration on them, then the final fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vectors
from classifier.label_calibration import (
    Calibration,
    Promise,
    calibration_error,
    choose_promise,
    fit_calibration,
    macro_f1,
)
from classifier.label_fit import (
    MEANING_STRENGTH,
    Fit,
    Floats,
    Labels,
    Rows,
    fit_both,
    fit_rows,
    rotated,
)
from classifier.label_vote import votes_of, votes_out_of_fold

FEW: Final = 5_000
"""Up to so many rows a fit works on the rows' inner products, and strengths are compared."""
_STRENGTHS: Final = (4.0, 12.0, 30.0)
_STRENGTHS_OF_MANY: Final = (4.0,)
_FOLDS: Final = 5
_FOLDS_OF_MANY: Final = 3
_PARTS: Final = (0.125, 0.25, 0.5)


@dataclass(frozen=True, slots=True)
class Material:
    """The rows of one head: terms and vectors (with what was asked), their labels' numbers."""

    rows: Rows
    vectors: Vectors
    y: Labels
    classes: int

    def usual(self) -> Floats:
        """Share of each label, none of them zero."""
        counts = np.bincount(self.y, minlength=self.classes) + 0.5
        shares: Floats = counts / counts.sum()
        return shares


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came out: the fit on all rows, its calibration, and the out-of-fold chances."""

    fit: Fit
    strength: float
    calibration: Calibration
    promise: Promise
    usual: Floats
    chances: Floats
    folds: Labels
    curve: tuple[tuple[int, float, float], ...]

    def figures(self, y: Labels) -> dict[str, Any]:
        """Out-of-fold figures; each row was labelled by a training without it."""
        said, sure = self.chances.argmax(axis=1), self.chances.max(axis=1)
        right = said == y
        answered = sure >= self.promise.threshold
        return {
            "rows": len(y),
            "labels": self.chances.shape[1],
            "C": self.strength,
            "accuracy": round(float(right.mean()), 4),
            "majority": round(float(np.bincount(y).max() / len(y)), 4),
            "macro_f1": round(macro_f1(y, said, self.chances.shape[1]), 4),
            "ece": round(calibration_error(sure, right), 4),
            "answered": round(float(answered.mean()), 4),
            "accuracy_answered": round(float(right[answered].mean()) if answered.any() else 0.0, 4),
            "curve": [
                {"rows": rows, "accuracy": round(accuracy, 4), "macro_f1": round(f1, 4)}
                for rows, accuracy, f1 in self.curve
            ],
        }


def learn(material: Material, *, curve: bool = True) -> Learnt:
    """Fit and calibrate; `curve` also learns from parts of the rows, to see what more would do."""
    y, classes, usual = material.y, material.classes, material.usual()
    few = len(y) <= FEW
    rows, back = rotated(material.rows) if few else (material.rows, _as_they_are)
    folds = choose_folds(y, _FOLDS) if few else choose_mixed_folds(y, _FOLDS_OF_MANY)
    strengths = _STRENGTHS if few else _STRENGTHS_OF_MANY
    strength, both, start = _out_of_fold(rows, y, classes, folds, strengths)
    alone = rows.without_terms()
    _, meaning, _ = _out_of_fold(alone, y, classes, folds, (MEANING_STRENGTH,))
    votes = votes_out_of_fold(material.vectors, y, folds, usual)
    calibration = fit_calibration(both, meaning, votes, y, usual, folds)
    share = calibration.meaning
    chances = calibration.apply((1 - share) * both + share * meaning, votes, usual)
    promise = choose_promise(chances.max(axis=1), chances.argmax(axis=1) == y)
    found = fit_both(rows, y, classes, strength=strength, share=share, start=start)
    parts = _curve(material, rows, folds, strength, calibration) if curve else ()
    all_of_it = (
        int((folds != 0).sum()),
        float((chances[folds == 0].argmax(axis=1) == y[folds == 0]).mean()),
        macro_f1(y[folds == 0], chances[folds == 0].argmax(axis=1), classes),
    )
    return Learnt(
        Fit(back(found.weights), found.bias), strength, calibration, promise, usual,
        chances, folds, (*parts, all_of_it) if curve else (),
    )  # fmt: skip


def choose_folds(y: Labels, count: int) -> Labels:
    """Per row its fold: each label's rows in their order, cut into equal stretches.

    Every fold has every label in its share, and where a table is in the order of time, a row
    is judged by what was learnt from other times, as it will be in service.
    """
    folds = np.zeros(len(y), dtype=np.int64)
    for label in np.unique(y):
        there = np.flatnonzero(y == label)
        folds[there] = np.arange(len(there)) * count // len(there)
    return folds


def choose_mixed_folds(y: Labels, count: int) -> Labels:
    """Per row its fold: each label's rows in turn.

    For many rows and few folds: a stretch of a third of a long history is farther from the rest
    than a new row is from what was learnt, and its percentages come out too low (endava's ECE
    .033 with stretches).
    """
    folds = np.zeros(len(y), dtype=np.int64)
    for label in np.unique(y):
        there = np.flatnonzero(y == label)
        folds[there] = np.arange(len(there)) % count
    return folds


def _out_of_fold(
    rows: Rows, y: Labels, classes: int, folds: Labels, strengths: Sequence[float]
) -> tuple[float, Floats, Fit | None]:
    """The first strength that a greater one does not better, its out-of-fold log-chances, a fit."""
    best: tuple[float, float, Floats, Fit | None] | None = None
    start: Fit | None = None
    for strength in strengths:
        logs = np.zeros((len(y), classes))
        for fold in range(int(folds.max()) + 1):
            kept, out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            start = fit_rows(rows.of(kept), y[kept], classes, strength=strength, start=start)
            logs[out] = start.log_odds(rows.of(out))
        loss = -float(logs[np.arange(len(y)), y].mean())
        if best is not None and loss >= best[0]:
            break
        best = (loss, strength, logs, start)
    if best is None:
        raise AssertionError  # there is always a strength
    return best[1:]


def _curve(
    material: Material, rows: Rows, folds: Labels, strength: float, calibration: Calibration
) -> tuple[tuple[int, float, float], ...]:
    """Accuracy and macro-F1 on the first fold, learnt from parts of the others."""
    y, usual = material.y, material.usual()
    out, others = np.flatnonzero(folds == 0), np.flatnonzero(folds != 0)
    shuffled = np.random.default_rng(7).permutation(others)
    found = []
    for part in _PARTS:
        kept = np.sort(shuffled[: max(2, round(part * len(shuffled)))])
        fitted = fit_both(
            rows.of(kept), y[kept], material.classes, strength=strength, share=calibration.meaning
        )
        votes = votes_of(material.vectors[out], material.vectors[kept], y[kept], usual)
        said = calibration.apply(fitted.log_odds(rows.of(out)), votes, usual).argmax(axis=1)
        accuracy = float((said == y[out]).mean())
        found.append((len(kept), accuracy, macro_f1(y[out], said, material.classes)))
    return tuple(found)


def _as_they_are(weights: Floats) -> npt.NDArray[np.float64]:
    return weights
