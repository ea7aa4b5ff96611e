"""Whether a file holds something that acts by itself: the scanner's port, and the built-in one.

A file is quarantined until a scanner calls it clean. The built-in scanner looks for a second
file hidden in the first, for programs and for the test file of all virus scanners; a real
scanner of viruses takes its place by the same port.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from typing_extensions import override

_PIECE: Final = 1 << 20
_OVERLAP: Final = 256


class Finding(StrEnum):
    """What a scanner says."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A finding; `reason` names what was found, or why nothing could be said."""

    finding: Finding
    reason: str = ""


class FileScanner(Protocol):
    """Says whether a file is clean. Slow; called outside a transaction, may run twice."""

    def scan(self, path: Path, name: str) -> Verdict:
        """The verdict on the file at `path`; never raises, UNAVAILABLE where it cannot say.

        Args:
            path: The bytes as they came.
            name: Its checked name; the ending says what it is.

        """
        ...


_EICAR: Final = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_ANYWHERE: Final = (
    (re.compile(re.escape(_EICAR)), "the test file of virus scanners"),
    (re.compile(rb"This program (?:cannot be run in DOS|must be run under Win)"), "a program"),
)
_HIDDEN: Final = (
    (re.compile(rb"(?i)<script[\s>/]|<\?php[\s]|<html[\s>]|<!doctype html|<svg[\s>/]|javascript:"
                rb"|<iframe[\s>]"), "a web page"),
    (re.compile(rb"%PDF-[12]\.\d"), "a document"),
    (re.compile(rb"Rar!\x1a\x07|7z\xbc\xaf\x27\x1c"), "an archive"),
    (re.compile(rb"(?s)PK\x03\x04.{26}[\w./-]{1,80}\.\w{2,5}"), "an archive"),
)  # fmt: skip
"""What a picture has no place for."""
_STARTS: Final = (
    (b"\x7fELF", "a program"),
    (b"#!", "a script"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"%PDF-", "a document"),
    (b"PK\x03\x04", "an archive"),
    (b"{\\rtf", "a document"),
    (b"GIF8", "a picture"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<?php", "a script"),
)
"""What a text does not begin with."""
_FORMULA: Final = re.compile(
    rb"(?im)(?:^|[,;\t\"])[=+@-]\s{0,4}(?:cmd|dde|msexcel|powershell|mshta|webservice|hyperlink"
    rb"|importxml|importdata)\b.{0,200}?[|(!]"
)
_SCRIPTED_PAGE: Final = re.compile(
    rb"(?i)<script[\s>/]|<iframe[\s>]|<object[\s>]|<embed[\s>]|javascript:|<svg[\s>/]|data:text/html"
    rb"|<[a-z]{1,12}[^<>]{0,400}\son[a-z]{3,20}\s{0,3}="
)
PICTURES: Final = frozenset({"png", "jpg", "jpeg", "gif", "webp"})
TEXTS: Final = frozenset({"txt", "log", "csv", "json"})


class StructuralScanner(FileScanner):
    """Looks at bytes alone; knows no virus but the test file. Always there."""

    @override
    def scan(self, path: Path, name: str) -> Verdict:
        ending = name.rpartition(".")[2].lower()
        try:
            for piece, first in _pieces(path):
                found = find_trouble(piece, ending, first=first)
                if found:
                    return Verdict(Finding.INFECTED, found)
        except OSError as error:
            return Verdict(Finding.UNAVAILABLE, error.strerror or "unreadable")
        return Verdict(Finding.CLEAN)


def find_trouble(content: bytes, ending: str, *, first: bool = True) -> str:
    """What a piece of a file holds that it should not, as a noun; empty where there is nothing.

    Args:
        content: A piece; pieces overlap by 256 bytes.
        ending: What the file says it is, e.g. `png`.
        first: Whether the file begins here.

    """
    patterns = list(_ANYWHERE)
    if ending in PICTURES:
        patterns += _HIDDEN
    if ending == "csv":
        patterns.append((_FORMULA, "a formula that starts a program"))
    if ending == "eml":
        patterns.append((_SCRIPTED_PAGE, "a script"))
    for pattern, noun in patterns:
        if pattern.search(content):
            return noun
    if first and ending in TEXTS:
        start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
        for magic, noun in _STARTS:
            if start.startswith(magic):
                return noun
    return ""


def _pieces(path: Path) -> Iterator[tuple[bytes, bool]]:
    with path.open("rb") as file:
        kept = b""
        first = True
        while piece := file.read(_PIECE):
            yield kept + piece, first
            kept = piece[-_OVERLAP:]
            first = False
