"""Whether a PDF does something by itself: scripts, programs, files and forms inside it."""

from __future__ import annotations

import re
import zlib
from typing import Final

_MOST: Final = 24 << 20
_OF_ONE: Final = 8 << 20
_STREAM: Final = re.compile(rb"stream\r?\n")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTS: Final = re.compile(
    rb"/S\s{0,9}/(?:JavaScript|Launch|SubmitForm|ImportData|GoToE|GoToR|RichMediaExecute|Rendition)\b"
    rb"|/JS\s{0,9}[(<\d]|/JavaScript\b|/EmbeddedFiles?\b|/RichMedia\b|/XFA\b|/Launch\b"
)
_LOCKED: Final = re.compile(rb"/Encrypt\s{0,9}(?:\d|<<)")
_PACKED: Final = re.compile(rb"/(?:ObjStm|FlateDecode|Fl)\b")


def find_acting(data: bytes) -> str:
    """What acts in the file, as a noun; empty where nothing was found. Bounded work.

    Packed objects are looked into; a file whose packed objects are more than can be looked
    into says so.
    """
    if _LOCKED.search(data):
        return "a password"
    if _ACTS.search(_plain(data)):
        return "something that acts by itself"
    left = _MOST
    for match in _STREAM.finditer(data):
        head = data[max(0, match.start() - 400) : match.start()]
        own = head[head.rfind(b"obj") + 3 :]
        if not _PACKED.search(_plain(own)) or b"/Image" in own or b"/FontFile" in own:
            continue
        objects = b"/ObjStm" in _plain(own)
        text = _unpacked(data[match.end() : match.end() + _OF_ONE])
        left -= len(text)
        if objects and _ACTS.search(_plain(text)):
            return "something that acts by itself"
        if left <= 0:
            return "far too much inside"
    return ""


def _unpacked(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, _OF_ONE)
    except zlib.error:
        return b""


def _plain(data: bytes) -> bytes:
    """Names without their escapes: `/J#61vaScript` is `/JavaScript`."""
    if b"#" not in data:
        return data
    return _ESCAPED.sub(lambda match: bytes([int(match[1], 16)]), data)
