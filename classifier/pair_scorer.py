"""The probability that a report belongs to a group, from an artifact of a few dozen numbers."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from classifier.disturbance import Disturbance
from classifier.pace import BURST, Pace
from classifier.pair_candidates import Query
from classifier.pair_features import FEATURES, Compared, compare
from classifier.window import Window
from models.errors import DomainError

APART: Final = 0.01
"""Probability that two people's forgotten passwords are one incident; a rule, not learned."""
SHIPPED: Final = Path(__file__).parent / "shipped"


class BadArtifactError(DomainError):
    """A trained file does not fit this version."""

    code: ClassVar[str] = "artifact.unreadable"


@dataclass(frozen=True, slots=True)
class Scored:
    """One candidate group: how likely it is the same incident, and what spoke for it.

    Attributes:
        probability: 0..1.
        measures: The features as the decision used them.
        weights: What each feature added to the log-odds.
        nearest: Up to three (key, cosine).
        apart: Alike, yet one is a person's own account chore; the probability is `APART`.
        minutes_since_last: Between the group's newest report and this one.

    """

    group: Hashable
    probability: float
    measures: Mapping[str, float]
    weights: Mapping[str, float]
    nearest: tuple[tuple[Hashable, float], ...]
    apart: bool = False
    minutes_since_last: float = 0.0


@dataclass(frozen=True, slots=True)
class PairScorer:
    """A logistic regression over `FEATURES`; `join` and `suggest` are its thresholds."""

    name: str
    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    bias: float
    join: float
    suggest: float
    manifest: Mapping[str, Any]
    pace: Pace = BURST
    disturbance: Disturbance | None = None
    calibration: tuple[float, float] = (1.0, 0.0)

    def open_window(self, encoder_id: str, width: int) -> Window:
        """An empty window that goes at this scorer's pace."""
        return Window(encoder_id, width, pace=self.pace, disturbance=self.disturbance)

    def score(
        self,
        window: Window,
        query: Query,
        *,
        only: Collection[Hashable] | None = None,
        exclude: Collection[Hashable] = (),
    ) -> list[Scored]:
        """Candidate groups, most likely first."""
        return self.rank(compare(window, query, only=only, exclude=exclude))

    def rank(self, compared: Sequence[Compared]) -> list[Scored]:
        """What was measured, as probabilities, most likely first."""
        scored = [self._scored(one) for one in compared]
        return sorted(scored, key=lambda one: -one.probability)

    def _scored(self, one: Compared) -> Scored:
        parts = (one.values - self.mean) / self.scale * self.weights
        odds = float(parts.sum() + self.bias)
        return Scored(
            group=one.group,
            probability=APART if one.apart else self.calibrated(odds),
            measures=dict(zip(FEATURES, one.values.tolist(), strict=True)),
            weights=dict(zip(FEATURES, parts.tolist(), strict=True)),
            nearest=one.nearest,
            apart=one.apart,
            minutes_since_last=one.minutes_since_last,
        )

    def calibrated(self, odds: float) -> float:
        """The probability that people would agree, for log-odds of the weights."""
        slope, shift = self.calibration
        return float(1.0 / (1.0 + np.exp(-np.clip(slope * odds + shift, -40, 40))))

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.name,
            "features": list(FEATURES),
            "mean": [round(float(x), 6) for x in self.mean],
            "scale": [round(float(x), 6) for x in self.scale],
            "weights": [round(float(x), 6) for x in self.weights],
            "bias": round(self.bias, 6),
            "join": self.join,
            "suggest": self.suggest,
            "calibration": list(self.calibration),
            "pace": asdict(self.pace),
            "disturbance": _disturbance_json(self.disturbance),
            "manifest": dict(self.manifest),
        }


def parse_scorer(data: Mapping[str, Any]) -> PairScorer:
    """From the artifact's JSON.

    A measure it does not know weighs nothing; one that weighs nothing in it need not be known here.

    Raises:
        BadArtifactError: It was made for measures that this version does not have.

    """
    known = list(data.get("features", ()))
    weighed = {name for name, weight in zip(known, data.get("weights", ()), strict=True) if weight}
    if data.get("schema") != 1 or not known or not weighed <= set(FEATURES):
        raise BadArtifactError("This pair artifact is of another version. Train it again.")

    def spread(name: str, missing: float) -> npt.NDArray[np.float64]:
        values = dict(zip(known, data[name], strict=True))
        return np.array([values.get(f, missing) for f in FEATURES], dtype=np.float64)

    return PairScorer(
        name=str(data["name"]),
        mean=spread("mean", 0.0),
        scale=spread("scale", 1.0),
        weights=spread("weights", 0.0),
        bias=float(data["bias"]),
        join=float(data["join"]),
        suggest=float(data["suggest"]),
        manifest=data["manifest"],
        pace=_parse_pace(data.get("pace")),
        disturbance=_parse_disturbance(data.get("disturbance")),
        calibration=_pair(data.get("calibration", (1.0, 0.0))),
    )


def _pair(values: Sequence[float]) -> tuple[float, float]:
    first, second = values
    return float(first), float(second)


def _parse_pace(data: Mapping[str, Any] | None) -> Pace:
    if data is None:
        return BURST
    return Pace(
        float(data["reach"]), float(data["gap"]), float(data["look_back"]), _pair(data["unit"])
    )


def _disturbance_json(one: Disturbance | None) -> dict[str, Any] | None:
    if one is None:
        return None
    weights = [round(float(weight), 5) for weight in one.weights]
    return {"encoder": one.encoder_id, "bias": one.bias, "weights": weights}


def _parse_disturbance(data: Mapping[str, Any] | None) -> Disturbance | None:
    if data is None:
        return None
    weights = np.array(data["weights"], dtype=np.float32)
    return Disturbance(str(data["encoder"]), weights, float(data["bias"]))


def load_scorer(folder: Path = SHIPPED) -> PairScorer:
    """The scorer in a folder; the shipped one where the folder holds no `pairs.json`."""
    path = folder / "pairs.json"
    if not path.exists():
        path = SHIPPED / "pairs.json"
    try:
        return parse_scorer(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise BadArtifactError(f"{path} cannot be read: {error}. Train it again.") from error


def save_scorer(scorer: PairScorer, folder: Path) -> None:
    """Write `pairs.json`: numbers only, no text of what it learnt from."""
    folder.mkdir(parents=True, exist_ok=True)
    data = json.dumps(scorer.to_json(), indent=1)
    (folder / "pairs.json").write_text(f"{data}\n", encoding="utf-8")
