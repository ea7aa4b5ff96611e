"""From three opinions to one honest percentage, and to a promise about the answers given.

Chosen on out-of-fold predictions: how much each of the two regressions and the vote count, the
temperature (after common labels were held back, so that it also mends what that bent), and the
confidence from which on a head may answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.label_fit import Floats, Labels, log_softmax

ERROR: Final = 0.10
"""Of the answers given, at most this share may be wrong ..."""
CONFIDENCE: Final = 0.90
"""... in at least this share of trainings like this one."""
_STEPS: Final = 40
_FIRST: Final = 40
_TEMPERATURES: Final = np.geomspace(0.3, 3.0, 80)
_HELD_BACK: Final = 0.35
"""Chosen anew for each table it was anything from 0 to .9: noise. All do well with .3 to .5."""
_SHARES: Final = (0.0, 0.1, 0.2, 0.3, 0.4)
_AS_GOOD: Final = 1.01
"""Terms age quicker than meaning, so meaning gets the greatest share that costs next to nothing
out of fold. On later rows that lowers the error of the percentages (capstone .049 to .030)."""
_BINS: Final = 10
_TEMPERED: Final = 400  # rows of a fold from which a temperature of its own can be trusted
_MOST: Final = 1.5  # an exponent; on rows that nothing gets wrong it would grow without end


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a head's opinions become a probability.

    Attributes:
        meaning: Share of the regression over vectors alone in the regression (a fit holds both).
        regression: Exponent of the regression's probability.
        votes: Exponent of the vote's.
        held_back: Share of the log-prior that is taken off, so that a huge label does not
            swallow small ones.
        temperature: Divides the sum.

    """

    meaning: float
    regression: float
    votes: float
    held_back: float
    temperature: float

    def apply(self, regression: Floats, votes: Floats, usual: Floats) -> Floats:
        """Probabilities, shape (n, labels), from log-probabilities."""
        scores = self.regression * regression + self.votes * votes
        calm = (scores - self.held_back * np.log(usual)) / self.temperature
        found: Floats = np.exp(log_softmax(calm))
        return found


@dataclass(frozen=True, slots=True)
class Promise:
    """A head answers from `threshold` on: at most `error` of its answers are wrong.

    Shown on `rows` predictions by a procedure that errs in at most 1 - `confidence` of the
    cases (Clopper-Pearson on a fixed sequence of thresholds). It holds for tickets like those
    learnt from; not when the world has changed since. `threshold` above 1: it never answers.
    """

    threshold: float
    error: float
    confidence: float
    coverage: float
    rows: int


def fit_calibration(
    regression: Floats,
    meaning: Floats,
    votes: Floats,
    labels: Labels,
    usual: Floats,
    folds: Labels | None = None,
) -> Calibration:
    """Choose shares, weights and the temperature on out-of-fold log-probabilities.

    With `folds` the temperature is the more cautious of those of the first and the last: in a
    table in the order of time these two were judged from one side only, as the future will be
    (capstone's later third: ECE .053 by all folds, .035 so; where folds are small, by all).
    """
    mixed = {share: (1 - share) * regression + share * meaning for share in _SHARES}
    weighed = {share: _weigh(logs, votes, labels) for share, logs in mixed.items()}
    enough = min(loss for loss, *_ in weighed.values()) * _AS_GOOD
    share = max(share for share, (loss, *_) in weighed.items() if loss <= enough)
    _, first, second = weighed[share]
    calm = first * mixed[share] + second * votes - _HELD_BACK * np.log(usual)
    ends = [np.ones(len(labels), dtype=bool)]
    if folds is not None and np.bincount(folds).min() >= _TEMPERED:
        ends = [folds == folds.min(), folds == folds.max()]
    temperature = max(fit_temperature(calm[end], labels[end]) for end in ends)
    return Calibration(share, first, second, _HELD_BACK, round(temperature, 4))


def fit_temperature(scores: Floats, labels: Labels) -> float:
    """The temperature of least log-loss."""
    losses = [_log_loss(log_softmax(scores / t), labels) for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def choose_promise(
    confidence: Floats, right: npt.NDArray[np.bool_], *, error: float = ERROR
) -> Promise:
    """The lowest threshold whose answers are shown to be right often enough.

    Thresholds are tried in an order that is fixed beforehand: the surest tenth of the rows
    (but enough to survive a wrong one), then a fortieth more each time. The first that cannot
    be shown ends the search, so the confidence holds for the one returned (learn then test).
    """
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order])
    first = max(_FIRST, len(order) // 10)
    kept = 0
    for count in [*range(first, len(order), max(1, len(order) // _STEPS)), len(order)]:
        if count < first or _highest_share(int(wrong[count - 1]), count) > error:
            break
        kept = count
    threshold = float(confidence[order[kept - 1]]) if kept else 1.01
    coverage = float((confidence >= threshold).mean()) if len(order) else 0.0
    return Promise(round(threshold, 4), error, CONFIDENCE, round(coverage, 4), len(order))


def calibration_error(confidence: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equal steps of confidence."""
    return sum(abs(sure - share) * weight for sure, share, weight in reliability(confidence, right))


def reliability(
    confidence: Floats, right: npt.NDArray[np.bool_]
) -> Sequence[tuple[float, float, float]]:
    """Per step of confidence that occurs: mean confidence, share right, share of the rows."""
    steps = np.clip(np.ceil(confidence * _BINS) - 1, 0, _BINS - 1).astype(np.int64)
    return [
        (
            float(confidence[steps == step].mean()),
            float(right[steps == step].mean()),
            float((steps == step).mean()),
        )
        for step in range(_BINS)
        if (steps == step).any()
    ]


def macro_f1(labels: Labels, said: Labels, classes: int) -> float:
    """Mean F1 of the labels that occur in `labels`."""
    hits = np.bincount(labels[labels == said], minlength=classes)
    told, named = np.bincount(labels, minlength=classes), np.bincount(said, minlength=classes)
    there = told > 0
    return float((2 * hits[there] / (told[there] + named[there])).mean())


def _weigh(regression: Floats, votes: Floats, labels: Labels) -> tuple[float, float, float]:
    """The least log-loss, and the two exponents that reach it."""
    from scipy.optimize import minimize

    def loss(logs: Floats) -> float:
        first, second = np.minimum(np.exp(logs), _MOST)
        return _log_loss(log_softmax(first * regression + second * votes), labels)

    found = minimize(
        loss, np.log([0.8, 0.2]), method="Nelder-Mead", options={"maxiter": 120, "xatol": 0.01}
    )
    first, second = np.minimum(np.exp(found.x), _MOST)
    return float(found.fun), round(float(first), 4), round(float(second), 4)


def _log_loss(logs: Floats, labels: Labels) -> float:
    return -float(logs[np.arange(len(labels)), labels].mean())


def _highest_share(wrong: int, count: int) -> float:
    """Clopper-Pearson's upper bound of a share."""
    from scipy.stats import beta

    return 1.0 if wrong >= count else float(beta.ppf(CONFIDENCE, wrong + 1, count - wrong))
