"""The words of the product: closed sets of values, and their order.

No I/O and no SQLAlchemy here, so every floor may import this module. Stored values are
promises: add, never rename.
"""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad it is for the people affected, mildest first."""

    SEV4 = "SEV4"
    SEV3 = "SEV3"
    SEV2 = "SEV2"
    SEV1 = "SEV1"

    @property
    def rank(self) -> int:
        """0 for the mildest; compare with this, never with the string."""
        return list(type(self)).index(self)


class Priority(StrEnum):
    """ITIL priority, most pressing first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"

    @property
    def rank(self) -> int:
        """0 for the most pressing."""
        return list(type(self)).index(self)


class Category(StrEnum):
    """What a report is about, as a service desk routes it."""

    ACCESS = "access"
    NETWORK = "network"
    EMAIL = "email"
    COLLABORATION = "collaboration"
    BUSINESS_APPLICATION = "business_application"
    HARDWARE = "hardware"
    PRINTING = "printing"
    TELEPHONY = "telephony"
    COMMERCE = "commerce"
    SECURITY = "security"
    DATA = "data"
    OTHER = "other"


class DialogueAct(StrEnum):
    """What a person does with one message."""

    REPORT = "report"
    INFORM = "inform"
    AFFIRM = "affirm"
    DENY = "deny"
    CORRECT = "correct"
    DONT_KNOW = "dont_know"
    CANCEL = "cancel"
    RESTART = "restart"
    ASK_STATUS = "ask_status"
    ASK_QUESTION = "ask_question"
    REQUEST_HUMAN = "request_human"
    GREET = "greet"
    THANKS = "thanks"
    RESOLVED = "resolved"
    WORSE = "worse"
    INSIST = "insist"
    SMALL_TALK = "small_talk"


class Channel(StrEnum):
    """The way a person reached us."""

    WEB = "web"
    SMS = "sms"
    API = "api"
    EMAIL = "email"
    PHONE = "phone"


class Audience(StrEnum):
    """Who may see it. Restricted is never offered to join, named in a title, metric or update."""

    OPEN = "open"
    RESTRICTED = "restricted"


class Status(StrEnum):
    """Where an incident stands; the legal moves are in `incidents.lifecycle`."""

    OPEN = "open"
    RESOLVED = "resolved"
    ABSORBED = "absorbed"


class MajorState(StrEnum):
    """Whether an incident is, or is proposed as, a major one."""

    NONE = "none"
    PROPOSED = "proposed"
    DECLARED = "declared"
    REJECTED = "rejected"


class Author(StrEnum):
    """Who made a link or a constraint."""

    MODEL = "model"
    SIGNATURE = "signature"
    REPORTER = "reporter"
    STAFF = "staff"
    POLICY = "policy"


class ConstraintKind(StrEnum):
    """A lasting word on whether two things are the same, or had the same cause."""

    MUST_LINK = "must_link"
    CANNOT_LINK = "cannot_link"
    SAME_CAUSE = "same_cause"
    OTHER_CAUSE = "other_cause"


class HelpOutcome(StrEnum):
    """What became of help that was told: an article, or a workaround."""

    HELPED = "helped"
    NOT_HELPED = "not_helped"
    UNSURE = "unsure"


class Direction(StrEnum):
    """Which way a message went."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class DeliveryState(StrEnum):
    """Where one record stands on its way to one target."""

    PENDING = "pending"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    PARKED = "parked"


class SendState(StrEnum):
    """Where one message stands on its way out of the house."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    WITHHELD = "withheld"


class AttachmentState(StrEnum):
    """Whether a file may be used."""

    QUARANTINED = "quarantined"
    CLEAN = "clean"
    REFUSED = "refused"


class HandoffState(StrEnum):
    """Where a person's wish for a person stands; the legal moves are in `incidents.handoffs`."""

    WAITING = "waiting"
    HELD = "held"
    ENDED = "ended"


class HandoffReason(StrEnum):
    """Whose idea it was that a person takes over."""

    ASKED = "asked"
    STAFF = "staff"


class HandoffOutcome(StrEnum):
    """How a hand-off ended."""

    GIVEN_BACK = "given_back"
    LEFT_ALONE = "left_alone"
    NOBODY_CAME = "nobody_came"


class Role(StrEnum):
    """What somebody or something may do; `api.auth` holds the table."""

    REPORTER = "reporter"
    ANALYST = "analyst"
    COMMANDER = "commander"
    COMMUNICATIONS = "communications"
    ADMIN = "admin"
    AUDITOR = "auditor"
    SERVICE = "service"
