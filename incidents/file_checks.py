"""Which files are taken, and whether a file is what its name says.

The ending chooses the kind, the content must agree, and what could do something by itself
(web pages, drawings with scripts, macros, archives that explode) is refused.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import ClassVar, Final

import puremagic

from incidents.pictures import (
    TooManyPixelsError,
    UnreadablePictureError,
    read_picture,
)
from models.errors import DomainError

_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MAX_NAME: Final = 200
_MAX_ENTRIES: Final = 1_000
_MAX_UNPACKED: Final = 200 << 20
_MAX_RATIO: Final = 100
_PACKED_BY: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN_ARCHIVE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    KeyError,
    RuntimeError,
    OverflowError,
    ValueError,
)
_SNIFFED: Final = 4_096
_WEB_PAGE: Final = re.compile(
    rb"\A\s*(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+(?:html|svg)|html|svg|script|head|body"
    rb"|iframe)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAIL_HEAD: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


class UnsupportedFileError(DomainError):
    """Files of that kind are not taken."""

    code: ClassVar[str] = "attachment.unsupported"


class RefusedFileError(DomainError):
    """The file is not what its name says, or could do harm."""

    code: ClassVar[str] = "attachment.refused"


@dataclass(frozen=True, slots=True)
class FileKind:
    """One kind of file we take.

    Attributes:
        media_type: As it is stored and served.
        read: The content to keep; raises `RefusedFileError` where it does not agree.

    """

    media_type: str
    read: Callable[[bytes], bytes]


def parse_file_name(given: str) -> tuple[str, FileKind]:
    """A name that is safe to show and to offer for download, and the kind its ending means.

    Raises:
        UnsupportedFileError: No such kind is taken; data has the endings that are.
        RefusedFileError: The name has signs that only a trick needs.

    """
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    if any(unicodedata.category(sign) == "Cc" for sign in name):
        raise RefusedFileError("The file's name has signs in it that no name needs. Rename it.")
    name = "".join(sign for sign in name if not unicodedata.category(sign).startswith("C"))
    name = " ".join(name.split()).strip(" .")
    stem, dot, ending = name.rpartition(".")
    kind = KINDS.get(ending.lower()) if dot else None
    if kind is None:
        raise UnsupportedFileError(
            "Files of this kind are not taken. Send a picture (PNG, JPG, GIF, WEBP), a PDF, a "
            "Word document (DOCX) or plain text (TXT, LOG, CSV, JSON), or a saved mail (EML).",
            allowed=sorted(KINDS),
        )
    return f"{stem[:_MAX_NAME].strip() or 'file'}.{ending}", kind


def _picture(picture_format: str, media_type: str) -> Callable[[bytes], bytes]:
    def read(data: bytes) -> bytes:
        _check_signature(data, media_type)
        try:
            return read_picture(data, picture_format)
        except TooManyPixelsError as error:
            raise RefusedFileError(
                f"This picture has too many pixels (over {error.most // 1_000_000} million). "
                "Make it smaller or cut out the part that matters, then send it again."
            ) from error
        except UnreadablePictureError as error:
            raise RefusedFileError(
                "This picture is damaged or incomplete. Save it again, or take a new screenshot."
            ) from error

    return read


def _read_pdf(data: bytes) -> bytes:
    _check_signature(data, "application/pdf")
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-4096:]:
        raise RefusedFileError("This PDF is damaged or incomplete. Save it again, then send it.")
    return data


def _read_docx(data: bytes) -> bytes:
    _check_signature(data, _DOCX)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_archive(archive, len(data))
            types = archive.read("[Content_Types].xml")
    except _BROKEN_ARCHIVE as error:
        raise RefusedFileError(
            "This document is damaged. Open it in Word, save it again as DOCX, then send it."
        ) from error
    if b"wordprocessingml.document.main+xml" not in types or b"macroEnabled" in types:
        raise RefusedFileError(
            "This is no plain Word document. Save it as DOCX without macros, then send it again."
        )
    return data


def _check_archive(archive: zipfile.ZipFile, size: int) -> None:
    """By what the archive declares; nothing is unpacked but the list of types."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    total = sum(entry.file_size for entry in entries)
    types = next((one for one in entries if one.filename == "[Content_Types].xml"), None)
    exploding = (
        len(entries) > _MAX_ENTRIES
        or total > _MAX_UNPACKED
        or total > _MAX_RATIO * size
        or (types is not None and types.file_size > 1 << 20)
    )
    tricky = len(set(names)) < len(names) or any(
        name.startswith("/") or ".." in name.split("/") or name.endswith(("vbaProject.bin", ".zip"))
        for name in names
    )
    unusual = any(e.flag_bits & 1 or e.compress_type not in _PACKED_BY for e in entries)
    if exploding or tricky or unusual:
        raise RefusedFileError(
            "This document holds something that a document does not need (macros, a password, "
            "or far too much inside). Send a PDF of it, or a screenshot."
        )


def _read_text(data: bytes) -> bytes:
    if _WEB_PAGE.match(data[:_SNIFFED].lstrip(b"\xef\xbb\xbf")):
        raise RefusedFileError(
            "This is a web page or a drawing, not plain text. Send a screenshot of it instead."
        )
    text = _decode(data)
    if text is None or _CONTROL.search(text):
        raise RefusedFileError("This is not plain text. Save it as text (UTF-8), then send it.")
    return data


def _read_json(data: bytes) -> bytes:
    _read_text(data)
    text = _decode(data) or ""
    if not re.match(r'\A\ufeff?\s*[\[{"\d\-tfn]', text):
        raise RefusedFileError("This is no JSON. Send it as a TXT file.")
    return data


def _read_mail(data: bytes) -> bytes:
    _read_text(data)
    if not _MAIL_HEAD.match(data):
        raise RefusedFileError("This is no saved mail. Save it as EML again, or as a TXT file.")
    return data


def _decode(data: bytes) -> str | None:
    """UTF-8, UTF-16 where it says so, or what Windows programs write."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _check_signature(data: bytes, media_type: str) -> None:
    try:
        matches = puremagic.magic_string(data[:_SNIFFED])
    except (puremagic.PureError, ValueError):
        matches = []
    if media_type not in {match.mime_type for match in matches}:
        raise RefusedFileError(
            "The content of this file is not what its name says. Open it, save it again in the "
            "format of its name, then send it."
        )


_TEXT: Final = FileKind("text/plain", _read_text)
_JPEG: Final = FileKind("image/jpeg", _picture("JPEG", "image/jpeg"))
KINDS: Final[Mapping[str, FileKind]] = MappingProxyType(
    {
        "png": FileKind("image/png", _picture("PNG", "image/png")),
        "jpg": _JPEG,
        "jpeg": _JPEG,
        "gif": FileKind("image/gif", _picture("GIF", "image/gif")),
        "webp": FileKind("image/webp", _picture("WEBP", "image/webp")),
        "pdf": FileKind("application/pdf", _read_pdf),
        "docx": FileKind(_DOCX, _read_docx),
        "txt": _TEXT,
        "log": _TEXT,
        "csv": FileKind("text/csv", _read_text),
        "eml": FileKind("message/rfc822", _read_mail),
        "json": FileKind("application/json", _read_json),
    }
)
"""What is taken, by the name's ending."""
