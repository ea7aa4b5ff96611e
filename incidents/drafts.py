"""A draft, what was read of it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from classifier.pair_candidates import Query
from classifier.reading import Reading
from incidents.helping import Tried
from incidents.live_window import Look
from models.ids import AttachmentId, ConversationId, IdentityId
from models.incident import Incident
from models.report import Report
from models.vocabulary import Audience, Channel


@dataclass(frozen=True, slots=True)
class Draft:
    """A report not yet recorded.

    Attributes:
        text: The person's words.
        service: A catalogue id; told, not guessed. The same for `site`.
        join: Reference of the incident the person said it is.
        declined: References of incidents the person said it is not.
        behalf: Whom it is about, where that is not who tells it, in the teller's words.
        log: What a machine said, pasted among the words; its codes count as a file's do.
        suspicious: Whether a mail that came with it looks like an attack.
        filled_in: Per field, where its value comes from.
        asked: Per field that the reporter was asked for, why it was worth asking.
        received_at: Set where the moment is not now (a re-reading).
        attached: Signatures found in files and attributes; filled in when it is read.
        considered: Files whose signatures are among them.
        tried: Help that the person was told before, and whether it helped.

    """

    text: str
    channel: Channel
    identity: IdentityId
    conversation: ConversationId | None = None
    draft_no: int = 1
    language: str = "en"
    service: str | None = None
    site: str | None = None
    impact: int | None = None
    urgency: int | None = None
    people: int | None = None
    since: str | None = None
    audience: Audience | None = None
    join: str | None = None
    declined: tuple[str, ...] = ()
    attachments: tuple[AttachmentId, ...] = ()
    behalf: str | None = None
    log: str = ""
    suspicious: bool = False
    filled_in: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: datetime | None = None
    received_at: datetime | None = None
    attached: tuple[str, ...] = ()
    considered: tuple[AttachmentId, ...] = ()
    tried: Tried | None = None


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """A draft with its reading; all None while there is no encoder."""

    draft: Draft
    reading: Reading | None
    query: Query | None
    look: Look | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A report in the store, and the incident it is in."""

    report: Report
    incident: Incident
    joined: bool
