"""Who wants no texts: the carriers' words, remembered, obeyed before every send.

The words are the networks', in any case, alone in a message. The network answers them
itself, so we stay silent.
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
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
_AGAIN: Final = frozenset({"START", "UNSTOP", "YES"})


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
    word = text.strip().rstrip(".!").upper()
    told = network_says.strip().upper()
    if told in {"STOP", "START", "HELP"}:
        wanted = {"STOP": False, "START": True, "HELP": None}[told]
        return Signal(wanted, told, always_silent=True)
    if word in _NO_MORE:
        return Signal(wanted=False, word=word, always_silent=True)
    if word in _AGAIN:
        return Signal(wanted=True, word=word, always_silent=False)
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
