"""Where files lie: a folder or a bucket, by one address; the database holds only their names.

A name is drawn by us and never comes from outside. What is written is whole or not there.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from models.errors import DomainError, StorageFullError

PIECE: Final = 1 << 20
"""Bytes that are in memory at one time while a file is copied."""
_FULL: Final = re.compile(r"os error (?:27|28|122)\b")  # EFBIG, ENOSPC, EDQUOT
_KEY: Final = re.compile(r"[0-9a-f]{8,64}(?:\.\d{1,12})?\Z")
_OPTIONS: Final = frozenset({"region", "endpoint", "allow_http", "retries"})


class BlobsUnusableError(DomainError):
    """The storage of files answers nothing, or refuses us."""

    code: ClassVar[str] = "attachment.storage_unusable"


class BadBlobsAddressError(DomainError):
    """The address of the storage of files is none."""

    code: ClassVar[str] = "attachment.bad_storage"


@dataclass(frozen=True, slots=True)
class Blobs:
    """Files by key. `folder` is where they lie on this machine; None for a bucket."""

    store: ObjectStore
    folder: Path | None = None

    def write(self, key: str, source: BinaryIO | Sequence[bytes]) -> None:
        """All of `source`, piece by piece; whole, and safe against power loss, or not at all.

        Raises:
            StorageFullError: There is no room; nothing was kept.
            BlobsUnusableError: The storage does not take it.

        """
        place = self._place(key)
        pieces = source if isinstance(source, Sequence) else _read(source)
        if self.folder is not None:
            (self.folder / key[:2]).mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            obstore.put(self.store, place, pieces, chunk_size=5 << 20, max_concurrency=1)
        except BaseError as error:
            if _FULL.search(str(error)):
                raise storage_full() from error
            raise _unusable() from error
        except OSError as error:
            if _FULL.search(str(error)):
                raise storage_full() from error
            raise
        if self.folder is not None:
            _settle(self.folder / place)

    def stream(self, key: str) -> Iterator[bytes]:
        """The file, piece by piece. The look-up is done before the first piece is asked for.

        Raises:
            FileNotFoundError: It is not there.
            BlobsUnusableError: The storage does not answer.

        """
        try:
            found = obstore.get(self.store, self._place(key))
        except BaseError as error:
            raise _unusable() from error
        return (bytes(piece) for piece in found.stream(min_chunk_size=PIECE))

    def copy_to(self, key: str, target: BinaryIO) -> None:
        """The file into `target`, piece by piece. Raises as `stream` does."""
        target.writelines(self.stream(key))

    def has(self, key: str) -> bool:
        """Whether it is there."""
        try:
            obstore.head(self.store, self._place(key))
        except FileNotFoundError:
            return False
        except BaseError as error:
            raise _unusable() from error
        return True

    def remove(self, keys: Iterable[str]) -> None:
        """Remove what is there of these; what is not, or cannot be, does no harm."""
        for key in keys:
            with contextlib.suppress(FileNotFoundError, BaseError):
                obstore.delete(self.store, self._place(key))

    def _place(self, key: str) -> str:
        if _KEY.match(key) is None:
            msg = "a key of ours is hexadecimal"
            raise ValueError(msg)
        return f"{key[:2]}/{key}"


def build_blobs(address: str | Path) -> Blobs:
    """The storage at an address: a folder, or `s3://BUCKET/PREFIX?endpoint=...&region=...`.

    A bucket's credentials come from the environment (`AWS_ACCESS_KEY_ID` and so on) or from
    the machine's role, as for every program that speaks S3.

    Raises:
        BadBlobsAddressError: It is neither.

    """
    text = str(address)
    if "://" not in text:
        folder = Path(address)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Blobs(LocalStore(folder), folder)
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query))
    retries = options.get("retries", "3")
    known = set(options) <= _OPTIONS and retries.isdecimal()
    if parts.scheme != "s3" or not parts.netloc or not known:
        raise BadBlobsAddressError(
            "The storage of files is a folder, or s3://BUCKET/PREFIX with the options "
            f"{', '.join(sorted(_OPTIONS))}. Mend MUSTER_BLOBS."
        )
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        region=options.get("region"),
        endpoint=options.get("endpoint"),
        client_options={
            "allow_http": options.get("allow_http") == "true",
            "timeout": "30s",
            "connect_timeout": "5s",
        },
        retry_config={
            "max_retries": int(retries),
            "retry_timeout": timedelta(seconds=20),
        },
    )
    return Blobs(store)


def storage_full() -> StorageFullError:
    """The refusal of a file that the disk has no room for."""
    return StorageFullError("The storage is full; the file was not kept. Send it later.")


def _unusable() -> BlobsUnusableError:
    return BlobsUnusableError("The storage of files does not answer. Send the file again later.")


def _read(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(PIECE):
        yield piece


def _settle(path: Path) -> None:
    """For this account alone, and on the disk before a row points to it."""
    path.chmod(0o600)
    for one, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(one, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
