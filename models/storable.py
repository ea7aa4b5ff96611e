"""Text as every database and every encoding can keep it."""

from __future__ import annotations


def storable(text: str) -> str:
    """`text` without NUL and half surrogates: JSON can hold them, PostgreSQL and UTF-8 cannot."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
