"""Labels with calibrated probabilities and reasons: category, impact, urgency, dialogue act.

A head weighs a regression over a text's terms and vector (into which one over the vector alone
is mixed), and a vote of the labelled texts nearest in meaning. Trained by
`classifier.train_heads`, served from numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector, Vectors
from classifier.label_calibration import Calibration, Promise
from classifier.label_fit import log_softmax
from classifier.label_severity import SeverityFit
from classifier.label_vote import Examples, Look, vote
from classifier.tfidf import Terms, TermVectoriser
from models.errors import DomainError

ASKED: Final = ("", "service", "impact", "site", "confirm", "join", "insist", "more")
"""What the assistant may have asked last; a feature of the dialogue-act head."""
_REASONS: Final = 3
_NEAREST: Final = 3


class HeadsMissingError(DomainError):
    """No trained heads."""

    code: ClassVar[str] = "heads.missing"


@dataclass(frozen=True, slots=True)
class Nearest:
    """A labelled text near to this one. `text` is masked and at most 160 characters."""

    id: str
    label: str
    cosine: float
    text: str


@dataclass(frozen=True, slots=True)
class Prediction:
    """One label.

    Attributes:
        label: The likeliest one; None only where nothing was predicted.
        abstained: Too unsure to be used without asking: below the threshold from which at most
            a share of `error_at_most` of the answers is wrong, with a confidence of `promised`.
        reasons: The words that spoke most for the label.
        contributions: Per reason how far (in log-odds) it lifted the label above the runner-up.
        nearest: Labelled examples closest in meaning, the closest first.

    """

    label: str | None
    probability: float
    probabilities: Mapping[str, float]
    abstained: bool
    reasons: tuple[str, ...] = ()
    contributions: tuple[float, ...] = ()
    nearest: tuple[Nearest, ...] = ()
    error_at_most: float | None = None
    promised: float | None = None

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["probability"] = round(self.probability, 4)
        data["probabilities"] = {k: round(v, 4) for k, v in self.probabilities.items()}
        data["contributions"] = [round(value, 3) for value in self.contributions]
        data["nearest"] = [{**near, "cosine": round(near["cosine"], 3)} for near in data["nearest"]]
        return data

    def top(self, count: int) -> list[tuple[str, float]]:
        """The likeliest labels, the likeliest first."""
        ranked = sorted(self.probabilities.items(), key=lambda pair: (-pair[1], pair[0]))
        return ranked[:count]


NOTHING: Final = Prediction(None, 0.0, {}, abstained=True)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the heads of one training table share: its terms and its labelled examples."""

    name: str
    vectoriser: TermVectoriser
    term_names: list[str]
    examples: Examples


@dataclass(frozen=True, slots=True)
class Head:
    """One head.

    Attributes:
        shelf: Name of the shelf whose terms and examples it is about.
        weights: Shape (labels, terms + vector + asked).
        usual: Share of each label among the rows learnt from.
        example_labels: Per example of the shelf its label's number; -1 where it has none.

    """

    name: str
    shelf: str
    labels: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    usual: npt.NDArray[np.float64]
    example_labels: npt.NDArray[np.int16]
    calibration: Calibration
    promise: Promise

    def predict(self, seen: Seen, *, asked: str | None = None) -> Prediction:
        """The label's distribution for one text."""
        shelf, terms, look = seen.on(self.shelf)
        width = len(shelf.term_names)
        end = width + len(seen.vector)
        scores = self.weights[:, terms.columns] @ terms.values
        scores = scores + self.weights[:, width:end] @ seen.vector + self.bias
        if asked is not None:
            scores = scores + self.weights[:, end + ASKED.index(asked)]
        logs = log_softmax(scores.astype(np.float64)[None])
        votes = vote(look, self.example_labels, self.usual)[None]
        probabilities = self.calibration.apply(logs, votes, self.usual)[0]
        best = int(probabilities.argmax())
        reasons = self._reasons(terms, shelf, probabilities)
        return Prediction(
            label=self.labels[best],
            probability=float(probabilities[best]),
            probabilities=dict(zip(self.labels, probabilities.tolist(), strict=True)),
            abstained=bool(probabilities[best] < self.promise.threshold),
            reasons=tuple(word for word, _ in reasons),
            contributions=tuple(weight for _, weight in reasons),
            nearest=self._nearest(shelf, look),
            error_at_most=self.promise.error,
            promised=self.promise.confidence,
        )

    def _reasons(
        self, terms: Terms, shelf: Shelf, probabilities: npt.NDArray[np.float64]
    ) -> list[tuple[str, float]]:
        """Words (and cues, in brackets) that lifted the likeliest label above the next."""
        best, *others = np.argsort(-probabilities)[:2]
        against = self.weights[others[0], terms.columns] if others else 0.0
        scale = self.calibration.regression / self.calibration.temperature
        parts = (self.weights[best, terms.columns] - against) * terms.values * scale
        first_piece = len(shelf.vectoriser.words.idf)
        first_cue = first_piece + len(shelf.vectoriser.chars.idf)
        found: list[tuple[str, float]] = []
        for index in np.argsort(-parts):
            if parts[index] <= 0 or len(found) == _REASONS:
                break
            column = terms.columns[index]
            word = shelf.term_names[column]
            if column < first_piece:
                found.append((word, float(parts[index])))
            elif column >= first_cue:
                found.append((f"[{word.replace('_', ' ')}]", float(parts[index])))
        return found

    def _nearest(self, shelf: Shelf, look: Look) -> tuple[Nearest, ...]:
        told = self.example_labels[look.rows]
        return tuple(
            Nearest(
                shelf.examples.ids[look.rows[place]],
                self.labels[told[place]],
                float(look.cosines[place]),
                shelf.examples.texts[look.rows[place]],
            )
            for place in np.flatnonzero(told >= 0)[:_NEAREST]
        )


@dataclass(slots=True)
class Seen:
    """One text as the heads see it; what a shelf makes of it is worked out once, when asked."""

    text: str
    vector: Vector
    shelves: Mapping[str, Shelf]
    _found: dict[str, tuple[Shelf, Terms, Look]] = field(default_factory=dict)

    def on(self, name: str) -> tuple[Shelf, Terms, Look]:
        if name not in self._found:
            shelf = self.shelves[name]
            self._found[name] = (
                shelf,
                shelf.vectoriser.terms(self.text),
                shelf.examples.look(self.vector),
            )
        return self._found[name]


@dataclass(frozen=True, slots=True)
class Heads:
    """All heads of one artifact, for one encoder."""

    encoder_id: str
    artifact: str
    shelves: Mapping[str, Shelf]
    by_name: Mapping[str, Head]
    severity: SeverityFit | None = None

    def see(self, text: str, vector: Vector) -> Seen:
        """A text (see `encoding.gist`) and its vector, ready for any head."""
        return Seen(text, vector, self.shelves)

    def see_all(self, texts: Sequence[str], vectors: Vectors, shelf: str) -> Iterator[Seen]:
        """The same for many texts that one shelf's heads will be asked about: quicker."""
        on = self.shelves[shelf]
        looks = on.examples.looks(vectors)
        for text, vector, look in zip(texts, vectors, looks, strict=True):
            found = {shelf: (on, on.vectoriser.terms(text), look)}
            yield Seen(text, vector, self.shelves, found)

    def predict(self, name: str, seen: Seen, *, asked: str | None = None) -> Prediction:
        head = self.by_name.get(name)
        return NOTHING if head is None else head.predict(seen, asked=asked)
