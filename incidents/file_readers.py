"""From a file's bytes to the text in it; one reader for each type that can be read.

Pictures, PDF and Word documents have none yet: a reader is added to `READERS`, and files of
its type are read from then on.
"""

from __future__ import annotations

import codecs
import email
import email.policy
import re
from collections.abc import Mapping
from email.message import EmailMessage
from types import MappingProxyType
from typing import Final, Protocol

from typing_extensions import override

from models.storable import storable

HEAD: Final = 1 << 20
TAIL: Final = 3 << 20
"""Bytes that are read of a long file: its beginning, and its end, where the trouble mostly is."""
_PARTS: Final = 20
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_BREAK: Final = re.compile(r"(?i)<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,200}>")


class FileReader(Protocol):
    """Reads the files of one type. `name` is stored with what was read."""

    name: str

    def read(self, content: bytes) -> str:
        """The text in the file, empty where there is none; bounded work on any bytes."""
        ...


class TextReader(FileReader):
    """Logs and other plain text, in whatever alphabet a program wrote them."""

    name = "text-1"

    @override
    def read(self, content: bytes) -> str:
        return storable(_decoded(content))


class MailReader(FileReader):
    """A saved mail: its subject and its text parts; files inside it are left alone."""

    name = "mail-1"

    @override
    def read(self, content: bytes) -> str:
        message = email.message_from_bytes(content[: HEAD + TAIL], policy=email.policy.default)
        parts = [str(message.get("subject", ""))]
        for number, part in enumerate(message.walk()):
            if number == _PARTS:
                break
            if isinstance(part, EmailMessage) and part.get_content_maintype() == "text":
                parts.append(_part_text(part))
        return storable("\n".join(parts))


_TEXT: Final = TextReader()
READERS: Final[Mapping[str, FileReader]] = MappingProxyType(
    {
        "text/plain": _TEXT,
        "text/csv": _TEXT,
        "application/json": _TEXT,
        "message/rfc822": MailReader(),
    }
)
"""Who reads a media type."""


def _part_text(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        text = _decoded(raw)
    if part.get_content_subtype() == "html":
        text = _TAG.sub(" ", _BREAK.sub("\n", text))
    return text


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, UTF-16 by its many zeros, UTF-8, else what Windows writes."""
    encoding = _encoding(content[:4096])
    if len(content) > HEAD + TAIL:
        cut = content[:HEAD] + "\n".encode(encoding) + content[-TAIL:]
        return cut.decode(encoding, errors="replace")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("cp1252" if encoding == "utf-8" else encoding, errors="replace")


def _encoding(start: bytes) -> str:
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if start.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    half = len(start) // 2
    if start[1::2].count(0) > half * 0.4:
        return "utf-16-le"
    if start[::2].count(0) > half * 0.4:
        return "utf-16-be"
    return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
