"""What was read in one file, and what its sender is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from classifier.signatures import SignatureKind, kind_of, shown

_MOST: Final = 300
_ORDER: Final = (SignatureKind.CODE, SignatureKind.EXCEPTION, SignatureKind.TEMPLATE)


@dataclass(frozen=True, slots=True)
class FileText:
    """The text in a file; `trouble` says in a sentence why there is none, or not all.

    `reader` overrides the name of who read it, where that is known only afterwards.
    """

    text: str
    trouble: str | None = None
    reader: str = ""


@dataclass(frozen=True, slots=True)
class FileFound:
    """What was found in a file: its text, cut, and its signatures, most telling first."""

    text: str
    signatures: Sequence[str]
    reader: str
    trouble: str | None = None


_SAID: Final[Mapping[str, Mapping[SignatureKind, str]]] = {
    "en": {
        SignatureKind.CODE: "I can see error {what} in your {file}.",
        SignatureKind.EXCEPTION: "I can see “{what}” in your {file}.",
        SignatureKind.TEMPLATE: "I can see “{what}” in your {file}.",
    },
    "de": {
        SignatureKind.CODE: "Ich sehe den Fehler {what} in {file}.",
        SignatureKind.EXCEPTION: "Ich sehe „{what}“ in {file}.",
        SignatureKind.TEMPLATE: "Ich sehe „{what}“ in {file}.",
    },
}
_FILES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"image": "screenshot", "pdf": "PDF", "mail": "mail", "zip": "logs", "": "file"},
    "de": {
        "image": "Ihrem Bild",
        "pdf": "Ihrem PDF",
        "mail": "Ihrer Mail",
        "zip": "Ihren Logs",
        "": "Ihrer Datei",
    },
}


def render_seen(signatures: Sequence[str], media_type: str, language: str) -> str:
    """One sentence on the most telling thing that was read; empty where there is none.

    Args:
        signatures: As stored with the reading.
        media_type: Of the file.
        language: Of the conversation, e.g. `de`; English where there are no words for it.

    """
    told = _SAID.get(language[:2], _SAID["en"])
    files = _FILES.get(language[:2], _FILES["en"])
    for kind in _ORDER:
        found = next((one for one in signatures if kind_of(one) is kind), None)
        if found is not None:
            what = " ".join(shown(found).replace("<*>", "…").split())[:160]
            return told[kind].format(what=what, file=files[_family(media_type)])[:_MOST]
    return ""


def _family(media_type: str) -> str:
    if media_type.startswith("image/"):
        return "image"
    return {
        "application/pdf": "pdf",
        "message/rfc822": "mail",
        "application/zip": "zip",
    }.get(media_type, "")
