"""How good labels are on rows that say what is right: one head's figures, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.label_calibration import calibration_error, macro_f1
from classifier.label_fit import Floats, Labels

ENOUGH: Final = 0.9
"""The accuracy that coverage is measured at."""
_ROUNDS: Final = 300
_TOP: Final = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """Chances by label and the right answers, for the rows that have one.

    Attributes:
        labels: All labels, those said and those told; in their order where they have one.
        y: Per row the right label's number.
        chances: Shape (n, labels); 0 for a label that the head does not know.
        said: Per row the label that was given: the likeliest, unless a decision weighs costs.
        answered: Per row whether the head dared to answer.

    """

    labels: Sequence[str]
    y: Labels
    chances: Floats
    said: Labels
    answered: npt.NDArray[np.bool_]
    ordered: bool = False


def judge(
    told: Sequence[str],
    chances: Sequence[Mapping[str, float]],
    *,
    said: Sequence[str] | None = None,
    answered: Sequence[bool] | None = None,
    ordered: bool = False,
) -> Judged | None:
    """Rows with a right answer, as arrays; None where there is none."""
    rows = [row for row, label in enumerate(told) if label]
    if not rows:
        return None
    labels = sorted({told[row] for row in rows}.union(*(chances[row] for row in rows)))
    number = {label: place for place, label in enumerate(labels)}
    table = np.zeros((len(rows), len(labels)))
    for place, row in enumerate(rows):
        for label, chance in chances[row].items():
            table[place, number[label]] = chance
    given = table.argmax(axis=1) if said is None else np.array([number[said[r]] for r in rows])
    dared = np.ones(len(rows), dtype=bool)
    if answered is not None:
        dared = np.array([answered[row] for row in rows])
    y = np.array([number[told[row]] for row in rows])
    return Judged(labels, y, table, given, dared, ordered)


def score(judged: Judged, *, intervals: bool = True) -> dict[str, Any]:
    """Figures of one head, each with a 95 % bootstrap interval over rows where asked for."""
    found: dict[str, Any] = {
        "rows": len(judged.y),
        "labels": len(np.unique(judged.y)),
        "majority": round(float(np.bincount(judged.y).max() / len(judged.y)), 4),
        **_figures(judged),
    }
    if intervals:
        rng = np.random.default_rng(7)
        draws = [
            _figures(_some(judged, rng.integers(0, len(judged.y), len(judged.y))))
            for _ in range(_ROUNDS)
        ]
        found["intervals"] = {
            name: [
                round(float(np.percentile([draw[name] for draw in draws], edge)), 4)
                for edge in (2.5, 97.5)
            ]
            for name in draws[0]
        }
    return found


def kappa(y: Labels, said: Labels, classes: int, *, power: int = 0) -> float:
    """Cohen's kappa; `power` 1 or 2 weighs errors by how many steps apart, or its square."""
    table = np.zeros((classes, classes))
    np.add.at(table, (y, said), 1.0)
    steps = np.abs(np.arange(classes)[:, None] - np.arange(classes)[None, :]).astype(float)
    weights = (steps > 0).astype(float) if power == 0 else steps**power
    chance = table.sum(axis=1)[:, None] * table.sum(axis=0)[None, :] / max(table.sum(), 1.0)
    expected = float((weights * chance).sum())
    return 1.0 if expected == 0 else 1.0 - float((weights * table).sum()) / expected


def coverage_at(confidence: Floats, right: npt.NDArray[np.bool_], accuracy: float) -> float:
    """The greatest share of rows, the surest first, of which so many are right."""
    order = np.argsort(-confidence, kind="stable")
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(shares >= accuracy)
    return float((enough[-1] + 1) / len(order)) if len(enough) else 0.0


def _some(judged: Judged, rows: npt.NDArray[np.int64]) -> Judged:
    return Judged(
        judged.labels, judged.y[rows], judged.chances[rows], judged.said[rows],
        judged.answered[rows], judged.ordered,
    )  # fmt: skip


def _figures(judged: Judged) -> dict[str, float]:
    y, said, classes = judged.y, judged.said, len(judged.labels)
    sure = judged.chances[np.arange(len(y)), said]
    right = said == y
    rank = (judged.chances > judged.chances[np.arange(len(y)), y][:, None]).sum(axis=1)
    found = {
        "accuracy": float(right.mean()),
        "macro_f1": macro_f1(y, said, classes),
        "ece": calibration_error(sure, right),
        "kappa": kappa(y, said, classes),
        "top3": float((rank < _TOP).mean()),
        "coverage_at_90": coverage_at(sure, right, ENOUGH),
        "answered": float(judged.answered.mean()),
        "accuracy_answered": float(right[judged.answered].mean()) if judged.answered.any() else 0.0,
    }
    if judged.ordered:
        found["kappa_linear"] = kappa(y, said, classes, power=1)
        found["kappa_quadratic"] = kappa(y, said, classes, power=2)
        worst = y == 0
        if worst.any():
            found["recall_of_first"] = float((said[worst] == 0).mean())
    return {name: round(value, 4) for name, value in found.items()}
