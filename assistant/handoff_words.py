"""What is said to a person when one of staff comes, goes, or does not come."""

from __future__ import annotations

from typing import Final

from assistant.choices import render_payload
from assistant.dialogue import Button, ConversationState
from assistant.phrases import say

NOBODY: Final = "IT"
"""Beside the words of staff where policy shows no names."""


def joined(language: str, name: str | None) -> str:
    who = _who(language, name)
    return say("{who} has joined and reads what you wrote. Just answer here.", language, who=who)


def left(language: str, name: str | None) -> str:
    return say("{who} has left. I am the assistant again.", language, who=_who(language, name))


def silent(language: str, name: str | None) -> str:
    """For somebody who waited in vain for the one who had taken over."""
    sentence = "{who} could not answer in time, I am sorry. I am the assistant again."
    return say(sentence, language, who=_who(language, name))


def unfiled(language: str) -> tuple[str, tuple[Button, ...]]:
    """Whether words that nobody of staff answered are to be a report."""
    words = say("What you wrote is in no report yet. Shall I report it?", language)
    return words, (
        Button(say("Report it after all", language), render_payload("insist")),
        Button(say("No, thank you", language), render_payload("deny")),
    )


def recorded(language: str, name: str | None, report: str) -> str:
    who = _who(language, name)
    return say("{who} recorded it as {report}.", language, who=who, report=report)


def nobody(language: str, state: ConversationState) -> str:
    """For somebody whom nobody came to: what stands all the same, or how to go on."""
    report = state.slots.get("last_report")
    if state.loop is not None:
        sentence = (
            "Nobody of IT was free, I am sorry. What you wrote is kept; let us finish your report."
        )
    elif report:
        sentence = "Nobody of IT was free, I am sorry. {report} stands, and IT sees it."
    else:
        sentence = (
            "Nobody of IT was free, I am sorry. Tell me what does not work, and I write it down."
        )
    return say(sentence, language, report=report)


def _who(language: str, name: str | None) -> str:
    if name is None:
        return say("Somebody of IT", language)
    return say("{name} of IT", language, name=name)
