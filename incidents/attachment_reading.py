"""What stands in the files that people sent: read by a job, never in the turn.

What is read before the report is recorded is part of its facts. What comes later may only
suggest: staff are shown which other incident the file speaks of, and nothing moves. But a mail
that looks like an attack is for few as soon as that is known.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from classifier.pair_candidates import Query
from classifier.signatures import SignatureKind, of_kind, render_agreement
from classifier.suspicion import looks_like_attack
from classifier.window import PairFacts
from incidents.attached_facts import MAIL
from incidents.attachments import AttachmentStore
from incidents.bonds import bonds_of_report
from incidents.file_blobs import BlobsUnusableError
from incidents.file_finding import find_in
from incidents.file_readers import READERS
from incidents.file_reading import FileFound, render_seen
from incidents.file_sandbox import SandboxError
from incidents.intake import Intake
from incidents.ledger import lock_grouping, record_entry
from incidents.presence import record_news
from incidents.queries import follow_absorbed
from models.conversation import Conversation
from models.database import Database
from models.ids import AttachmentId
from models.incident import Incident, Membership
from models.report import Attachment, AttachmentReading, Report
from models.storable import storable
from models.vocabulary import AttachmentState, Audience, Status

_PLAIN: Final = frozenset({"text/plain", "text/csv", "application/json"})
_SMALL: Final = 64 << 10
"""Bytes of a plain text that is read here: a larger one would hold up what else goes on here."""
_SHOWN: Final = 3
_STILL_DUE: Final = timedelta(days=1)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FileReadings:
    """Reads files once, and says what a late one suggests."""

    store: AttachmentStore
    intake: Intake

    @property
    def _database(self) -> Database:
        return self.store.database

    def read_file(self, attachment_id: AttachmentId) -> None:
        """The job of one file. May run twice, late, or before or after the report is recorded."""
        if self.store.check_again(attachment_id) is not AttachmentState.CLEAN:
            return
        with self._database.reading() as session:
            file = session.get(Attachment, attachment_id)
            if file is None:  # taken back meanwhile
                return
            language = session.get_one(Conversation, file.conversation_id).locale
            read = session.get(AttachmentReading, attachment_id) is not None
        if not read and not self._read(file, language):
            return
        self._consider(attachment_id)

    def _read(self, file: Attachment, language: str) -> bool:
        """Read and keep; False where there is nothing to read, or not here."""
        if file.media_type not in READERS:
            return False
        try:
            found = self._found_in(file)
        except (FileNotFoundError, BlobsUnusableError):
            log.warning("file %s is not in the storage; it stays unread", file.id)
            return False
        row = AttachmentReading(
            attachment_id=file.id,
            text=found.text,
            signatures=list(found.signatures),
            reader=found.reader,
            trouble=found.trouble,
            seen=render_seen(found.signatures, file.media_type, language),
            suggested=[],
            read_at=self.store.clock(),
            considered_at=None,
            shown_at=None,
        )
        try:
            with self._database.transaction() as session:
                record_news(session, file.conversation_id)
                session.add(row)
        except IntegrityError:
            log.info("file %s was read by another worker, or taken back", file.id)
        return True

    def _found_in(self, file: Attachment) -> FileFound:
        """What stands in the file, read in a child; a small plain text is read here."""
        if file.media_type in _PLAIN and file.size <= _SMALL:
            return find_in(file.media_type, b"".join(self.store.blobs.stream(file.blob_key)))
        with TemporaryDirectory(prefix="muster-file-") as folder:
            path = Path(folder) / "given"
            with path.open("wb") as target:
                self.store.blobs.copy_to(file.blob_key, target)
            try:
                answer = self.store.inspector.sandbox.run("read", file.media_type, str(path))
            except SandboxError as error:
                log.warning("file %s could not be read: %s", file.id, error.why)
                return FileFound("", (), "none", "Reading this file took too much; it is unread.")
        return FileFound(
            text=storable(str(answer.get("text", ""))),
            signatures=tuple(storable(str(one)) for one in answer.get("signatures", ())),
            reader=str(answer.get("reader", ""))[:64],
            trouble=None if not answer.get("trouble") else str(answer["trouble"])[:300],
        )

    def _consider(self, attachment_id: AttachmentId) -> None:
        """Where its report is recorded and did not know of it: look what it speaks of."""
        with self._database.reading() as session:
            row = _unconsidered(session, attachment_id)
            if row is None:
                return
            reading, report, home = row
            fresh = frozenset(reading.signatures) - frozenset(report.signatures)
            attack = self._is_attack(session, reading) and report.audience is Audience.OPEN
            found = {} if attack else self._speaks_of(session, report, home, fresh)
        with self._database.transaction() as session:
            lock_grouping(session)
            row = _unconsidered(session, attachment_id)
            if row is None:
                return
            reading, report, home = row
            now = self.store.clock()
            reading.considered_at = now
            reading.suggested = [
                {"incident": reference, "signature": signature}
                for reference, signature in found.items()
            ]
            if attack and report.audience is Audience.OPEN:
                self.intake.restrict_report(session, report, home, now=now)
            elif found:
                record_entry(
                    session, home.id, "attachment.suggested", now=now, report_id=report.id,
                    data={"sentence": _sentence(found), "related": list(found)},
                )  # fmt: skip

    def _is_attack(self, session: Session, reading: AttachmentReading) -> bool:
        """Whether the file is a mail that looks like an attack, where such reports are for few."""
        file = session.get_one(Attachment, reading.attachment_id)
        attack = file.media_type == MAIL and looks_like_attack(reading.text)
        return attack and bool(self.intake.organisation.intake.restricted)

    def _speaks_of(
        self, session: Session, report: Report, home: Incident, fresh: frozenset[str]
    ) -> dict[str, str]:
        """Other open incidents that share a rare signature of the file: reference, signature."""
        window = self.intake.window
        if report.vector is None or report.encoder_id != window.encoder_id or not fresh:
            return {}
        now = self.store.clock()
        window.catch_up(session, now=now)
        hosts = of_kind(report.signatures, SignatureKind.HOST)
        facts = PairFacts(report.service_id, report.site_id, fresh | hosts)
        restricted = report.audience is Audience.RESTRICTED
        query = Query(report.vector, now.timestamp(), facts, restricted)
        never = bonds_of_report(session, report, home).never
        found: dict[str, str] = {}
        for group, signature in window.find_signs(query).items():
            other = session.get(Incident, group)
            if other is None or signature not in fresh:
                continue
            other = follow_absorbed(session, other)
            if _may_be_shown(other, report, home) and other.id not in never:
                found.setdefault(other.reference, signature)
        return dict(list(found.items())[:_SHOWN])


def due_files(session: Session, *, now: datetime, limit: int) -> Sequence[AttachmentId]:
    """Files whose job was missed: in quarantine, or of the last day and unread or unconsidered."""
    waiting = session.scalars(
        select(Attachment.id)
        .where(Attachment.state == AttachmentState.QUARANTINED)
        .order_by(Attachment.id)
        .limit(limit)
    ).all()
    unread = session.scalars(
        select(Attachment.id)
        .outerjoin(AttachmentReading, AttachmentReading.attachment_id == Attachment.id)
        .outerjoin(Report, Report.id == Attachment.report_id)
        .where(
            Attachment.state == AttachmentState.CLEAN,
            Attachment.media_type.in_(READERS),
            Attachment.at > now - _STILL_DUE,
            or_(
                AttachmentReading.attachment_id.is_(None),
                and_(AttachmentReading.considered_at.is_(None), Report.read_at.is_not(None)),
            ),
        )
        .order_by(Attachment.id)
        .limit(limit)
    ).all()
    return [AttachmentId(one) for one in (*waiting, *unread)]


def _unconsidered(
    session: Session, attachment_id: AttachmentId
) -> tuple[AttachmentReading, Report, Incident] | None:
    row = session.execute(
        select(AttachmentReading, Report, Incident)
        .join(Attachment, Attachment.id == AttachmentReading.attachment_id)
        .join(Report, Report.id == Attachment.report_id)
        .join(Membership, and_(Membership.report_id == Report.id, Membership.ended_at.is_(None)))
        .join(Incident, Incident.id == Membership.incident_id)
        .where(
            AttachmentReading.attachment_id == attachment_id,
            AttachmentReading.considered_at.is_(None),
            Report.read_at.is_not(None),
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


def _may_be_shown(other: Incident, report: Report, home: Incident) -> bool:
    return (
        other.id != home.id
        and other.status is Status.OPEN
        and other.audience is report.audience
        and (not other.service_id or not report.service_id or other.service_id == report.service_id)
    )


def _sentence(found: Mapping[str, str]) -> str:
    parts = [f"{reference}: {render_agreement(sign)}" for reference, sign in found.items()]
    return f"A file that was read later speaks of {'; '.join(parts)}."
