"""A report that a program files: keyed, so that the same request again gets the first answer.

The key stands in the transaction of its report: a kill in between leaves neither, and a
retry files it once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy.orm import Session

from incidents.drafts import Draft, Recorded
from incidents.identities import record_identity
from incidents.intake import Intake
from incidents.ledger import lock_grouping
from models.clock import Clock
from models.errors import DomainError
from models.ids import IdentityId
from models.staff import IdempotencyKey
from models.vocabulary import Audience, Channel

_MAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")
_AHEAD: Final = timedelta(minutes=5)  # clocks differ a little
_NOBODY: Final = IdentityId(UUID(int=0))  # a draft that is being read has no row for it yet


class KeyReusedError(DomainError):
    """The same idempotency key came with another body."""

    code: ClassVar[str] = "idempotency.reused"


class EmptyReportError(DomainError):
    """There are no words to file."""

    code: ClassVar[str] = "report.empty"


class FutureReportError(DomainError):
    """A report cannot have been told later than now."""

    code: ClassVar[str] = "report.future"


@dataclass(frozen=True, slots=True)
class Filed:
    """The answer; `repeated` where it is the first one again."""

    answer: Mapping[str, Any]
    repeated: bool


@dataclass(frozen=True, slots=True)
class FiledReport:
    """What a program told us. `reporter` is a directory id, a mailbox or a phone number.

    `occurred_at` is when it was told, where that is not now: a call written down later is
    grouped with the reports of its own hour.
    """

    text: str
    reporter: str
    channel: Channel = Channel.API
    service: str | None = None
    site: str | None = None
    language: str = "en"
    occurred_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def file_report(intake: Intake, told: FiledReport, *, owner: str, key: str, clock: Clock) -> Filed:
    """Read the words, then record report, key and answer in one transaction.

    Args:
        intake: The way in.
        told: The report.
        owner: Whose key it is; keys of two owners never meet.
        key: The caller's idempotency key.
        clock: What time it is.

    Raises:
        KeyReusedError: The key was used with another body.
        EmptyReportError: The text holds no words.
        FutureReportError: It is said to have been told later than now.
        UnknownServiceError: The catalogue lacks the service.
        UnknownSiteError: The same for the site.

    """
    body = _body_digest(told)
    with intake.database.reading() as session:
        first = _first_answer(session, owner, key, body)
    if first is not None:
        return Filed(first, repeated=True)
    if not told.text.strip():
        raise EmptyReportError("The report has no words. Say what is broken, then send it again.")
    if told.occurred_at is not None and told.occurred_at > clock() + _AHEAD:
        raise FutureReportError("occurred_at lies ahead. Give the moment it was told, in UTC.")
    channel, address, claim = _reporter(told.reporter)
    draft = Draft(
        text=told.text,
        channel=told.channel,
        identity=_NOBODY,
        language=told.language,
        service=told.service,
        site=told.site,
        occurred_at=told.occurred_at,
        attributes=dict(told.attributes),
        filled_in={name: "told" for name in ("service", "site") if getattr(told, name) is not None},
    )
    read = intake.read_draft(draft, now=clock())
    with intake.database.transaction() as session:
        now = clock()
        lock_grouping(session)  # two requests with one key, or one new reporter, stand in line
        first = _first_answer(session, owner, key, body)
        if first is not None:
            return Filed(first, repeated=True)
        identity = record_identity(session, channel, address, now=now, claim=claim)
        signed = replace(read, draft=replace(read.draft, identity=identity.id))
        answer = _answer(intake.record_report(session, signed, now=now))
        session.add(IdempotencyKey(owner=owner, key=key, body_sha256=body, answer=answer, at=now))
    return Filed(answer, repeated=False)


def _first_answer(session: Session, owner: str, key: str, body: str) -> Mapping[str, Any] | None:
    row = session.get(IdempotencyKey, (owner, key))
    if row is None:
        return None
    if row.body_sha256 != body:
        raise KeyReusedError(
            "This Idempotency-Key was used with another body. Use a new key for a new report."
        )
    return row.answer


def _answer(recorded: Recorded) -> dict[str, Any]:
    incident = recorded.incident
    shown = incident.audience is Audience.OPEN
    return {
        "reference": recorded.report.reference,
        "read": recorded.report.read_at is not None,
        "incident": {
            "reference": incident.reference,
            "title": incident.title if shown else None,
            "reports": incident.reports if shown else None,
            "reporters": incident.reporters if shown else None,
            "joined": recorded.joined if shown else None,
        },
    }


def _reporter(told: str) -> tuple[Channel, str, str | None]:
    """Channel, address and claimed person of a reporter."""
    if _MAIL.fullmatch(told):
        return Channel.EMAIL, told.lower()[:320], None
    compact = re.sub(r"[\s().-]", "", told)
    if _PHONE.fullmatch(compact):
        return Channel.SMS, compact, None
    return Channel.API, f"claimed:{told[:300]}", told


def _body_digest(told: FiledReport) -> str:
    body = {
        "text": told.text,
        "reporter": told.reporter,
        "channel": told.channel.value,
        "service": told.service,
        "site": told.site,
        "language": told.language,
        "occurred_at": told.occurred_at.isoformat() if told.occurred_at else None,
        "attributes": dict(told.attributes),
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
