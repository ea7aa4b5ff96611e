"""Who wants no texts: the carriers' words, remembered, obeyed before every send.

The words are the networks', in English and German, in any case, alone in a message. To
"no more" nobody answers; to a request for help, who carries the texts or we do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.ids import SignalId, new_id
from models.texting import ConsentSignal
from models.vocabulary import Channel

_NO_MORE: Final = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT"}
    | {"STOPP", "ABMELDEN", "ABBESTELLEN", "AUSTRAGEN", "ENDE", "BEENDEN"}
)
_AGAIN: Final = frozenset({"START", "UNSTOP", "YES", "JA", "ANMELDEN"})
_MAYBE_AGAIN: Final = frozenset({"YES", "JA", "ANMELDEN"})
_HELP: Final = frozenset({"HELP", "INFO", "HILFE"})
KEYWORDS: Final = _NO_MORE | _AGAIN | _HELP
"""Never to be offered as an answer: a network or we would take it for something else."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What an address said about texts.

    Attributes:
        wanted: False for "no more", True for "again", None where it only asked for help.
        word: As it was said.
        always_silent: The network has said that it answers; else "again" from somebody who
            never said "no more" is an ordinary message.

    """

    wanted: bool | None
    word: str
    always_silent: bool


def parse_signal(text: str, *, network_says: str = "") -> Signal | None:
    """The signal in a message, or None for an ordinary one.

    Args:
        text: The person's words.
        network_says: The provider's own reading (`STOP`, `START`, `HELP`), where it gives one.

    """
    word = " ".join(text.strip(" \t\r\n.!?\"'").upper().split())
    told = network_says.strip().upper()
    if told in {"STOP", "START", "HELP"}:
        wanted = {"STOP": False, "START": True, "HELP": None}[told]
        return Signal(wanted, told, always_silent=True)
    if word in _NO_MORE:
        return Signal(wanted=False, word=word, always_silent=True)
    if word in _HELP:
        return Signal(wanted=None, word=word, always_silent=False)
    if word in _AGAIN:
        return Signal(wanted=True, word=word, always_silent=word not in _MAYBE_AGAIN)
    return None


def wants_texts(session: Session, channel: Channel, address: str) -> bool:
    """Whether the last word of this address allows sending; True where it said none."""
    last = session.scalars(
        select(ConsentSignal.wanted)
        .where(ConsentSignal.channel == channel, ConsentSignal.address == address)
        .order_by(ConsentSignal.number.desc())
        .limit(1)
    ).one_or_none()
    return last is not False


def was_signal(session: Session, channel: Channel, signal_id: str) -> bool:
    """Whether this message was obeyed as a signal before (a repeated call)."""
    found = session.scalars(
        select(ConsentSignal.id).where(
            ConsentSignal.channel == channel, ConsentSignal.signal_id == signal_id
        )
    ).one_or_none()
    return found is not None


def record_signal(
    session: Session,
    channel: Channel,
    address: str,
    *,
    wanted: bool,
    word: str,
    signal_id: str,
    now: datetime,
) -> bool:
    """Remember what an address said; False where this very signal is known already."""
    if was_signal(session, channel, signal_id):
        return False
    last = session.execute(
        select(func.max(ConsentSignal.number)).where(
            ConsentSignal.channel == channel, ConsentSignal.address == address
        )
    ).scalar_one()
    session.add(
        ConsentSignal(
            id=SignalId(new_id()),
            channel=channel,
            address=address,
            number=(last or 0) + 1,
            wanted=wanted,
            word=word[:32],
            signal_id=signal_id,
            at=now,
        )
    )
    session.flush()
    return True
