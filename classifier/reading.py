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
from classifier.heads import ASKED, Heads, Prediction, load_heads
from classifier.tfidf import Terms
from models.errors import DomainError

_REMEMBERED: Final = 256


class ForeignHeadsError(DomainError):
    """Heads for vectors of another encoder."""

    code: ClassVar[str] = "heads.foreign"


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything known of a text by itself. `artifact` names the heads that labelled it."""

    vector: Vector
    encoder_id: str
    facts: Facts
    category: Prediction
    impact: Prediction
    urgency: Prediction
    artifact: str

    def to_json(self) -> dict[str, Any]:
        return {
            "artifact": self.artifact,
            "category": self.category.to_json(),
            "impact": self.impact.to_json(),
            "urgency": self.urgency.to_json(),
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
        return self._reading(text, heads, heads.terms(short), self._vector(short))

    def hear(self, text: str, *, asked: str | None) -> Heard:
        """Read a message of a conversation; `asked` is what the assistant asked last."""
        short, heads = gist(text), self._heads
        terms, vector = heads.terms(short), self._vector(short)
        known = asked if asked in ASKED else ""
        unasked = heads.predict("act", terms, vector, asked="")
        act = heads.predict("act", terms, vector, asked=known) if known else unasked
        return Heard(act, unasked, self._reading(text, heads, terms, vector))

    def _reading(self, text: str, heads: Heads, terms: Terms, vector: Vector) -> Reading:
        return Reading(
            vector=vector,
            encoder_id=self.encoder.id,
            facts=self._finder.find(text),
            category=heads.predict("category", terms, vector),
            impact=heads.predict("impact", terms, vector),
            urgency=heads.predict("urgency", terms, vector),
            artifact=heads.artifact,
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


def build_reader(artifacts: Path, catalogue: Catalogue, encoder: Encoder) -> Reader:
    """Put a reader together from `artifacts/heads`.

    Raises:
        HeadsMissingError: Set-up has not trained the heads.

    """
    return Reader(encoder, FactFinder(catalogue), load_heads(artifacts / "heads"))
