"""Files that people send: in quarantine until clean, drawn anew, kept apart from the database.

A file's bytes lie under a generated name; the row points to them and is written last. A
crash between the two leaves bytes that nobody points to, and loses nothing.
"""

from __future__ import annotations

import errno
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, ClassVar, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.file_blobs import PIECE, Blobs, BlobsUnusableError, storage_full
from incidents.file_checks import RefusedFileError, parse_file_name
from incidents.file_inspecting import Inspected, Inspector
from incidents.file_readers import READERS
from incidents.jobs_port import Jobs
from incidents.presence import record_news
from models.clock import Clock
from models.conversation import Conversation
from models.database import Database
from models.errors import DomainError, NotFoundError
from models.ids import AttachmentId, ConversationId, new_id
from models.report import Attachment, Report
from models.vocabulary import AttachmentState, Audience

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class AttachmentPolicy:
    """How much is taken (research/ux-security W-09).

    Attributes:
        max_bytes: Of one file.
        max_files: Of one conversation, `within` that time: a phone's conversation lasts for years.
        max_total: Bytes of one conversation in that time.

    """

    max_bytes: int = 25 << 20
    max_files: int = 10
    max_total: int = 100 << 20
    within: timedelta = timedelta(days=1)


class TooLargeError(DomainError):
    """The file is over the limit."""

    code: ClassVar[str] = "attachment.too_large"


class TooManyError(DomainError):
    """The conversation has as many files as it may."""

    code: ClassVar[str] = "attachment.too_many"


class FileMismatchError(DomainError):
    """What arrived is not what was announced."""

    code: ClassVar[str] = "attachment.mismatch"


def too_large(policy: AttachmentPolicy) -> TooLargeError:
    """The refusal, with the limit in it."""
    return TooLargeError(
        f"This file is larger than {policy.max_bytes >> 20} MB. Send a smaller one, or only the "
        "part that matters.",
        max_bytes=policy.max_bytes,
    )


def is_full(error: OSError) -> bool:
    """Whether a write failed because there is no room for it."""
    return error.errno in _FULL


@dataclass(frozen=True, slots=True)
class AttachmentStore:
    """Where files are kept. With `jobs`, what stands in them is read as soon as they are."""

    database: Database
    blobs: Blobs
    clock: Clock
    policy: AttachmentPolicy = field(default_factory=AttachmentPolicy)
    jobs: Jobs | None = None
    inspector: Inspector = field(default_factory=Inspector)

    def keep_file(
        self,
        conversation: ConversationId,
        name: str,
        source: BinaryIO,
        *,
        sha256: str | None = None,
        attachment_id: AttachmentId | None = None,
    ) -> Attachment:
        """Check a file, keep it, and record it. Slow; holds no transaction while it works.

        The same file sent again before the report is recorded is the one kept already, and so is
        one of the same `attachment_id`, ever. Where no scanner can say whether it is clean, it
        is kept in quarantine, and a job asks again.

        Raises:
            NotFoundError: There is no such conversation.
            UnsupportedFileError: Files of that kind are not taken.
            RefusedFileError: It is empty, not what its name says, or could do harm.
            TooLargeError: It is over the limit.
            TooManyError: The conversation has as many files as it may.
            FileMismatchError: It is not the file of that `sha256`.
            StorageFullError: The disk takes no more; nothing was kept.
            BlobsUnusableError: The storage does not answer; nothing was kept.

        """
        clean_name, kind = parse_file_name(name)
        with self.database.reading() as session:
            self.check_room(session, conversation, 0)
        with TemporaryDirectory(prefix="muster-file-") as folder:
            given = Path(folder) / "given"
            digest = self._spool(source, given)
            if sha256 is not None and digest != sha256:
                raise FileMismatchError(
                    "The file did not arrive as it was sent. Send it again from its beginning."
                )
            found = self.inspector.inspect(given, clean_name)
            row = self._row(conversation, clean_name, kind.media_type, found)
            row.id = attachment_id or row.id
            with found.path.open("rb") as file:
                self.blobs.write(row.blob_key, file)
        try:
            kept = self._record(row)
        except DomainError:  # surely not recorded; after any other error the row may be there
            self.blobs.remove([row.blob_key])
            raise
        if kept is not row:
            self.blobs.remove([row.blob_key])
        return kept

    def check_again(self, attachment_id: AttachmentId) -> AttachmentState | None:
        """Ask once more about a file in quarantine; its state now, None where it is gone."""
        with self.database.reading() as session:
            row = session.get(Attachment, attachment_id)
        if row is None or row.state is not AttachmentState.QUARANTINED:
            return None if row is None else row.state
        with TemporaryDirectory(prefix="muster-file-") as folder:
            given = Path(folder) / "given"
            try:
                with given.open("wb") as file:
                    self.blobs.copy_to(row.blob_key, file)
            except (FileNotFoundError, BlobsUnusableError):
                return row.state
            try:
                found = self.inspector.inspect(given, row.name)
            except RefusedFileError as refusal:
                return self._refuse(row, str(refusal))
            if found.waits:
                return row.state
            fresh = self._row(row.conversation_id, row.name, row.media_type, found)
            with found.path.open("rb") as file:
                self.blobs.write(fresh.blob_key, file)
        with self.database.transaction() as session:
            record_news(session, row.conversation_id)
            kept = session.get(Attachment, row.id, with_for_update=True)
            if kept is not None and kept.state is AttachmentState.QUARANTINED:
                kept.blob_key, kept.size, kept.sha256 = fresh.blob_key, fresh.size, fresh.sha256
                kept.state, kept.trouble = AttachmentState.CLEAN, None
        if kept is None:  # taken back while it was checked
            self.blobs.remove([fresh.blob_key])
            return None
        self.blobs.remove([row.blob_key])
        return AttachmentState.CLEAN

    def _refuse(self, row: Attachment, why: str) -> AttachmentState:
        with self.database.transaction() as session:
            record_news(session, row.conversation_id)
            kept = session.get(Attachment, row.id, with_for_update=True)
            if kept is not None:  # else taken back meanwhile
                kept.state, kept.trouble = AttachmentState.REFUSED, why[:300]
        self.blobs.remove([row.blob_key])
        return AttachmentState.REFUSED

    def _spool(self, source: BinaryIO, path: Path) -> str:
        """The source to a file on the disk, never whole in memory; its SHA-256."""
        digest, size, blank = hashlib.sha256(), 0, True
        try:
            with path.open("wb") as file:
                while piece := source.read(PIECE):
                    size += len(piece)
                    if size > self.policy.max_bytes:
                        raise too_large(self.policy)
                    blank = blank and not piece.strip()
                    digest.update(piece)
                    file.write(piece)
        except OSError as error:
            if is_full(error):
                raise storage_full() from error
            raise
        if blank:
            raise RefusedFileError("This file is empty. Choose another one.")
        return digest.hexdigest()

    def _row(
        self, conversation: ConversationId, name: str, media_type: str, found: Inspected
    ) -> Attachment:
        size = found.path.stat().st_size
        if size > self.policy.max_bytes:
            raise too_large(self.policy)
        with found.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Attachment(
            id=AttachmentId(new_id()),
            conversation_id=conversation,
            report_id=None,
            name=name,
            media_type=media_type,
            size=size,
            sha256=digest,
            blob_key=secrets.token_hex(16),
            state=AttachmentState.QUARANTINED if found.waits else AttachmentState.CLEAN,
            trouble=found.waits or None,
            at=self.clock(),
        )

    def _record(self, row: Attachment) -> Attachment:
        """Add the row, or find the same file's; takes the conversation's lock."""
        with self.database.transaction() as session:
            session.execute(
                select(Conversation.id)
                .where(Conversation.id == row.conversation_id)
                .with_for_update()
            )
            same = (
                session.get(Attachment, row.id)
                or session.scalars(
                    select(Attachment).where(
                        Attachment.conversation_id == row.conversation_id,
                        Attachment.report_id.is_(None),
                        Attachment.sha256 == row.sha256,
                        Attachment.name == row.name,
                    )
                ).first()
            )
            if same is not None:
                return same
            self.check_room(session, row.conversation_id, row.size)
            session.add(row)
            waits = row.state is AttachmentState.QUARANTINED
            if self.jobs is not None and (waits or row.media_type in READERS):
                session.flush()
                self.jobs.owe_file_reading(session, row.id)
        return row

    def check_room(self, session: Session, conversation: ConversationId, size: int) -> None:
        """Whether the conversation may have one more file of that size.

        Raises:
            NotFoundError: There is no such conversation.
            TooManyError: It may not.

        """
        if session.get(Conversation, conversation) is None:
            raise NotFoundError("There is no such conversation.")
        count, total = session.execute(
            select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(
                Attachment.conversation_id == conversation,
                Attachment.at > self.clock() - self.policy.within,
            )
        ).one()
        if count >= self.policy.max_files or total + size > self.policy.max_total:
            raise TooManyError(
                "This conversation has all the files it may have for today "
                f"({self.policy.max_files} files, {self.policy.max_total >> 20} MB together). "
                "Describe the rest in words.",
                max_files=self.policy.max_files,
                max_total=self.policy.max_total,
            )


def find_attachment(
    session: Session, attachment_id: AttachmentId, *, restricted: bool
) -> Attachment:
    """A file that staff ask for.

    Args:
        session: Reading is enough.
        attachment_id: Which one.
        restricted: Whether the asker may see restricted reports. A file that is in no report
            yet may turn out to be one.

    Raises:
        NotFoundError: There is none, or the asker may not see it.

    """
    found = session.execute(
        select(Attachment, Report.audience)
        .outerjoin(Report, Report.id == Attachment.report_id)
        .where(Attachment.id == attachment_id, Attachment.state == AttachmentState.CLEAN)
    ).one_or_none()
    if found is None or not (restricted or found[1] is Audience.OPEN):
        raise NotFoundError("There is no such file, or you may not see it.")
    attachment: Attachment = found[0]
    return attachment
