"""Buttons and their payloads: only what we issued in the last turn counts."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from classifier.people import find_counts

_PAYLOAD: Final = re.compile(r"/(?P<intent>[a-z_]{1,40})(?P<entities>\{.{0,500}\})?", re.DOTALL)
_DIGIT: Final = re.compile(r"\s{0,5}#?([1-9])(?:[\s.):,]{1,5}\S{0,40}(?:\s\S{0,40}){0,3})?\s{0,5}")


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


def inbound(
    text: str, payload: str | None, issued: Sequence[Sequence[str]], *, digits: bool
) -> Choice | None:
    """The choice a message makes among those issued last; None for words.

    A typed `/restart` or `/inform{...}` is words: payloads only count when they were issued,
    and arrive as payloads. A typed title counts as its button. With `digits` (SMS), "2" means
    the second one.

    Args:
        text: As typed.
        payload: As sent by a button, if any.
        issued: (title, payload) of the buttons of the last turn.
        digits: Whether a number chooses; "3 of us" counts people and chooses nothing.

    """
    known = {sent: sent for _, sent in issued}
    if payload is not None:
        return parse_choice(payload) if payload in known else None
    match = _DIGIT.fullmatch(text) if digits and len(text) <= 60 else None
    counts_people = match is not None and next(find_counts(text), None) is not None
    if match and not counts_people and int(match[1]) <= len(issued):
        return parse_choice(issued[int(match[1]) - 1][1])
    wanted = fold(text) if len(text) <= 80 else ""
    for title, sent in issued:
        if wanted and wanted == fold(title):
            return parse_choice(sent)
    return None


def fold(text: str) -> str:
    """A text for comparing short answers: lower case, no signs, single spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return " ".join(re.sub(r"[^\w' ]", " ", plain).split())
