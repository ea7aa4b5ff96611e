"""Orders to stop: what takes a draft or a sent report back, and what only begins like it."""

from __future__ import annotations

import re
from typing import Final

from assistant.trouble_words import is_broken_now

_OURS: Final = (
    r"(?:it|that|this|everything|all(?: of)?(?: (?:it|that|this))?|"
    r"(?:my|the) (?:last |whole )?(?:report|message|text|draft))"
)
_SEINES: Final = r"(?:das|es|sie|alles|meine (?:letzte )?(?:meldung|nachricht|sms))"
_FIRST: Final = (
    r"(?i)\W*(?:(?:stop+|halt|moment|wait|no|nein|oh|ach|please|pls|bitte|ok(?:ay)?)\W{1,3}){0,3}"
)
_ENDS: Final = (
    r"(?:,? (?:please|pls|bitte|now|then|thanks|thank you|danke|einfach|doch|jetzt)){0,3}"
    r"(?=[\W_]*\Z|\s?[,.;:!-]|\s(?:it|its|it's|i|i'll|ill|as|because|since)\b)"
)
_DISCARD: Final = re.compile(
    rf"{_FIRST}(?:(?:discard|scrap|drop|forget) (?:about )?{_OURS}|"
    rf"(?:don'?t|do not) send(?: (?:{_OURS}|anything|a thing))?|"
    rf"(?:{_SEINES} )?(?:verwerfen|nicht (?:ab)?senden|nicht abschicken)|discard){_ENDS}"
)
_CALLED_OFF: Final = re.compile(
    rf"{_FIRST}(?:(?:forget|ignore|disregard|cancel|withdraw) (?:about )?{_OURS}|"
    rf"(?:vergessen|ignorieren|stornieren) sie {_SEINES}){_ENDS}"
)
_SEND: Final = (
    r"(?:(?:just |please |so |but |and |then |now )*(?:send|file|submit|report) "
    r"(?:it|that|this|the report)|(?:einfach |doch |bitte )*(?:ab)?(?:schicken|senden|melden))"
)
_AFTER_ALL: Final = re.compile(rf"(?i)[,.;!-]\s*{_SEND}(?! (?:to|over|into)\b)")
_BUT_LATER: Final = re.compile(
    r"(?i)\b(?:(?:send|abschicken|senden)\b.{0,20} (?:before|until|till|yet|bevor|bis|erst)|"
    r"send (?:me|us|any(?:one|body)|some(?:one|body)|a (?:technician|person|text|message)))\b"
)


def discards(text: str) -> bool:
    """Whether a draft is to be dropped."""
    return _DISCARD.match(text) is not None and not is_still_wanted(text)


def calls_off(text: str) -> bool:
    """Whether what was told or sent is to be forgotten."""
    return _CALLED_OFF.match(text) is not None and not is_still_wanted(text)


def is_still_wanted(text: str) -> bool:
    """Whether words that sound like an end tell of a trouble, or of sending, all the same."""
    return sends_after_all(text) or bool(_BUT_LATER.search(text)) or is_broken_now(text)


def sends_after_all(text: str) -> bool:
    """Whether an order to send follows: "forget it, just send it"."""
    return _AFTER_ALL.search(text) is not None
