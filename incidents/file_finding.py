"""From a file's bytes to what is stored of it: text, and signatures of the masked text."""

from __future__ import annotations

from typing import Final

from classifier.log_reading import read_log
from incidents.file_readers import READERS
from incidents.file_reading import FileFound
from incidents.privacy import mask

_KEPT: Final = 200_000
"""Characters of a file's text that are kept."""


def find_in(media_type: str, content: bytes) -> FileFound:
    """Read a file of a type that can be read. Private words are in no signature.

    Raises:
        KeyError: Nobody reads that type.

    """
    reader = READERS[media_type]
    found = reader.read(content)
    return FileFound(
        text=found.text[:_KEPT],
        signatures=read_log(mask(found.text)),
        reader=found.reader or reader.name,
        trouble=found.trouble,
    )
