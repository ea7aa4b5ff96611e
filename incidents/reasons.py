"""Why a report is where it is, in one plain sentence; and the evidence in words for staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from classifier.signatures import render_agreement

_MINUTE = 60.0
_MORE_LIKELY_THAN_NOT = 0.5
_PLAIN: Mapping[str, str] = {
    "told": "The reporter said it is the same problem.",
    "unread": "Recorded before it could be read; it stands alone until then.",
    "restricted": "A mail that came with it looks like an attack: it is for few, and stands alone.",
}


def render_reason(evidence: Mapping[str, Any]) -> str:
    """One sentence from the evidence as the decision used it."""
    decision = str(evidence.get("decision"))
    if decision in _PLAIN:
        return _PLAIN[decision]
    if decision == "signature":
        return _capital(f"{render_agreement(str(evidence.get('signature')))}.")
    if decision == "open":
        return _opened(evidence)
    if decision == "join":
        parts = "; ".join(_shared(evidence)) or "close in meaning"
        return f"{_likely(evidence)}: {parts}."
    return str(evidence.get("sentence", ""))


def _opened(evidence: Mapping[str, Any]) -> str:
    probability = evidence.get("probability")
    if probability is None:
        return "Nothing like it was open."
    if not evidence.get("calibrated"):
        return "The closest was not close enough."
    threshold = _percent(evidence.get("threshold"))
    return f"The closest was {_percent(probability)} likely the same; {threshold} is needed."


def _likely(evidence: Mapping[str, Any]) -> str:
    """How likely, with the number where it may be read as one."""
    probability = evidence.get("probability")
    if not evidence.get("calibrated") or probability is None:
        return "Likely the same"
    if probability < _MORE_LIKELY_THAN_NOT:
        return f"The best fit ({_percent(probability)} likely the same)"
    return f"Likely the same ({_percent(probability)})"


def _shared(evidence: Mapping[str, Any]) -> list[str]:
    measures: Mapping[str, float] = evidence.get("measures", {})
    parts = []
    if measures.get("same_service", 0) > 0.5 and evidence.get("service"):
        parts.append(f"same service ({evidence['service']})")
    if measures.get("same_site", 0) > 0.5 and evidence.get("site"):
        parts.append(f"same site ({evidence['site']})")
    if measures.get("same_reporter"):
        parts.append("the same person spoke of it before")
    if evidence.get("signature"):
        parts.append(render_agreement(str(evidence["signature"])))
    elif measures.get("same_signature"):
        parts.append("same error code or host")
    if evidence.get("words"):
        parts.append("shared words: " + ", ".join(evidence["words"][:5]))
    if measures.get("max", 0) >= 0.5:
        parts.append("close in meaning")
    if "minutes_since_last" in evidence:
        minutes = round(evidence["minutes_since_last"])
        parts.append("just after the last one" if minutes < 1 else f"{minutes} min after the last")
    return parts


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _percent(value: Any) -> str:
    return "?" if value is None else f"{round(100 * float(value))}%"
