"""One type per kind of id, so that mixing them up is a type error; and readable references.

Ids are UUIDv7 (RFC 9562): made in Python, known before the row is saved, sorted by time.
"""

from __future__ import annotations

import secrets
import time
from typing import Final, NewType
from uuid import UUID

PersonId = NewType("PersonId", UUID)
IdentityId = NewType("IdentityId", UUID)
ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)
AttachmentId = NewType("AttachmentId", UUID)
UploadId = NewType("UploadId", UUID)
ReportId = NewType("ReportId", UUID)
IncidentId = NewType("IncidentId", UUID)
MembershipId = NewType("MembershipId", UUID)
ConstraintId = NewType("ConstraintId", UUID)
EntryId = NewType("EntryId", UUID)
EventId = NewType("EventId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
ReviewId = NewType("ReviewId", UUID)
StaffId = NewType("StaffId", UUID)
KeyId = NewType("KeyId", UUID)
SignalId = NewType("SignalId", UUID)
TextId = NewType("TextId", UUID)
RecurrenceId = NewType("RecurrenceId", UUID)
HandoffId = NewType("HandoffId", UUID)
ArticleId = NewType("ArticleId", UUID)
HelpId = NewType("HelpId", UUID)

CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECK_SYMBOLS: Final = CROCKFORD + "*~$=U"  # Crockford's check symbols, modulo 37
_SPOKEN: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)


def new_reference(prefix: str) -> str:
    """A reference people can read aloud, e.g. `RPT-7K2F4Q-M`; the last sign is a check character.

    Signs that read badly (`*~$=U`) are avoided by drawing again. Collisions are the
    caller's to retry: the column is unique.
    """
    while True:
        body = "".join(secrets.choice(CROCKFORD) for _ in range(6))
        check = _check_symbol(body)
        if check in CROCKFORD:
            return f"{prefix}-{body}-{check}"


def parse_reference(text: str) -> str | None:
    """The canonical reference in `text`, or None where the check character does not fit.

    Forgives lower case, O for 0, I and L for 1, missing or odd dashes.
    """
    head, _, tail = text.strip().upper().partition("-")
    if head not in {"RPT", "INC"}:
        head, tail = text.strip().upper()[:3], text.strip().upper()[3:]
    body = tail.translate(_SPOKEN)
    if head not in {"RPT", "INC"} or len(body) != 7 or any(c not in CROCKFORD for c in body):
        return None
    if _check_symbol(body[:6]) != body[6]:
        return None
    return f"{head}-{body[:6]}-{body[6]}"


def _check_symbol(body: str) -> str:
    value = 0
    for sign in body:
        value = value * 32 + CROCKFORD.index(sign)
    return CHECK_SYMBOLS[value % 37]
