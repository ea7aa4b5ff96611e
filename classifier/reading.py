"""One text, read once: its facts, its vector, its labels."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from classifier.catalogue import Catalogue
from classifier.encoding import Encoder, Vector, gist
from classifier.facts import FactFinder, Facts
from classifier.heads import ASKED, Heads, Prediction, Seen
from classifier.label_severity import SeverityFit, SeverityReading
from classifier.label_store import load_heads
from classifier.severity import PriorityMatrix
from models.errors import DomainError

_REMEMBERED: Final = 256


class ForeignHeadsError(DomainError):
    """Heads for vectors of another encoder."""

    code: ClassVar[str] = "heads.foreign"


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything known of a text by itself. `artifact` names the heads that labelled it.

    `grades`: how these heads' impact and urgency make a severity; None where they have none.
    """

    vector: Vector
    encoder_id: str
    facts: Facts
    category: Prediction
    impact: Prediction
    urgency: Prediction
    artifact: str
    grades: SeverityFit | None = None

    def severity(
        self, matrix: PriorityMatrix, *, impact: int | None = None, urgency: int | None = None
    ) -> SeverityReading | None:
        """What the words say of severity; a grade that a person told is taken as told."""
        if self.grades is None or not self.impact.probabilities or not self.urgency.probabilities:
            return None
        return self.grades.read(
            self.impact.probabilities if impact is None else {str(impact): 1.0},
            self.urgency.probabilities if urgency is None else {str(urgency): 1.0},
            matrix,
        )

    def to_json(self) -> dict[str, Any]:
        """Texts of examples stand with the category alone: the other heads' are mostly the same."""
        severity = self.severity(PriorityMatrix())
        return {
            "artifact": self.artifact,
            "category": self.category.to_json(),
            "impact": _without_texts(self.impact.to_json()),
            "urgency": _without_texts(self.urgency.to_json()),
            "severity": severity.to_json() if severity else None,
        }


@dataclass(frozen=True, slots=True)
class Heard:
    """What one message of a conversation does, and the reading that came with it.

    `act` knows what was asked last; `unasked` is the act by the words alone.
    """

    act: Prediction
    unasked: Prediction
    reading: Reading


class Reader:
    """Reads texts with one encoder, one catalogue and one set of heads. Safe for threads."""

    def __init__(self, encoder: Encoder, finder: FactFinder, heads: Heads) -> None:
        self.encoder = encoder
        self._finder = finder
        self._heads = self._brought = heads
        self._recent: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def use_heads(self, heads: Heads | None) -> None:
        """Label by these from the next text on; None brings back those of the start.

        Raises:
            ForeignHeadsError: They were trained on another encoder's vectors.

        """
        if heads is not None and heads.encoder_id != self.encoder.id:
            raise ForeignHeadsError(
                f"These heads were trained on {heads.encoder_id}, and {self.encoder.id} reads "
                "here. Train them again."
            )
        self._heads = heads or self._brought

    def read(self, text: str) -> Reading:
        """Facts over the raw text; vector and labels over its beginning and end."""
        short, heads = gist(text), self._heads
        return self._reading(text, heads, heads.see(short, self._vector(short)))

    def hear(self, text: str, *, asked: str | None) -> Heard:
        """Read a message of a conversation; `asked` is what the assistant asked last."""
        short, heads = gist(text), self._heads
        seen = heads.see(short, self._vector(short))
        known = asked if asked in ASKED else ""
        unasked = heads.predict("act", seen, asked="")
        act = heads.predict("act", seen, asked=known) if known else unasked
        return Heard(act, unasked, self._reading(text, heads, seen))

    def _reading(self, text: str, heads: Heads, seen: Seen) -> Reading:
        return Reading(
            vector=seen.vector,
            encoder_id=self.encoder.id,
            facts=self._finder.find(text),
            category=heads.predict("category", seen),
            impact=heads.predict("impact", seen),
            urgency=heads.predict("urgency", seen),
            artifact=heads.artifact,
            grades=heads.severity,
        )

    def _vector(self, short: str) -> Vector:
        """Encode, or remember: a draft's words are heard in one turn and filed in a later one."""
        with self._lock:
            if short in self._recent:
                self._recent.move_to_end(short)
                return self._recent[short]
        vector: Vector = self.encoder.encode([short])[0]
        with self._lock:
            self._recent[short] = vector
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return vector


def _without_texts(data: dict[str, Any]) -> dict[str, Any]:
    nearest = [{k: v for k, v in near.items() if k != "text"} for near in data["nearest"]]
    return {**data, "nearest": nearest}


def build_reader(artifacts: Path, catalogue: Catalogue, encoder: Encoder) -> Reader:
    """Put a reader together from `artifacts/heads`.

    Raises:
        HeadsMissingError: Set-up has not trained the heads.

    """
    return Reader(encoder, FactFinder(catalogue), load_heads(artifacts / "heads"))
