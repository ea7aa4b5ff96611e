"""Severity from words alone: impact and urgency together, and what a miss would cost.

A weak prior. What an incident's severity rests on is counted (classifier/severity.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.label_calibration import fit_temperature
from classifier.label_fit import Floats, Labels, log_softmax
from classifier.severity import PriorityMatrix
from models.vocabulary import Priority, Severity

LEVELS: Final = (Severity.SEV1, Severity.SEV2, Severity.SEV3, Severity.SEV4)
GRADES: Final = ("1", "2", "3")
"""Labels of impact and urgency that this is about."""
_OF_PRIORITY: Final[Mapping[Priority, int]] = {
    Priority.P1: 0, Priority.P2: 1, Priority.P3: 2, Priority.P4: 3, Priority.P5: 3,
}  # fmt: skip
_COSTS: Final = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
_FOUND: Final = 0.9  # share of the worst that the cost of a miss is raised for
_FEWEST: Final = 20
_RIDGE: Final = 0.5


@dataclass(frozen=True, slots=True)
class SeverityReading:
    """Chances of SEV1-SEV4, and the level that costs least where a missed SEV1 costs more."""

    chances: Mapping[str, float]
    level: Severity
    probability: float

    def to_json(self) -> dict[str, Any]:
        return {
            "level": self.level.value,
            "probability": round(self.probability, 4),
            "chances": {name: round(value, 4) for name, value in self.chances.items()},
        }


@dataclass(frozen=True, slots=True)
class SeverityFit:
    """How impact and urgency go together.

    Attributes:
        exponents: Of the chances of impact and of urgency.
        together: Shape (3, 3): log-odds of a cell beyond what the two say apart.
        temperature: Of the four levels' chances.
        miss: How many times a level that misses SEV1 costs what another error of as many
            levels costs.

    """

    exponents: tuple[float, float]
    together: tuple[tuple[float, ...], ...]
    temperature: float
    miss: float

    def chances(self, impact: Floats, urgency: Floats, matrix: PriorityMatrix) -> Floats:
        """Of SEV1-SEV4, shape (n, 4), from chances of grades 1-3, shape (n, 3) each."""
        plain = _levels(_cells(impact, urgency, self.exponents, np.array(self.together)), matrix)
        found: Floats = np.exp(log_softmax(np.log(plain + 1e-9) / self.temperature))
        return found

    def choose(self, chances: Floats) -> npt.NDArray[np.int64]:
        """Per row the level of least expected cost."""
        found: npt.NDArray[np.int64] = (chances @ _cost(self.miss)).argmin(axis=1)
        return found

    def read(
        self, impact: Mapping[str, float], urgency: Mapping[str, float], matrix: PriorityMatrix
    ) -> SeverityReading:
        """Of one text. A grade that was told has the chance 1."""
        told = [np.array([[each.get(g, 0.0) for g in GRADES]]) for each in (impact, urgency)]
        chances = self.chances(told[0], told[1], matrix)
        level = int(self.choose(chances)[0])
        by_name = {one.value: float(p) for one, p in zip(LEVELS, chances[0], strict=True)}
        return SeverityReading(by_name, LEVELS[level], by_name[LEVELS[level].value])

    def to_json(self) -> dict[str, Any]:
        return {
            "exponents": list(self.exponents),
            "together": [list(row) for row in self.together],
            "temperature": self.temperature,
            "miss": self.miss,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SeverityFit:
        first, second = data["exponents"]
        together = tuple(tuple(row) for row in data["together"])
        return cls((first, second), together, data["temperature"], data["miss"])


def severity_of(impact: str, urgency: str, matrix: PriorityMatrix) -> Severity:
    """The matrix's word: P1 is SEV1, P2 SEV2, P3 SEV3, P4 and P5 SEV4."""
    return LEVELS[_OF_PRIORITY[matrix.priority(int(impact), int(urgency))]]


def fit_severity(
    impact: Floats, urgency: Floats, told: Sequence[tuple[str, str]]
) -> SeverityFit | None:
    """Learn from out-of-fold chances (n, 3) and the grades told; None where rows are too few."""
    from scipy.optimize import minimize

    matrix = PriorityMatrix()
    if len(told) < _FEWEST:
        return None
    rows = np.arange(len(told))
    cells = np.array([3 * GRADES.index(i) + GRADES.index(u) for i, u in told])

    def loss(numbers: Floats) -> float:
        together = numbers[2:].reshape(3, 3)
        found = _cells(impact, urgency, (numbers[0], numbers[1]), together).reshape(-1, 9)
        held = _RIDGE * float((together**2).sum()) / len(told)
        return held - float(np.log(found[rows, cells] + 1e-9).mean())

    numbers = minimize(loss, np.concatenate([[1.0, 1.0], np.zeros(9)]), method="L-BFGS-B").x
    together = numbers[2:].reshape(3, 3)
    exponents = (round(float(numbers[0]), 4), round(float(numbers[1]), 4))
    plain = _levels(_cells(impact, urgency, exponents, together), matrix)
    levels = np.array([LEVELS.index(severity_of(i, u, matrix)) for i, u in told])
    temperature = fit_temperature(np.log(plain + 1e-9), levels)
    fitted = SeverityFit(
        exponents,
        tuple(tuple(round(float(cell), 4) for cell in row) for row in together),
        round(temperature, 4),
        1.0,
    )
    chances = fitted.chances(impact, urgency, matrix)
    miss = _miss(chances, levels)
    return SeverityFit(fitted.exponents, fitted.together, fitted.temperature, miss)


def _miss(chances: Floats, levels: Labels) -> float:
    """The least cost at which nine of ten of the worst are found."""
    worst = levels == 0
    if not worst.any():
        return _COSTS[0]
    for cost in _COSTS:
        if ((chances[worst] @ _cost(cost)).argmin(axis=1) == 0).mean() >= _FOUND:
            return cost
    return _COSTS[-1]


def _cost(miss: float) -> Floats:
    """Shape (true, said): how many levels apart, dearer where SEV1 is missed."""
    steps = np.arange(len(LEVELS), dtype=np.float64)
    cost: Floats = np.abs(steps[:, None] - steps[None, :])
    cost[0] *= miss
    return cost


def _cells(
    impact: Floats, urgency: Floats, exponents: tuple[float, float], together: Floats
) -> Floats:
    """Chances of impact by urgency, shape (n, 3, 3)."""
    logs = (
        exponents[0] * np.log(impact + 1e-9)[:, :, None]
        + exponents[1] * np.log(urgency + 1e-9)[:, None, :]
        + together[None]
    )
    flat = np.exp(log_softmax(logs.reshape(len(logs), -1)))
    found: Floats = flat.reshape(logs.shape)
    return found


def _levels(cells: Floats, matrix: PriorityMatrix) -> Floats:
    found = np.zeros((len(cells), len(LEVELS)))
    for i in range(3):
        for u in range(3):
            found[:, _OF_PRIORITY[matrix.priority(i + 1, u + 1)]] += cells[:, i, u]
    return found
