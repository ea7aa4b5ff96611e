"""From a response's name to words: the variant for the channel, the values filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from assistant.dialogue import Button
from incidents.segments import count_segments, first_segment, render_gsm

SMS_LENGTH: Final = 160
PLACE: Final = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]{0,39})\}")
"""A placeholder (its name is group 1), or a doubled brace that stands for one."""
_ONE_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")


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


def _choices(buttons: Sequence[Button]) -> str:
    choices = " ".join(f"{number} {b.title}" for number, b in enumerate(buttons, start=1))
    return f" {choices}" if choices else ""


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


def fits_sms(text: str, buttons: Sequence[Button]) -> bool:
    """Whether the words and their choices are one segment, uncut."""
    return count_segments(render_gsm(f"{text}{_choices(buttons)}")) == 1


def render_sms(text: str, buttons: Sequence[Button]) -> str:
    """One segment: the words, and the choices as digits."""
    words = render_gsm(text[: 2 * SMS_LENGTH])
    tail = _choices(buttons)
    whole = render_gsm(f"{words}{tail}")
    if count_segments(whole) == 1:
        return whole
    while words and count_segments(render_gsm(f"{words}...{tail}")) > 1:
        words = words[:-1].rstrip()
    return first_segment(render_gsm(f"{words}...{tail}"))
