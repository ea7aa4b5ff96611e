"""Learning when an incident has the cause of a past one: weights and calibration.

A logistic regression whose signs make sense. Every figure but `weights` is cross-fitted: an
incident is judged by weights that never saw its cause.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.recurrence import FALLING, FEATURES, RISING, SHOWN
from classifier.recurrence_examples import FOLDS, Question
from classifier.recurrence_scorer import MOST_LINKS, RecurrenceScorer
from classifier.train_pairs import NothingToLearnError

Floats = npt.NDArray[np.float64]

Histories = Mapping[str, Sequence[Question]]

LINK: Final = 0.5
"""More likely than not. The probability is calibrated, so one threshold serves everywhere."""
PENALTY: Final = 3.0
_ENOUGH: Final = 20
_THRESHOLDS: Final = tuple(np.round(np.arange(0.2, 0.91, 0.05), 2).tolist())


@dataclass(frozen=True, slots=True)
class Figures:
    """How good links are on one history, at one threshold.

    Attributes:
        incidents: Looked at.
        recurring: Those whose cause was there before.
        first: Of the recurring, those whose likeliest link is right.
        among: Of the recurring, those with a right link among all that are made.
        links: Made in all.
        false: Of them, wrong.

    """

    incidents: int
    recurring: int
    first: int
    among: int
    links: int
    false: int

    @property
    def recall(self) -> float:
        return self.among / self.recurring if self.recurring else 1.0

    @property
    def precision(self) -> float:
        return 1.0 - self.false / self.links if self.links else 1.0

    @property
    def f1(self) -> float:
        both = self.recall + self.precision
        return 2 * self.recall * self.precision / both if both else 0.0

    def to_json(self) -> dict[str, float]:
        return {
            "incidents": self.incidents,
            "recurring": self.recurring,
            "linked_first": self.first,
            "linked_top3": self.among,
            "links": self.links,
            "false": self.false,
            "false_per_incident": round(self.false / max(self.incidents, 1), 4),
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
        }


def train_recurrence(
    histories: Histories, encoder_id: str, *, name: str, date: str
) -> RecurrenceScorer:
    """Fit weights on histories, none of which drowns another.

    Raises:
        NothingToLearnError: No incident comes back.

    """
    learnt = {s: [q for q in questions if not q.held] for s, questions in histories.items()}
    learnt = {s: questions for s, questions in learnt.items() if any(_found(questions))}
    if not learnt:
        raise NothingToLearnError(
            "No incident comes back after it was silent for 12 hours. Say in `recurrence_of`, "
            "or by one `group`, which reports have the cause of earlier ones."
        )
    unseen = {fold: _fit(name, learnt, without=fold) for fold in range(FOLDS)}
    best = _of_best(learnt, unseen)
    calibration = _calibrate(*best)
    unseen = {fold: replace(one, calibration=calibration) for fold, one in unseen.items()}
    tables = {
        s: [judge(questions, unseen, link).to_json() for link in _THRESHOLDS]
        for s, questions in learnt.items()
    }
    scorer = replace(_fit(name, learnt), calibration=calibration)
    sure = np.array([scorer.calibrated(odds) for odds in best[0]])
    manifest = {
        "trained_on": "+".join(learnt),
        "date": date,
        "encoder": encoder_id,
        "questions": {s: len(questions) for s, questions in learnt.items()},
        "folds": FOLDS,
        "penalty": PENALTY,
        "cross_fitted": {
            s: judge(questions, unseen, LINK).to_json() for s, questions in learnt.items()
        },
        "by_threshold": {"threshold": list(_THRESHOLDS), **_curves(tables)},
        "held": {
            s: judge(held, scorer, LINK).to_json()
            for s, questions in histories.items()
            if (held := [q for q in questions if q.held])
        },
        "reliability": _reliability(sure, *best[1:]),
    }
    return replace(scorer, manifest=manifest)


def judge(
    questions: Sequence[Question],
    scorer: RecurrenceScorer | Mapping[int, RecurrenceScorer],
    link: float,
) -> Figures:
    """What would be linked. An incident counts once, with the links of all looks at it."""
    first: dict[Hashable, bool] = {}
    made: dict[Hashable, dict[Hashable, bool]] = {}
    recurring: set[Hashable] = set()
    for question in sorted(questions, key=lambda one: one.size):
        one = scorer if isinstance(scorer, RecurrenceScorer) else scorer[question.fold]
        links = made.setdefault(question.incident, {})
        if question.recurs:
            recurring.add(question.incident)
        if not len(question.right):
            continue
        sure = np.array([one.calibrated(odds) for odds in one.log_odds(question.values)])
        best = np.argsort(-sure, kind="stable")[:MOST_LINKS]
        for number in best:
            if sure[number] >= link and len(links) < MOST_LINKS:
                past = question.measured[number].past
                links[past] = bool(question.right[number])
                first.setdefault(question.incident, bool(question.right[number]))
    return Figures(
        incidents=len(made),
        recurring=len(recurring),
        first=sum(first.get(name, False) for name in recurring),
        among=sum(any(made[name].values()) for name in recurring),
        links=sum(len(links) for links in made.values()),
        false=sum(not right for links in made.values() for right in links.values()),
    )


def _fit(name: str, histories: Histories, *, without: int | None = None) -> RecurrenceScorer:
    """Weights for all questions but those of one fold."""
    from scipy.optimize import minimize

    parts = [_stacked(q for q in qs if q.fold != without) for qs in histories.values()]
    right = [float(weight @ y) for _, y, weight in parts]
    x, y, weight = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    even = [sum(right) / len(right) / max(one, 1.0) for one in right]
    weight = weight * np.repeat(even, [len(y) for _, y, _ in parts])
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    z, sign = (x - mean) / scale, 2 * y - 1

    def loss(w: Floats) -> tuple[float, Floats]:
        margin = sign * (z @ w[:-1] + w[-1])
        value = float((weight * np.logaddexp(0, -margin)).sum() + PENALTY / 2 * (w[:-1] @ w[:-1]))
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -40, 40)))
        return value, np.append(z.T @ slope + PENALTY * w[:-1], slope.sum())

    found = minimize(
        loss,
        np.zeros(len(FEATURES) + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[*(_bounds(feature) for feature in FEATURES), (None, None)],
    )
    return RecurrenceScorer(
        name, mean, scale, found.x[:-1], float(found.x[-1]), link=LINK, manifest={}
    )


def _stacked(questions: Iterable[Question]) -> tuple[Floats, Floats, Floats]:
    """Measures, truth and weight of everything that was found."""
    kept = [q for q in questions if len(q.right)]
    if not kept:
        return np.empty((0, len(FEATURES))), np.empty(0), np.empty(0)
    return (
        np.concatenate([q.values for q in kept]),
        np.concatenate([q.right for q in kept]),
        np.concatenate([np.full(len(q.right), q.weight) for q in kept]),
    )


def _bounds(feature: str) -> tuple[float | None, float | None]:
    if feature in SHOWN:
        return 0.0, 0.0
    if feature in RISING:
        return 0.0, None
    return (None, 0.0) if feature in FALLING else (None, None)


def _of_best(
    histories: Histories, unseen: Mapping[int, RecurrenceScorer]
) -> tuple[Floats, Floats, Floats]:
    """Log-odds, truth and weight of each question's likeliest: those that may be shown.

    Of incidents with several reports where there are enough: such are asked about.
    """
    everything = [q for questions in histories.values() for q in questions if len(q.right)]
    several = [q for q in everything if q.size > 1]
    if sum(q.right.any() for q in several) >= _ENOUGH:
        everything = several
    odds, right, weight = [], [], []
    for question in everything:
        told = unseen[question.fold].log_odds(question.values)
        best = np.argsort(-told, kind="stable")[:MOST_LINKS]
        odds.append(told[best])
        right.append(question.right[best])
        weight.append(np.full(len(best), question.weight))
    return np.concatenate(odds), np.concatenate(right), np.concatenate(weight)


def _calibrate(odds: Floats, right: Floats, weight: Floats) -> tuple[float, float]:
    """Slope and shift, by Platt's method."""
    from scipy.optimize import minimize

    def loss(w: Floats) -> float:
        margin = w[0] * odds + w[1]
        return float((weight * (np.logaddexp(0, margin) - right * margin)).sum())

    found = minimize(
        loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.05, 5.0), (None, None)]
    )
    return round(float(found.x[0]), 4), round(float(found.x[1]), 4)


def _curves(tables: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    return {
        s: {
            "precision": [row["precision"] for row in rows],
            "recall": [row["recall"] for row in rows],
        }
        for s, rows in tables.items()
    }


def _reliability(sure: Floats, right: Floats, weight: Floats) -> list[list[float]]:
    """Per tenth of probability: mean predicted, share that had the same cause, weight."""
    rows = []
    for low in np.arange(0, 1, 0.1):
        inside = (sure >= low) & (sure < low + 0.1)
        total = float(weight[inside].sum())
        if total:
            means = (float((weight * v)[inside].sum()) / total for v in (sure, right))
            rows.append([*(round(mean, 4) for mean in means), total])
    return rows


def _found(questions: Sequence[Question]) -> list[bool]:
    return [bool(question.right.any()) for question in questions]
