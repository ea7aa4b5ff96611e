"""Files that people send: checked, drawn anew, and kept apart from the database.

A file's bytes lie under a generated name; the row points to them and is written last. A
crash between the two leaves bytes that nobody points to, and loses nothing.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.file_checks import RefusedFileError, parse_file_name
from incidents.file_readers import READERS
from incidents.jobs_port import Jobs
from models.clock import Clock
from models.conversation import Conversation
from models.database import Database
from models.errors import DomainError, NotFoundError, StorageFullError
from models.ids import AttachmentId, ConversationId, new_id
from models.report import Attachment, Report
from models.vocabulary import AttachmentState, Audience

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class AttachmentPolicy:
    """How much is taken (research/ux-security W-09).

    Attributes:
        max_bytes: Of one file.
        max_files: Of one conversation.
        max_total: Bytes of one conversation.

    """

    max_bytes: int = 25 << 20
    max_files: int = 10
    max_total: int = 100 << 20


class TooLargeError(DomainError):
    """The file is over the limit."""

    code: ClassVar[str] = "attachment.too_large"


class TooManyError(DomainError):
    """The conversation has as many files as it may."""

    code: ClassVar[str] = "attachment.too_many"


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


def storage_full() -> StorageFullError:
    """The refusal of a file that the disk has no room for."""
    return StorageFullError("The storage is full; the file was not kept. Send it later.")


@dataclass(frozen=True, slots=True)
class AttachmentStore:
    """Where files are kept. With `jobs`, what stands in them is read as soon as they are."""

    database: Database
    folder: Path
    clock: Clock
    policy: AttachmentPolicy = field(default_factory=AttachmentPolicy)
    jobs: Jobs | None = None

    def keep_file(self, conversation: ConversationId, name: str, source: BinaryIO) -> Attachment:
        """Check a file, keep it, and record it. Slow; holds no transaction while it works.

        The same file sent again before the report is recorded is the one kept already.

        Raises:
            NotFoundError: There is no such conversation.
            UnsupportedFileError: Files of that kind are not taken.
            RefusedFileError: It is empty, not what its name says, or could do harm.
            TooLargeError: It is over the limit.
            TooManyError: The conversation has as many files as it may.
            StorageFullError: The disk takes no more; nothing was kept.

        """
        clean_name, kind = parse_file_name(name)
        with self.database.reading() as session:
            self._check_room(session, conversation, 0)
        data = source.read(self.policy.max_bytes + 1)
        if len(data) > self.policy.max_bytes:
            raise too_large(self.policy)
        if not data.strip():
            raise RefusedFileError("This file is empty. Choose another one.")
        content = kind.read(data)
        if len(content) > self.policy.max_bytes:
            raise too_large(self.policy)
        key = self._write(content)
        row = Attachment(
            id=AttachmentId(new_id()),
            conversation_id=conversation,
            report_id=None,
            name=clean_name,
            media_type=kind.media_type,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            blob_key=key,
            state=AttachmentState.CLEAN,
            at=self.clock(),
        )
        try:
            kept = self._record(row)
        except DomainError:  # surely not recorded; after any other error the row may be there
            self.path_of(key).unlink(missing_ok=True)
            raise
        if kept is not row:
            self.path_of(key).unlink(missing_ok=True)
        return kept

    def path_of(self, blob_key: str) -> Path:
        """Where the bytes lie."""
        return self.folder / blob_key[:2] / blob_key

    def _record(self, row: Attachment) -> Attachment:
        """Add the row, or find the same file's; takes the conversation's lock."""
        with self.database.transaction() as session:
            session.execute(
                select(Conversation.id)
                .where(Conversation.id == row.conversation_id)
                .with_for_update()
            )
            same = session.scalars(
                select(Attachment).where(
                    Attachment.conversation_id == row.conversation_id,
                    Attachment.report_id.is_(None),
                    Attachment.sha256 == row.sha256,
                    Attachment.name == row.name,
                )
            ).first()
            if same is not None:
                return same
            self._check_room(session, row.conversation_id, row.size)
            session.add(row)
            if self.jobs is not None and row.media_type in READERS:
                session.flush()
                self.jobs.owe_file_reading(session, row.id)
        return row

    def _check_room(self, session: Session, conversation: ConversationId, size: int) -> None:
        if session.get(Conversation, conversation) is None:
            raise NotFoundError("There is no such conversation.")
        count, total = session.execute(
            select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(
                Attachment.conversation_id == conversation
            )
        ).one()
        if count >= self.policy.max_files or total + size > self.policy.max_total:
            raise TooManyError(
                f"This conversation has all the files it may have ({self.policy.max_files} files, "
                f"{self.policy.max_total >> 20} MB together). Describe the rest in words.",
                max_files=self.policy.max_files,
                max_total=self.policy.max_total,
            )

    def _write(self, content: bytes) -> str:
        """Bytes to a generated name, all or nothing, safe against power loss."""
        key = secrets.token_hex(16)
        path = self.path_of(key)
        part = path.with_suffix(".part")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            part.unlink(missing_ok=True)
            if is_full(error):
                raise storage_full() from error
            raise
        return key


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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
