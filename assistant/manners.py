"""Insults are answered once, calmly, and never held against what was told with them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from assistant.dialogue import ConversationState, Said, Turn, Utterance
from assistant.foreign_words import NOTICE
from assistant.phrases import say
from models.vocabulary import Channel

_ABUSE: Final = re.compile(
    r"(?i)\b(?:(?:mother ?)?f+u+c+k+(?:s|ed|ers?|in|ing|wits?|up)?|f\*+k(?:s|ed|ers?|ing)?|"
    r"wtf|ffs|fkn|stfu|"
    r"(?:bull|horse|dog|dip)? ?s+h+i+t+(?:s|e|ty|tier|tiest|ting|show|hole|heads?|storm|load)?|"
    r"ars(?:e|es|ed)|(?:arse|ass) ?holes?|bastards?|bitch(?:es|ed|ing|y)?|"
    r"crap(?:py|pier|piest|fest)?|idiots?|idiotic|morons?|imbeciles?|"
    r"stupid (?:bot|machine|thing|tool|app)|"
    r"useless (?:bot|machine|thing|tool|piece|lot|people|it)|piece of (?:junk|garbage|rubbish)|"
    r"schei(?:ß|ss)\w*|drecks\w*|"  # German makes one word of two
    r"verdammt(?:e[nmrs]?|noch ?mal)?|arschl(?:o|ö|oe)ch(?:er|ern)?|idioten?|deppen?|"
    r"blöde[rs]? \w+)\b"
)
_LONGEST: Final = 4_000
_SHORT: Final = "Sorry for the trouble."
_LONG: Final = "I can hear that this costs you nerves; I will be quick."
_SOOTHED: Final = "soothed"
CALM: Final = "calm"
"""What is said first, and left out of a text that has no room for it."""


def is_abusive(text: str) -> bool:
    """Whether somebody swears or insults."""
    return _ABUSE.search(text[:_LONGEST]) is not None


def soothe(state: ConversationState, said: Said, turn: Turn) -> Turn:
    """The turn with one calm sentence in front, the first time somebody swears at us.

    `state` remembers that it was said.
    """
    if state.slots.get(_SOOTHED) or not turn.utterances or not is_abusive(said.text):
        return turn
    state.slots[_SOOTHED] = True
    calm = say(_SHORT if said.channel is Channel.SMS else _LONG, state.slots.get("language"))
    notice = [one for one in turn.utterances[:1] if one.response == NOTICE]
    rest = turn.utterances[len(notice) :]
    return replace(turn, utterances=(*notice, Utterance(CALM, calm), *rest))
