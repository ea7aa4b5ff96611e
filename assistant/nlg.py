"""From a response's name to words: the variant for the channel, the values filled in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from assistant.dialogue import Button

SMS_LENGTH: Final = 160
_PLACE: Final = re.compile(r"\{([a-z_]{1,40})\}")
_SIGNS: Final = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2026": "..."}
    | {"\u2013": "-", "\u2014": "-", "\u2192": ">"}
)


def choose_variant(variants: Sequence[Mapping[str, Any]], channel: str) -> Mapping[str, Any]:
    """The first variant for this channel, else the first for any."""
    for variant in variants:
        if variant.get("channel") == channel:
            return variant
    return next(variant for variant in variants if "channel" not in variant)


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Put values in for `{names}`; what is unknown stays for later. Values are never re-read."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return str(values[name]) if values.get(name) is not None else match[0]

    return _PLACE.sub(value, text)


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
