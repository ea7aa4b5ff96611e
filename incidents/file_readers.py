"""From a file's bytes to the text in it; one reader for each type that can be read.

Run in a child of `incidents.file_sandbox`: a reader may be slow or swell on hostile bytes,
and is then ended.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from email.message import EmailMessage
from io import BytesIO
from types import MappingProxyType
from typing import Final, Protocol

from typing_extensions import override

from incidents.file_archives import BROKEN, read_logs
from incidents.file_mail import parse_mail, part_bytes, part_name, walk_parts
from incidents.file_ocr import OcrReader
from incidents.file_reading import FileText
from models.storable import storable

HEAD: Final = 1 << 20
TAIL: Final = 3 << 20
"""Bytes that are read of a long file: its beginning, and its end, where the trouble mostly is."""
_PAGES: Final = 20
_OF_PAGE: Final = 40_000
_PARAGRAPHS: Final = 5_000
_CELLS: Final = 5_000
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_BREAK: Final = re.compile(r"(?i)<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,200}>")
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class FileReader(Protocol):
    """Reads the files of one type. `name` is stored with what was read."""

    name: str

    def read(self, content: bytes) -> FileText:
        """The text in the file, empty where there is none; bounded work on any bytes."""
        ...


class TextReader(FileReader):
    """Logs and other plain text, in whatever alphabet a program wrote them."""

    name = "text-1"

    @override
    def read(self, content: bytes) -> FileText:
        return FileText(storable(_decoded(content)))


class MailReader(FileReader):
    """A saved mail: its subject, its text parts and the names of the files in it."""

    name = "mail-2"

    @override
    def read(self, content: bytes) -> FileText:
        message = parse_mail(content[: HEAD + TAIL])
        if message is None:
            return FileText("", "This mail could not be taken apart.")
        parts = [_subject(message)]
        names: list[str] = []
        for part in walk_parts(message):
            name = part_name(part)
            if name:
                names.append(name[:200])
            elif part.get_content_maintype() == "text":
                parts.append(_part_text(part))
        if names:
            parts.append("Files in this mail: " + ", ".join(names))
        return FileText(storable("\n".join(parts)))


class ArchiveReader(FileReader):
    """A zip of logs: each text after a line with its name."""

    name = "zip-1"

    @override
    def read(self, content: bytes) -> FileText:
        parts: list[str] = []
        trouble = None
        try:
            for name, text in read_logs(content, head=HEAD, tail=TAIL):
                parts.append(f"=== {name}\n{_decoded(text)}")
        except BROKEN:
            trouble = "This archive is damaged; what follows the damage was not read."
        return FileText(storable("\n".join(parts)), trouble)


class PdfReader(FileReader):
    """A PDF: the words of its first pages."""

    name = "pdf-1"

    @override
    def read(self, content: bytes) -> FileText:
        import pypdfium2

        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError:
            return FileText("", "This PDF could not be opened.")
        pages: list[str] = []
        trouble = None
        try:
            for number in range(min(len(document), _PAGES)):
                page = document[number].get_textpage()
                pages.append(page.get_text_range(0, min(page.count_chars(), _OF_PAGE)))
        except pypdfium2.PdfiumError:
            trouble = "A page of this PDF is damaged; what follows was not read."
        text = storable("\n".join(pages)).replace("\r\n", "\n").replace("\x02", "")
        if not text.strip() and trouble is None:
            trouble = "There is no text in this PDF, only pictures of text."
        return FileText(text, trouble)


class DocumentReader(FileReader):
    """A Word document: its paragraphs, then what stands in its tables."""

    name = "docx-1"

    @override
    def read(self, content: bytes) -> FileText:
        from docx import Document

        try:
            document = Document(BytesIO(content))
            words = [one.text for one in document.paragraphs[:_PARAGRAPHS]]
            cells = [
                "\t".join(cell.text for cell in row.cells)
                for table in document.tables
                for row in table.rows
            ]
        except Exception:  # noqa: BLE001 - its parsers raise whatever a damaged part makes them
            return FileText("", "This document could not be opened.")
        return FileText(storable("\n".join([*words, *cells[:_CELLS]])))


_TEXT: Final = TextReader()
_PICTURE: Final = OcrReader()
READERS: Final[Mapping[str, FileReader]] = MappingProxyType(
    {
        "text/plain": _TEXT,
        "text/csv": _TEXT,
        "application/json": _TEXT,
        "message/rfc822": MailReader(),
        "application/zip": ArchiveReader(),
        "application/pdf": PdfReader(),
        DOCX: DocumentReader(),
        "image/png": _PICTURE,
        "image/jpeg": _PICTURE,
        "image/webp": _PICTURE,
        "image/gif": _PICTURE,
    }
)
"""Who reads a media type."""


def _subject(message: EmailMessage) -> str:
    try:
        return str(message.get("subject", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _part_text(part: EmailMessage) -> str:
    raw = part_bytes(part)
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
