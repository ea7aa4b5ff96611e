"""From a response's name to words: the variant for the channel, the values filled in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from assistant.dialogue import Button

SMS_LENGTH: Final = 160
PLACE: Final = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]{0,39})\}")
"""A placeholder (its name is group 1), or a doubled brace that stands for one."""
_ONE_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
_SIGNS: Final = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2026": "..."}
    | {"\u2013": "-", "\u2014": "-", "\u2192": ">"}
)


def choose_variant(
    variants: Sequence[Mapping[str, Any]], channel: str, slots: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """The variant that Rasa would take: condition and channel, channel, condition, any."""
    found = [one for one in variants if _holds(one, slots or {})]

    def rank(one: Mapping[str, Any]) -> int:
        conditional = 1 if one.get("condition") else 0
        return 2 + conditional if one.get("channel") == channel else conditional

    return max((one for one in found if one.get("channel") in {None, channel}), key=rank)


def render_response(
    variant: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[str, list[dict[str, str]]]:
    """A variant's text and buttons with the values in; doubled braces become single ones."""
    buttons = [
        {"title": _render(str(b["title"]), values), "payload": _render(str(b["payload"]), values)}
        for b in variant.get("buttons") or ()
    ]
    return _render(str(variant["text"]), values), buttons


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Put values in for `{names}`; what is unknown stays for later. Values are never re-read."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return str(values[name]) if values.get(name) is not None else match[0]

    return _ONE_PLACE.sub(value, text)


def plain_braces(text: str) -> str:
    """A text of the responses file without doubled braces, as it is said."""
    return _render(text, {})


def _render(text: str, values: Mapping[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return match[0][0]
        return str(values[name]) if values.get(name) is not None else match[0]

    return PLACE.sub(value, text)


def _holds(variant: Mapping[str, Any], slots: Mapping[str, Any]) -> bool:
    for condition in variant.get("condition") or ():
        held, wanted = slots.get(condition["name"]), condition["value"]
        if isinstance(held, str) and isinstance(wanted, str):
            held, wanted = held.casefold(), wanted.casefold()
        if held != wanted:
            return False
    return True


def render_sms(text: str, buttons: Sequence[Button]) -> str:
    """One segment: the words, and the choices as digits."""
    choices = " ".join(f"{number} {b.title}" for number, b in enumerate(buttons, start=1))
    room = SMS_LENGTH - (len(choices) + 1 if choices else 0)
    words = plain_sms(text)
    if len(words) > room:
        words = words[: max(room - 3, 0)].rstrip() + "..."
    return plain_sms(f"{words} {choices}" if choices else words)[:SMS_LENGTH]


def plain_sms(text: str) -> str:
    """Letters that every phone's 7-bit alphabet has; accents go, the words stay."""
    simple = unicodedata.normalize("NFKD", text.translate(_SIGNS))
    return simple.encode("ascii", "ignore").decode()
