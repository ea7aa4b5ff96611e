"""From a file's bytes to what is stored of it: text, and signatures of the masked text."""

from __future__ import annotations

from typing import Final

from classifier.log_reading import read_log
from classifier.signature_codes import find_codes
from classifier.signatures import SignatureKind, signature
from incidents.file_readers import READERS
from incidents.file_reading import FileFound
from incidents.privacy import mask

_KEPT: Final = 200_000
"""Characters of a file's text that are kept."""
_LOGS: Final = frozenset({"text/plain", "text/csv", "application/json", "application/zip"})
_SHORT: Final = 20_000
_CODES: Final = 4


def find_in(media_type: str, content: bytes) -> FileFound:
    """Read a file of a type that can be read. Private words are in no signature.

    Raises:
        KeyError: Nobody reads that type.

    """
    reader = READERS[media_type]
    found = reader.read(content)
    masked = mask(found.text)
    signatures = read_log(masked)
    if media_type not in _LOGS:
        signatures = tuple(dict.fromkeys((*signatures, *_codes_in(masked[:_SHORT]))))
    return FileFound(
        text=found.text[:_KEPT],
        signatures=signatures,
        reader=found.reader or reader.name,
        trouble=found.trouble,
    )


def _codes_in(text: str) -> list[str]:
    """Codes anywhere in what is no log: a dialog's code may stand in a line of its own."""
    codes = dict.fromkeys(signature(SignatureKind.CODE, hit.value) for hit in find_codes(text))
    return list(codes)[:_CODES]
