"""A saved mail taken apart: its words, and the files in it, each to a bound."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage, Message
from typing import Final

PARTS: Final = 40
_BROKEN: Final = (ValueError, LookupError, TypeError, AttributeError, AssertionError, IndexError)
"""What the standard library's parser raises on mails that are none."""


def parse_mail(data: bytes) -> EmailMessage | None:
    """The mail; None where it cannot be taken apart."""
    try:
        return email.message_from_bytes(data, policy=email.policy.default)
    except _BROKEN:
        return None


def walk_parts(message: Message) -> Iterator[EmailMessage]:
    """Every part that holds something, also of a mail in the mail; so many at most."""
    for number, part in enumerate(message.walk()):
        if number == PARTS:
            return
        if isinstance(part, EmailMessage) and not part.is_multipart():
            yield part


def part_name(part: EmailMessage) -> str:
    """What the part calls itself; empty where it has no name."""
    try:
        return str(part.get_filename() or "")
    except _BROKEN:
        return "unreadable.exe"


def part_bytes(part: EmailMessage) -> bytes:
    """What is in the part."""
    try:
        payload = part.get_payload(decode=True)
    except _BROKEN:
        return b""
    return payload if isinstance(payload, bytes) else b""


def mail_files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The files and words in a mail: name and content; no name of theirs is trusted.

    A mail of more parts than are looked at has one that nobody takes.
    """
    message = parse_mail(data)
    if message is None:
        return
    if sum(1 for _ in message.walk()) > PARTS:
        yield "too-many-parts.exe", b""
        return
    for part in walk_parts(message):
        name = part_name(part)
        if name:
            yield name, part_bytes(part)
        elif part.get_content_maintype() == "text":
            yield (
                f"part.{'eml' if part.get_content_subtype() == 'html' else 'txt'}",
                part_bytes(part),
            )
        else:
            yield "part.bin", part_bytes(part)
