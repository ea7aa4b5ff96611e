"""One text, read once: its facts, its vector, its labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.catalogue import Catalogue
from classifier.encoding import Encoder, Vector, gist
from classifier.facts import FactFinder, Facts
from classifier.heads import ASKED, Heads, Prediction, load_heads


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
    """What one message of a conversation does, and the reading that came with it."""

    act: Prediction
    reading: Reading


class Reader:
    """Reads texts with one encoder, one catalogue and one set of heads. Safe for threads."""

    def __init__(self, encoder: Encoder, finder: FactFinder, heads: Heads) -> None:
        self.encoder = encoder
        self._finder = finder
        self._heads = heads

    def read(self, text: str) -> Reading:
        """Facts over the raw text; vector and labels over its beginning and end."""
        return self.hear(text, asked=None).reading

    def hear(self, text: str, *, asked: str | None) -> Heard:
        """Read a message; `asked` is what the assistant asked last (None: do not label it)."""
        short = gist(text)
        vector: npt.NDArray[np.float32] = self.encoder.encode([short])[0]
        terms = self._heads.terms(short)
        known = asked if asked in ASKED else ""
        act = self._heads.predict("act", terms, vector, asked=known)
        reading = Reading(
            vector=vector,
            encoder_id=self.encoder.id,
            facts=self._finder.find(text),
            category=self._heads.predict("category", terms, vector),
            impact=self._heads.predict("impact", terms, vector),
            urgency=self._heads.predict("urgency", terms, vector),
            artifact=self._heads.artifact,
        )
        return Heard(act, reading)


def build_reader(artifacts: Path, catalogue: Catalogue, encoder: Encoder) -> Reader:
    """Put a reader together from `artifacts/heads`.

    Raises:
        HeadsMissingError: Set-up has not trained the heads.

    """
    return Reader(encoder, FactFinder(catalogue), load_heads(artifacts / "heads"))
