"""What goes in and out of the desk: a person's message, a new conversation, an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from assistant.transcript import OutMessage
from models.ids import AttachmentId, ConversationId
from models.storable import storable

_MAX_TEXT: Final = 200_000
_DROPPED: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True, slots=True)
class Inbound:
    """What a person sent. `client_id` or `provider_message_id` makes a repetition known.

    `by_silence`: nobody said it; it stands for what somebody who fell silent would have said.
    """

    text: str
    payload: str | None = None
    client_id: str | None = None
    provider_message_id: str | None = None
    attachments: tuple[AttachmentId, ...] = ()
    by_silence: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation, new or one's own taken up again; the token is shown once.

    `resumed`: what was said before is there to be read; `messages` are the new ones.
    """

    conversation: ConversationId
    token: str
    messages: tuple[OutMessage, ...]
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a message brought. `repeated`: it had been answered before; this is that answer.

    `number` is the person's message's own, among all of the conversation.
    """

    messages: tuple[OutMessage, ...]
    report: str | None
    incident: Mapping[str, Any] | None
    repeated: bool = False
    number: int = 0


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def clean(text: str) -> str:
    """What a database can keep, at most 200,000 characters of it.

    Marks that turn the direction of writing go too: they make a text look like another.
    """
    return storable(text[:_MAX_TEXT].translate(_DROPPED))


def digest(message: Inbound) -> str:
    """What was said, so that a reused id is noticed; attachments belong to it."""
    parts = (message.text, message.payload or "", *map(str, message.attachments))
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def brought(message: Inbound) -> dict[str, object]:
    """What its outcome keeps of the message itself: what was said, and the files it named."""
    return {"said": digest(message), "files": [str(one) for one in message.attachments]}
