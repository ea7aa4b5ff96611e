"""What a draft becomes: a filing, or what is kept of it when it is given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.extraction import DRAFT, UNKNOWN
from assistant.wording import IMPACTS


def filing_of(slots: Mapping[str, Any]) -> dict[str, Any]:
    """The draft as `incidents.drafts` takes it."""
    joined = slots.get("same") == "yes"
    return {
        "text": slots["description"],
        "service": _known(slots.get("service")),
        "site": _known(slots.get("site")),
        "impact": _level(slots.get("impact")),
        "people": slots.get("people"),
        "since": slots.get("since"),
        "filled_in": slots.get("slot_meta") or {},
        "join": slots["known"]["incident"] if joined else None,
        "declined": slots.get("declined") or [],
        "attachments": slots.get("attachments") or [],
        "draft_no": int(slots.get("draft_no") or 1),
    }


def dropped_of(slots: Mapping[str, Any]) -> dict[str, Any]:
    """What was known of a draft that is given up; it may be taken up again."""
    return {name: slots.get(name) for name in ("service", "site", "impact", "people", "since")}


def empty_draft() -> dict[str, Any]:
    """Every slot of a draft as it is before a word was said."""
    empty: dict[str, Any] = {"declined": [], "attachments": [], "slot_meta": {}, "asked": {}}
    return {name: empty.get(name) for name in DRAFT}


def _known(value: Any) -> Any:
    return None if value == UNKNOWN else value


def _level(value: Any) -> int | None:
    return int(value) if value in IMPACTS else None
