"""Buttons and their payloads: only what we issued in the last turn counts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

_PAYLOAD: Final = re.compile(r"/(?P<intent>[a-z_]{1,40})(?P<entities>\{.{0,500}\})?", re.DOTALL)
_DIGIT: Final = re.compile(r"\s{0,5}([1-9])[\s.)]{0,5}")


@dataclass(frozen=True, slots=True)
class Choice:
    """What a payload of ours says."""

    intent: str
    entities: Mapping[str, Any]


def render_payload(intent: str, **entities: str) -> str:
    return f"/{intent}" + (json.dumps(entities, separators=(",", ":")) if entities else "")


def parse_choice(payload: str) -> Choice | None:
    """The intent and entities of a payload in Rasa's notation; None where it is none."""
    match = _PAYLOAD.fullmatch(payload)
    if match is None:
        return None
    try:
        entities = json.loads(match["entities"] or "{}")
    except ValueError:
        return None
    return Choice(match["intent"], entities)


def inbound(text: str, payload: str | None, issued: Sequence[str], *, digits: bool) -> Choice | None:
    """The choice a message makes among those issued last; None for words.

    A typed `/restart` or `/inform{...}` is words: payloads only count when they were issued,
    and arrive as payloads. With `digits` (SMS), "2" means the second one.
    """
    if payload is not None and payload in issued:
        return parse_choice(payload)
    match = _DIGIT.fullmatch(text) if digits else None
    if match and int(match[1]) <= len(issued):
        return parse_choice(issued[int(match[1]) - 1])
    return None
