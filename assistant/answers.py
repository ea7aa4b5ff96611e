"""What a turn brought, and our words for it once it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from assistant import background
from assistant.dialogue import Turn
from assistant.foreign_words import NOTICE
from assistant.manners import CALM
from assistant.messages import Answer
from assistant.nlg import fill, fits_sms, render_sms
from assistant.transcript import OutMessage, Words
from assistant.wording import render_others
from incidents.drafts import Recorded
from models.vocabulary import Audience, Channel


def render_outcome(
    session: Session, recorded: Recorded | None, *, mail: bool = False
) -> dict[str, Any]:
    """What the turn brought, as it is answered now and whenever the message is repeated.

    `mail`: whether it tells of a mail, so that a secret one comes with a warning.
    """
    if recorded is None:
        return {"report": None, "incident": None}
    incident = recorded.incident
    about: dict[str, Any] = {
        "reference": incident.reference,
        "joined": recorded.joined,
        "title": None,
        "reports": None,
        "reporters": None,
    }
    if incident.audience is Audience.OPEN:
        about |= {
            "title": incident.title,
            "reports": incident.reports,
            "reporters": incident.reporters,
        }
    return {
        "report": recorded.report.reference,
        "incident": about,
        "seen": background.describe(session, incident) | {"mail": mail},
    }


def render_words(
    channel: Channel, turn: Turn, outcome: Mapping[str, Any], language: str | None = None
) -> list[Words]:
    """The utterances with what only recording could tell; on SMS one message of one segment.

    Which languages we speak is told once, and by SMS in a message of its own.
    """
    values = {
        "reference": outcome["report"],
        "others": render_others(outcome.get("seen"), language),
    }
    said = [
        Words(fill(u.text, values) if outcome["report"] else u.text, u.buttons, u.card)
        for u in turn.utterances
    ]
    if channel is not Channel.SMS or not said:
        return said
    apart = turn.utterances[0].response == NOTICE
    buttons = said[-1].buttons
    together = " ".join(one.text for one in said[apart:])
    calm = len(said) > apart + 1 and turn.utterances[apart].response == CALM
    if calm and not fits_sms(together, buttons):
        together = " ".join(one.text for one in said[apart + 1 :])
    first = [Words(render_sms(said[0].text, ()))] if apart else []
    return [*first, Words(render_sms(together, buttons), buttons)]


def render_answer(
    messages: tuple[OutMessage, ...], outcome: Mapping[str, Any], *, repeated: bool, number: int
) -> Answer:
    return Answer(messages, outcome.get("report"), outcome.get("incident"), repeated, number)
