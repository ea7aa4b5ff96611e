"""The probability that an incident has the cause of a past one, from a few dozen numbers."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.pair_scorer import SHIPPED, BadArtifactError
from classifier.recurrence import FEATURES, Measured

FILE: Final = "recurrence.json"
MOST_LINKS: Final = 3
"""Past incidents that one incident is linked to by itself."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One past incident: how likely the cause is the same, and what spoke for it.

    Attributes:
        past: Its key.
        probability: 0..1, calibrated.
        measures: The features as the decision used them.
        weights: What each feature added to the log-odds.
        nearest: Up to three pairs (own report, past report, cosine), best first.
        words: Rare words of both.
        signatures: Rare signatures of both.

    """

    past: Hashable
    probability: float
    measures: Mapping[str, float]
    weights: Mapping[str, float]
    nearest: tuple[tuple[Hashable, Hashable, float], ...]
    words: tuple[str, ...]
    signatures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecurrenceScorer:
    """A logistic regression over `FEATURES`; from `link` on, two incidents are linked."""

    name: str
    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    bias: float
    link: float
    manifest: Mapping[str, Any]
    calibration: tuple[float, float] = (1.0, 0.0)

    def score(self, measured: Sequence[Measured]) -> list[Recurrence]:
        """All of them, most likely first."""
        return sorted(map(self._scored, measured), key=lambda one: -one.probability)

    def log_odds(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of rows of features, shape (n, features) or (features,); before calibration."""
        odds: npt.NDArray[np.float64] = (values - self.mean) / self.scale @ self.weights + self.bias
        return odds

    def calibrated(self, odds: float) -> float:
        """The probability that people would agree, for log-odds of the weights."""
        slope, shift = self.calibration
        return float(1.0 / (1.0 + np.exp(-np.clip(slope * odds + shift, -40, 40))))

    def _scored(self, one: Measured) -> Recurrence:
        parts = (one.values - self.mean) / self.scale * self.weights
        return Recurrence(
            past=one.past,
            probability=self.calibrated(float(parts.sum() + self.bias)),
            measures=dict(zip(FEATURES, one.values.tolist(), strict=True)),
            weights=dict(zip(FEATURES, parts.tolist(), strict=True)),
            nearest=one.nearest,
            words=one.words,
            signatures=one.signatures,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.name,
            "features": list(FEATURES),
            "mean": [round(float(x), 6) for x in self.mean],
            "scale": [round(float(x), 6) for x in self.scale],
            "weights": [round(float(x), 6) for x in self.weights],
            "bias": round(self.bias, 6),
            "link": self.link,
            "calibration": list(self.calibration),
            "manifest": dict(self.manifest),
        }


def choose_links(
    scored: Sequence[Recurrence], link: float, *, never: Collection[Hashable] = ()
) -> list[Recurrence]:
    """Which past incidents an incident is linked to: few, likely, and not what staff denied.

    Args:
        scored: Most likely first.
        link: Probability from which a link is made.
        never: Past incidents of which staff said that they are not the same cause.

    """
    likely = [one for one in scored if one.probability >= link and one.past not in never]
    return likely[:MOST_LINKS]


def parse_recurrence_scorer(data: Mapping[str, Any]) -> RecurrenceScorer:
    """From the artifact's JSON.

    Raises:
        BadArtifactError: It was made for measures that this version does not have.

    """
    if data.get("schema") != 1 or list(data.get("features", ())) != list(FEATURES):
        raise BadArtifactError("This recurrence artifact is of another version. Train it again.")
    mean, scale, weights = (
        np.array(data[name], dtype=np.float64) for name in ("mean", "scale", "weights")
    )
    if not len(mean) == len(scale) == len(weights) == len(FEATURES):
        raise BadArtifactError("This recurrence artifact is broken. Train it again.")
    slope, shift = data.get("calibration", (1.0, 0.0))
    return RecurrenceScorer(
        name=str(data["name"]),
        mean=mean,
        scale=scale,
        weights=weights,
        bias=float(data["bias"]),
        link=float(data["link"]),
        manifest=data["manifest"],
        calibration=(float(slope), float(shift)),
    )


def load_recurrence_scorer(folder: Path = SHIPPED) -> RecurrenceScorer:
    """The scorer in a folder; the shipped one where the folder holds none."""
    path = folder / FILE
    if not path.exists():
        path = SHIPPED / FILE
    try:
        return parse_recurrence_scorer(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise BadArtifactError(f"{path} cannot be read: {error}. Train it again.") from error


def save_recurrence_scorer(scorer: RecurrenceScorer, folder: Path) -> None:
    """Write `recurrence.json`: numbers only, no text of what it learnt from."""
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(scorer.to_json(), indent=1)
    (folder / FILE).write_text(f"{data}\n", encoding="utf-8")
