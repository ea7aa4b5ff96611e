"""Imports every table once, for migrations and for tests that compare them."""

from __future__ import annotations

from models import (
    article,
    catalogue,
    conversation,
    delivery,
    handoff,
    incident,
    learning,
    people,
    recurrence,
    report,
    staff,
    texting,
)
from models.base import Base

TABLES = (
    catalogue,
    article,
    people,
    conversation,
    report,
    incident,
    delivery,
    staff,
    texting,
    learning,
    recurrence,
    handoff,
)
METADATA = Base.metadata
