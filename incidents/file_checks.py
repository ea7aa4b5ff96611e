"""Which files are taken, and whether a file is what its name says.

The ending chooses the kind, the content must agree, and what could do something by itself
(web pages, drawings with scripts, macros, archives that explode) is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

import puremagic

from incidents.file_archives import (
    BROKEN,
    HarmfulArchiveError,
    WrongEntryError,
    check_document,
    check_logs,
)
from incidents.file_mail import mail_files
from incidents.file_pdf import find_acting
from incidents.file_scanning import TEXTS, find_trouble
from incidents.pictures import (
    TooManyPixelsError,
    UnreadablePictureError,
    read_picture,
)
from models.errors import DomainError

_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MAX_NAME: Final = 200
_SNIFFED: Final = 4_096
_WEB_PAGE: Final = re.compile(
    rb"\A\s*(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+(?:html|svg)|html|svg|script|head|body"
    rb"|iframe)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAIL_HEAD: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


_TURNS_TEXT: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_ACTING: Final = (
    "ade app bat chm cmd com cpl dll docm exe gadget hta htm html inf iso jar js jse lnk mht mhtml "
    "msc msi msp pif ps1 reg scr sct sh shtml svg swf vb vbe vbs wsf wsh xhtml xlsm"
)
ACTING: Final = frozenset(_ACTING.split())
"""Endings of what acts when it is opened."""


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
    if _TURNS_TEXT.search(name):
        raise RefusedFileError("The file's name is written backwards in part. Rename it.")
    name = "".join(sign for sign in name if not unicodedata.category(sign).startswith("C"))
    name = " ".join(name.split()).strip(" .")
    stem, dot, ending = name.rpartition(".")
    kind = KINDS.get(ending.lower()) if dot else None
    if kind is None:
        raise UnsupportedFileError(
            "Files of this kind are not taken. Send a picture (PNG, JPG, GIF, WEBP), a PDF, a "
            "Word document (DOCX), plain text (TXT, LOG, CSV, JSON), a saved mail (EML) or a ZIP "
            "of logs. Save a photo as JPG.",
            allowed=sorted(KINDS),
        )
    if ending.lower() not in TEXTS and stem.rpartition(".")[2].lower().strip() in ACTING:
        raise RefusedFileError(
            f"The file's name says two things (.{stem.rpartition('.')[2]} and .{ending}). Rename "
            "it to what it is."
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
    acting = find_acting(data)
    if acting:
        raise RefusedFileError(
            f"This PDF holds {acting}. Print it to a new PDF or take a screenshot, then send that."
        )
    return data


def _read_docx(data: bytes) -> bytes:
    _check_signature(data, _DOCX)
    try:
        types = check_document(data)
    except HarmfulArchiveError as error:
        raise RefusedFileError(
            "This document holds something that a document does not need (macros, a password, "
            "or far too much inside). Send a PDF of it, or a screenshot."
        ) from error
    except BROKEN as error:
        raise RefusedFileError(
            "This document is damaged. Open it in Word, save it again as DOCX, then send it."
        ) from error
    if b"wordprocessingml.document.main+xml" not in types or b"macroEnabled" in types:
        raise RefusedFileError(
            "This is no plain Word document. Save it as DOCX without macros, then send it again."
        )
    return data


def _read_zip(data: bytes) -> bytes:
    _check_signature(data, "application/zip")
    if not data.startswith(b"PK\x03\x04"):
        raise RefusedFileError("This is no plain ZIP. Pack the logs again, then send them.")
    try:
        check_logs(data, lambda ending, start: _IN_ARCHIVES[ending](start))
    except HarmfulArchiveError as error:
        raise RefusedFileError(
            "This archive holds more than logs (an archive, a program, a password, or far too "
            "much inside). Send the one log that matters."
        ) from error
    except WrongEntryError as error:
        raise RefusedFileError(
            f"There is more than text in this archive ({error}). Pack only TXT, LOG, CSV and JSON "
            "files, or send the other files one by one."
        ) from error
    except BROKEN as error:
        raise RefusedFileError("This archive is damaged. Pack it again, then send it.") from error
    return data


def _read_text(data: bytes) -> bytes:
    text = _decode(data)
    start = data if text is None else text[:_SNIFFED].lstrip("\ufeff").encode("utf-8", "replace")
    if _WEB_PAGE.match(start[:_SNIFFED]):
        raise RefusedFileError(
            "This is a web page or a drawing, not plain text. Send a screenshot of it instead."
        )
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
    for name, content in mail_files(data):
        ending = name.rpartition(".")[2].lower()
        kind = KINDS.get(ending)
        if ending in ACTING or find_trouble(content, ending):
            raise RefusedFileError(
                "A file in this mail could do harm. Send a screenshot of the mail instead; do not "
                "open what is in it."
            )
        if kind is not None and ending != "eml":
            kind.read(content)
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
_IN_ARCHIVES: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {"txt": _read_text, "log": _read_text, "csv": _read_text, "json": _read_text}
)
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
        "zip": FileKind("application/zip", _read_zip),
        "json": FileKind("application/json", _read_json),
    }
)
"""What is taken, by the name's ending."""
