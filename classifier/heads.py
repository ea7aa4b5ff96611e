"""Labels with calibrated probabilities: category, impact, urgency, dialogue act.

A head is a multinomial logistic regression over a text's terms and its vector, trained at
set-up by `classifier.train_heads` and served from numpy arrays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.tfidf import Block, Terms, TermVectoriser
from models.errors import DomainError

ASKED: Final = ("", "service", "impact", "site", "confirm", "join", "insist", "more")
"""What the assistant may have asked last; a feature of the dialogue-act head."""
_REASONS: Final = 3


class HeadsMissingError(DomainError):
    """No trained heads."""

    code: ClassVar[str] = "heads.missing"


@dataclass(frozen=True, slots=True)
class Prediction:
    """One label.

    Attributes:
        label: The likeliest one; None only where nothing was predicted.
        abstained: Too unsure to be used without asking.
        reasons: The words that spoke most for the label.

    """

    label: str | None
    probability: float
    probabilities: Mapping[str, float]
    abstained: bool
    reasons: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["probability"] = round(self.probability, 4)
        data["probabilities"] = {k: round(v, 4) for k, v in self.probabilities.items()}
        return data


NOTHING: Final = Prediction(None, 0.0, {}, abstained=True)


@dataclass(frozen=True, slots=True)
class Head:
    """Weights shape (labels, terms + vector + asked), and what calibration found."""

    name: str
    labels: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    temperature: float
    abstain_below: float

    def predict(
        self, terms: Terms, vector: Vector, term_names: list[str], *, asked: str | None = None
    ) -> Prediction:
        """The label's distribution for one text."""
        width = len(term_names)
        scores = self.weights[:, terms.columns] @ terms.values
        scores = scores + self.weights[:, width : width + len(vector)] @ vector + self.bias
        if asked is not None:
            scores = scores + self.weights[:, width + len(vector) + ASKED.index(asked)]
        scores = scores / self.temperature
        odds = np.exp(scores - scores.max())
        probabilities = odds / odds.sum()
        best = int(probabilities.argmax())
        probability = float(probabilities[best])
        return Prediction(
            label=self.labels[best],
            probability=probability,
            probabilities=dict(zip(self.labels, probabilities.tolist(), strict=True)),
            abstained=probability < self.abstain_below,
            reasons=self._reasons(terms, term_names, best),
        )

    def _reasons(self, terms: Terms, names: list[str], label: int) -> tuple[str, ...]:
        parts = self.weights[label, terms.columns] * terms.values
        found: list[str] = []
        for index in np.argsort(-parts)[: _REASONS * 8]:
            name = names[terms.columns[index]]
            if parts[index] <= 0 or len(found) == _REASONS:
                break
            if name.startswith("w:"):
                found.append(name[2:])
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Heads:
    """All heads of one training, over one vectoriser and one encoder."""

    encoder_id: str
    artifact: str
    vectoriser: TermVectoriser
    term_names: list[str]
    by_name: Mapping[str, Head]

    def terms(self, text: str) -> Terms:
        return self.vectoriser.terms(text)

    def predict(
        self, name: str, terms: Terms, vector: Vector, *, asked: str | None = None
    ) -> Prediction:
        head = self.by_name.get(name)
        if head is None:
            return NOTHING
        return head.predict(terms, vector, self.term_names, asked=asked)


def save_heads(heads: Heads, folder: Path, report: Mapping[str, Any]) -> None:
    """Write `heads.npz`, `terms.json` and `manifest.json`; no pickles."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, npt.NDArray[Any]] = {
        "word_idf": heads.vectoriser.words.idf,
        "char_idf": heads.vectoriser.chars.idf,
    }
    for head in heads.by_name.values():
        arrays[f"{head.name}_weights"] = head.weights.astype(np.float32)
        arrays[f"{head.name}_bias"] = head.bias.astype(np.float32)
    np.savez(folder / "heads.npz", allow_pickle=False, **arrays)
    (folder / "terms.json").write_text(
        json.dumps(
            {
                "words": _in_order(heads.vectoriser.words.vocabulary),
                "chars": _in_order(heads.vectoriser.chars.vocabulary),
            },
            ensure_ascii=False,
        ),
        encoding="utf-8",
    )
    manifest = {
        "schema": 1,
        "artifact": heads.artifact,
        "encoder": heads.encoder_id,
        "word_weight": heads.vectoriser.words.weight,
        "char_weight": heads.vectoriser.chars.weight,
        "heads": {
            head.name: {
                "labels": list(head.labels),
                "temperature": head.temperature,
                "abstain_below": head.abstain_below,
            }
            for head in heads.by_name.values()
        },
        "report": dict(report),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def load_heads(folder: Path) -> Heads:
    """Read what `save_heads` wrote.

    Raises:
        HeadsMissingError: It is not there or not readable.

    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        terms = json.loads((folder / "terms.json").read_text(encoding="utf-8"))
        with np.load(folder / "heads.npz", allow_pickle=False) as arrays:
            data = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError) as error:
        raise HeadsMissingError(
            f"There are no trained heads in {folder}. Run `muster train heads`."
        ) from error
    words, chars = terms["words"], terms["chars"]
    return Heads(
        encoder_id=manifest["encoder"],
        artifact=manifest["artifact"],
        vectoriser=TermVectoriser(
            Block(_columns(words), data["word_idf"], manifest["word_weight"]),
            Block(_columns(chars), data["char_idf"], manifest["char_weight"]),
        ),
        term_names=[f"w:{word}" for word in words] + [f"c:{piece}" for piece in chars],
        by_name={
            name: Head(
                name,
                tuple(entry["labels"]),
                data[f"{name}_weights"],
                data[f"{name}_bias"],
                entry["temperature"],
                entry["abstain_below"],
            )
            for name, entry in manifest["heads"].items()
        },
    )


def _in_order(vocabulary: Mapping[str, int]) -> list[str]:
    return sorted(vocabulary, key=lambda term: vocabulary[term])


def _columns(terms: list[str]) -> dict[str, int]:
    return {term: column for column, term in enumerate(terms)}
