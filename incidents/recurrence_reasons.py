"""Why an incident is linked to a past one, in one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from typing import Any, Final

from classifier.signatures import render_agreement

_AGREES: Final = 0.5
_CLOSE: Final = 0.4
_RARE: Final = 0.02
_DAY: Final = 86_400.0


def render_recurrence(evidence: Mapping[str, Any]) -> str:
    """One sentence from the evidence as the decision used it."""
    measures: Mapping[str, float] = evidence.get("measures", {})
    share, past = exp(measures.get("rank", 0.0)), evidence.get("past_reports", 0)
    parts = [render_agreement(one) for one in evidence.get("signatures", ())[:1]]
    if measures.get("best", 0.0) >= _CLOSE:
        close = f"the closest reports are {round(100 * measures['best'])}% alike in meaning"
        if share <= _RARE and past >= 1 / share:
            close += f", fewer than 1 in {_round(1 / share)} past reports are as close"
        parts.append(close)
    elif share <= _RARE and past >= 1 / share:
        parts.append("closer in meaning than nearly all past reports")
    same = [
        f"{name} ({evidence[key]})" if evidence.get(key) else name
        for name, key in (("service", "service"), ("site", "site"))
        if measures.get(f"same_{key}", 0.0) >= _AGREES
    ]
    if same:
        parts.append(f"same {' and '.join(same)}")
    if evidence.get("words"):
        parts.append("shared words: " + ", ".join(evidence["words"][:4]))
    if measures.get("again", 0.0) > 0.0:
        parts.append("somebody says it is back")
    against = [
        f"another {key}"
        for key in ("service", "site")
        if measures.get(f"other_{key}", 0.0) > _AGREES
    ]
    told = "; ".join(parts) or "close in meaning as a whole"
    return f"{told[:1].upper()}{told[1:]}{_but(against)}."


def render_span(seconds: float) -> str:
    """How long something lasted or ago it was, in the greatest unit that says it."""
    minutes = max(round(seconds / 60), 1)
    if minutes < 60:
        return f"{minutes} min"
    hours = round(minutes / 60)
    if hours < 48:
        return f"{hours} h"
    days = round(seconds / _DAY)
    return f"{days} days"


def _but(against: list[str]) -> str:
    return f" (but {', '.join(against)})" if against else ""


def _round(count: float) -> int:
    """To one digit that leads: nobody reads 1 in 1,283."""
    size = 10 ** (len(str(int(count))) - 1)
    return int(count // size * size)
