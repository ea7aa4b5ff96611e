"""A file in pieces: what arrived stays when the line is cut, and the next piece goes on from there.

An upload is opened with its name and size, its pieces come in order, and with the last one the
file is checked as any other. A piece that came before is answered with where to go on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from io import RawIOBase
from typing import BinaryIO, ClassVar, Final, cast

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from typing_extensions import override

from incidents.attachments import AttachmentStore, TooManyError, too_large
from incidents.file_blobs import Blobs, BlobsUnusableError
from incidents.file_checks import RefusedFileError, parse_file_name
from incidents.file_taking_back import NamedFileError, delete_file, named_files, take_back_file
from incidents.presence import record_news
from models.errors import DomainError, NotFoundError, StorageFullError
from models.ids import AttachmentId, ConversationId, UploadId, new_id
from models.report import Attachment, Upload

PIECE_BYTES: Final = 1 << 20
"""Bytes of every piece but the last; where one begins follows from how many are there."""
_KEPT: Final = timedelta(days=1)
_FORGOTTEN_AT_ONCE: Final = 100


class UploadGapError(DomainError):
    """The piece does not begin where the last one ended; data has `offset`, where it should."""

    code: ClassVar[str] = "upload.gap"


class UploadIdReusedError(DomainError):
    """One client id stands for one file."""

    code: ClassVar[str] = "upload.client_id_reused"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is, and the file once it is whole."""

    upload: Upload
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Uploads:
    """Files that come in pieces, on the same storage as all files."""

    store: AttachmentStore

    def open_upload(
        self,
        conversation: ConversationId,
        name: str,
        size: int,
        sha256: str | None,
        client_id: str | None = None,
    ) -> Progress:
        """Make room for a file of that size; under a `client_id` that came before, find it.

        Raises:
            UploadIdReusedError: The `client_id` came before with another file.
            UnsupportedFileError: Files of that kind are not taken.
            RefusedFileError: It is empty, or its name is a trick.
            TooLargeError: It is over the limit.
            TooManyError: The conversation has as many files, or uploads, as it may.
            NotFoundError: There is no such conversation.

        """
        clean_name, _ = parse_file_name(name)
        if size <= 0:
            raise RefusedFileError("This file is empty. Choose another one.")
        if size > self.store.policy.max_bytes:
            raise too_large(self.store.policy)
        if (known := self._opened(conversation, client_id, clean_name, size)) is not None:
            return known
        row = Upload(
            id=UploadId(new_id()),
            conversation_id=conversation,
            name=clean_name,
            size=size,
            sha256=sha256,
            received=0,
            attachment_id=None,
            client_id=client_id,
            at=self.store.clock(),
        )
        try:
            with self.store.database.transaction() as session:
                self.store.check_room(session, conversation, size)
                self._check_open(session, conversation, size)
                session.add(row)
        except IntegrityError:  # opened twice at once
            known = self._opened(conversation, client_id, clean_name, size)
            if known is None:
                raise
            return known
        return Progress(row)

    def _opened(
        self, conversation: ConversationId, client_id: str | None, name: str, size: int
    ) -> Progress | None:
        """The upload that was opened under that id; its answer was lost, so it comes again."""
        if client_id is None:
            return None
        with self.store.database.reading() as session:
            row = session.scalars(
                select(Upload).where(
                    Upload.conversation_id == conversation, Upload.client_id == client_id
                )
            ).one_or_none()
        if row is None:
            return None
        if (row.name, row.size) != (name, size):
            raise UploadIdReusedError(
                "This client_id was used for another file. Give every file its own."
            )
        return self.find(conversation, row.id)

    def find(self, conversation: ConversationId, upload_id: UploadId) -> Progress:
        """How far it is.

        Raises:
            NotFoundError: The conversation has no such upload, or it is too old.

        """
        with self.store.database.reading() as session:
            row = session.get(Upload, upload_id)
            if row is None or row.conversation_id != conversation:
                raise NotFoundError("There is no such upload any more. Send the file again.")
            done = None if row.attachment_id is None else session.get(Attachment, row.attachment_id)
            return Progress(row, done)

    def add_piece(
        self, conversation: ConversationId, upload_id: UploadId, start: int, piece: bytes
    ) -> Progress:
        """Keep the next piece; with the last one the file is checked and kept. Slow then.

        Args:
            conversation: Whose upload it is.
            upload_id: Which one.
            start: Where the piece begins.
            piece: `PIECE_BYTES` of them, fewer only at the end; none, to finish what is all here.

        Raises:
            NotFoundError: There is no such upload.
            UploadGapError: Bytes before it are missing, or it is no whole piece.
            DomainError: Whatever `keep_file` raises; the upload is forgotten where the file is
                refused, and kept where the storage cannot take it now.

        """
        found = self.find(conversation, upload_id)
        row = found.upload
        if found.attachment is not None:
            return found
        if row.received < row.size:
            if start < row.received:
                return found
            self._keep_piece(row, start, piece)
        if start + len(piece) < row.size:
            return self.find(conversation, upload_id)
        return self._finish(row)

    def take_back(self, conversation: ConversationId, upload_id: UploadId) -> None:
        """Forget an upload and its file. One that is not there does no harm.

        A file that a message or a report names stays, and so does one that another upload brought.
        """
        with self.store.database.transaction() as session:
            record_news(session, conversation)  # locks the conversation: no turn names it meanwhile
            row = session.get(Upload, upload_id)
            if row is None or row.conversation_id != conversation:
                return
            keys = _keys(row)
            session.delete(row)
            session.flush()
            file = None if row.attachment_id is None else session.get(Attachment, row.attachment_id)
            if file is not None and not self._is_needed(session, file):
                delete_file(session, file)
                keys.append(file.blob_key)
        self.store.blobs.remove(keys)

    def _is_needed(self, session: Session, file: Attachment) -> bool:
        elsewhere = select(Upload.id).where(Upload.attachment_id == file.id).limit(1)
        return session.scalars(elsewhere).first() is not None or file.id in named_files(
            session, file.conversation_id
        )

    def forget_old(self) -> int:
        """Remove uploads that were opened more than a day ago; returns how many."""
        with self.store.database.reading() as session:
            old = session.scalars(
                select(Upload)
                .where(Upload.at < self.store.clock() - _KEPT)
                .limit(_FORGOTTEN_AT_ONCE)
            ).all()
        if old:
            self._forget(old)
        return len(old)

    def _keep_piece(self, row: Upload, start: int, piece: bytes) -> None:
        whole = len(piece) == PIECE_BYTES or start + len(piece) == row.size
        if start != row.received or not whole or not piece:
            raise UploadGapError(
                f"This piece does not fit: go on at byte {row.received}, with {PIECE_BYTES} bytes "
                "at a time.",
                offset=row.received,
                piece=PIECE_BYTES,
            )
        self.store.blobs.write(_key(row, start), [piece])
        with self.store.database.transaction() as session:
            session.execute(
                update(Upload)
                .where(Upload.id == row.id, Upload.received == start)
                .values(received=start + len(piece))
            )
            taken_back = session.get(Upload, row.id) is None
        if taken_back:  # while the piece was on its way
            self.store.blobs.remove([_key(row, start)])

    def _finish(self, row: Upload) -> Progress:
        source = cast("BinaryIO", _Joined(_pieces(self.store.blobs, row)))
        try:
            kept = self.store.keep_file(
                row.conversation_id,
                row.name,
                source,
                sha256=row.sha256,
                attachment_id=AttachmentId(row.id),
            )
        except FileNotFoundError:  # finished by another try meanwhile, which took the pieces away
            finished = self.find(row.conversation_id, row.id)
            if finished.attachment is None:
                raise
            return finished
        except (BlobsUnusableError, StorageFullError):  # passes: an empty piece tries again
            raise
        except DomainError:
            self._forget([row])
            raise
        with self.store.database.transaction() as session:
            done = session.get(Upload, row.id)
            if done is not None:
                done.attachment_id = kept.id
        if done is None and kept.id == row.id:  # taken back while it was checked
            with suppress(NamedFileError):
                take_back_file(self.store, row.conversation_id, kept.id)
        self.store.blobs.remove(_keys(row))
        return self.find(row.conversation_id, row.id)

    def _forget(self, rows: Sequence[Upload]) -> None:
        for row in rows:
            self.store.blobs.remove(_keys(row))
        with self.store.database.transaction() as session:
            for row in rows:
                found = session.get(Upload, row.id)
                if found is not None:
                    session.delete(found)

    def _check_open(self, session: Session, conversation: ConversationId, size: int) -> None:
        policy = self.store.policy
        count, total = session.execute(
            select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
                Upload.conversation_id == conversation, Upload.attachment_id.is_(None)
            )
        ).one()
        if count >= policy.max_files or total + size > policy.max_total:
            raise TooManyError(
                "Too many uploads of this conversation are unfinished. Finish them first.",
                max_files=policy.max_files,
                max_total=policy.max_total,
            )


class _Joined(RawIOBase):
    """Pieces, one after the other, as a file that is read from its beginning."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = b""

    @override
    def read(self, size: int = -1) -> bytes:
        if not self._left:
            self._left = next(self._pieces, b"")
        found, self._left = self._left[:size], self._left[size:]
        return found


def _key(row: Upload, start: int) -> str:
    return f"{row.id.hex}.{start}"


def _keys(row: Upload) -> list[str]:
    return [_key(row, start) for start in range(0, row.size, PIECE_BYTES)]


def _pieces(blobs: Blobs, row: Upload) -> Iterator[bytes]:
    for key in _keys(row):
        yield from blobs.stream(key)
