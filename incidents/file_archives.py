"""Archives, by what they declare before anything is unpacked: Word documents and zips of logs."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from incidents.file_scanning import find_trouble

_PACKED_BY: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
BROKEN: Final = (
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
"""What unpacking raises on files that are not what they say."""
_LOOKED_AT: Final = 1 << 20
_LOOKED_AT_PART: Final = 64 << 10
_OF_XML: Final = 24 << 20
_MAC: Final = "__MACOSX/"
_MAC_MOST: Final = 4_096
_TRICK: Final = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_ENTITIES: Final = re.compile(rb"(?i)<!(?:doctype|entity)")
_WIDE: Final = re.compile(rb"\A(?:\xff\xfe|\xfe\xff|<\x00|\x00<)")
_ACTING_PARTS: Final = re.compile(
    r"(?i)vbaProject|vbaData|(?:^|/)(?:activeX|embeddings|macrosheets)/|\.(?:bin|exe|dll|js|vbs|zip)$"
)
_OUTSIDE: Final = re.compile(
    rb"(?i)<Relationship\b[^<>]{0,2000}(?:attachedTemplate|oleObject|/frame|subDocument|aFChunk)"
    rb"[^<>]{0,2000}>"
)


@dataclass(frozen=True, slots=True)
class ArchivePolicy:
    """How much an archive may hold.

    Attributes:
        entries: Of one archive, folders included.
        unpacked: Bytes, all entries together.
        ratio: Unpacked bytes to one of the archive's; a log that repeats itself packs well, so
            only from `harmless` bytes on.

    """

    entries: int
    unpacked: int
    ratio: int
    harmless: int = 1 << 20


DOCUMENT: Final = ArchivePolicy(entries=1_000, unpacked=200 << 20, ratio=100)
LOGS: Final = ArchivePolicy(entries=200, unpacked=200 << 20, ratio=200)


class HarmfulArchiveError(ValueError):
    """It would explode, climbs out of its folder, hides something, or holds what acts."""


class WrongEntryError(ValueError):
    """One entry is of a kind that is not taken; the message is its name."""


def check_document(data: bytes) -> bytes:
    """The list of types of a Word document that holds nothing harmful.

    Raises:
        HarmfulArchiveError: It holds macros, programs, entities, or far too much.
        One of BROKEN: It is no whole archive.

    """
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = _entries(archive, len(data), DOCUMENT)
        for entry in entries:
            if _ACTING_PARTS.search(entry.filename):
                raise HarmfulArchiveError
            if not entry.filename.lower().endswith((".xml", ".rels", ".vml")):
                if find_trouble(archive.open(entry).read(_LOOKED_AT_PART), ""):
                    raise HarmfulArchiveError
                continue
            if entry.file_size > _OF_XML:
                raise HarmfulArchiveError
            start = archive.open(entry).read(_LOOKED_AT)
            if _WIDE.match(start) or _ENTITIES.search(start):
                raise HarmfulArchiveError
            if entry.filename.endswith(".rels") and _OUTSIDE.search(start):
                raise HarmfulArchiveError
        types = archive.getinfo("[Content_Types].xml")
        if types.file_size > _LOOKED_AT:
            raise HarmfulArchiveError
        return archive.read(types)


def check_logs(data: bytes, check_text: Callable[[str, bytes], object]) -> None:
    """A zip of texts, and nothing else; archives in it are refused.

    Args:
        data: The archive.
        check_text: Given an entry's ending and its beginning; raises where it does not agree,
            `KeyError` where files of that ending are not taken in an archive.

    Raises:
        HarmfulArchiveError: It would explode, climbs, hides, or holds what acts.
        WrongEntryError: It holds something that is no text.
        One of BROKEN: It is no whole archive.

    """
    with zipfile.ZipFile(BytesIO(data)) as archive:
        entries = _entries(archive, len(data), LOGS)
        files = [entry for entry in entries if not entry.is_dir()]
        if not files:
            raise HarmfulArchiveError
        for entry in files:
            ending = entry.filename.rpartition(".")[2].lower()
            start = archive.open(entry).read(_LOOKED_AT)
            if entry.filename.startswith(_MAC) and len(start) <= _MAC_MOST:
                if find_trouble(start, "txt"):
                    raise HarmfulArchiveError
                continue
            if find_trouble(start, ending):
                raise HarmfulArchiveError
            try:
                check_text(ending, _whole_lines(start))
            except KeyError as error:
                raise WrongEntryError(entry.filename.rpartition("/")[2][:80]) from error


def read_logs(data: bytes, *, head: int, tail: int) -> Iterator[tuple[str, bytes]]:
    """The texts of a checked archive: name, and its beginning and end, so many bytes together.

    Raises:
        One of BROKEN: It is no whole archive.

    """
    left = head + tail
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for entry in archive.infolist()[: LOGS.entries]:
            if entry.is_dir() or entry.filename.startswith(_MAC) or left <= 0:
                continue
            with archive.open(entry) as file:
                content = file.read(min(left, head + tail))
                kept = content[-tail:]
                while piece := file.read(_LOOKED_AT):
                    kept = (kept + piece)[-tail:]
            if len(content) > head and kept != content[-tail:]:
                content = content[:head] + b"\n" + kept
            left -= len(content)
            yield entry.filename, content


def _entries(archive: zipfile.ZipFile, size: int, policy: ArchivePolicy) -> list[zipfile.ZipInfo]:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    exploding = (
        len(entries) > policy.entries
        or total > policy.unpacked
        or (total > policy.harmless and total > policy.ratio * size)
        or packed > size  # entries that lie on each other
    )
    tricky = len(set(names)) < len(names) or any(_climbs(name) for name in names)
    unusual = any(
        entry.flag_bits & 1
        or entry.compress_type not in _PACKED_BY
        or stat.S_ISLNK(entry.external_attr >> 16)
        for entry in entries
    )
    if exploding or tricky or unusual:
        raise HarmfulArchiveError
    return entries


def _climbs(name: str) -> bool:
    return (
        name.startswith(("/", "\\"))
        or "\\" in name
        or name[1:2] == ":"
        or ".." in name.split("/")
        or _TRICK.search(name) is not None
    )


def _whole_lines(start: bytes) -> bytes:
    """Without the last line where it was cut, so that no sign is halved."""
    if len(start) < _LOOKED_AT:
        return start
    return start[: start.rfind(b"\n") + 1] or start[:-4]
