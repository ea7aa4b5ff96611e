"""Why a report was labelled as it was: the words, the nearest examples, what it was sure of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_SHOWN: Final = ("category", "impact", "urgency")
_LEAST: Final = 0.05  # a chance below it is not worth a line


@dataclass(frozen=True, slots=True)
class LabelExample:
    """A labelled text near to the report's. `text` is masked; empty where it is not kept."""

    id: str
    label: str
    percent: int
    text: str


@dataclass(frozen=True, slots=True)
class LabelReason:
    """One label's explanation. `others`: the next likeliest, in words."""

    name: str
    label: str
    percent: int
    sentence: str
    words: str
    others: str
    examples: tuple[LabelExample, ...]


def render_labels(assessment: Mapping[str, Any]) -> tuple[LabelReason, ...]:
    """The explanations a reading left; none where nothing was read, fewer where it is old."""
    found = []
    for name in _SHOWN:
        said: Mapping[str, Any] = assessment.get(name) or {}
        if said.get("label"):
            found.append(_reason(name, said))
    return tuple(found)


def _reason(name: str, said: Mapping[str, Any]) -> LabelReason:
    chances: Mapping[str, float] = said.get("probabilities") or {}
    others = sorted(
        ((chance, label) for label, chance in chances.items() if label != said["label"]),
        reverse=True,
    )[:2]
    return LabelReason(
        name=name,
        label=_plain(said["label"]),
        percent=round(100 * said.get("probability", 0.0)),
        sentence=_sentence(said),
        words=", ".join(said.get("reasons") or ()),
        others=", ".join(f"{_plain(n)} {c:.0%}" for c, n in others if c >= _LEAST),
        examples=tuple(
            LabelExample(
                str(near["id"]),
                _plain(near["label"]),
                round(100 * near["cosine"]),
                str(near.get("text", "")),
            )
            for near in said.get("nearest") or ()
        ),
    )


def _sentence(said: Mapping[str, Any]) -> str:
    if said.get("abstained"):
        return "too unsure to count as an answer"
    error = said.get("error_at_most")
    return "" if error is None else f"of such answers at most {error:.0%} are wrong"


def _plain(label: Any) -> str:
    return str(label).replace("_", " ")
