"""What a draft becomes: a filing, or what is kept of it when it is given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.extraction import DRAFT, TAKEN_UP, UNKNOWN, may_help
from assistant.wording import IMPACTS
from models.vocabulary import HelpOutcome


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
        "behalf": slots.get("behalf"),
        "filled_in": slots.get("slot_meta") or {},
        "join": slots["known"]["incident"] if joined else None,
        "declined": slots.get("declined") or [],
        "attachments": slots.get("attachments") or [],
        "draft_no": int(slots.get("draft_no") or 1),
        "tried": _tried(slots),
    }


def dropped_of(slots: Mapping[str, Any]) -> dict[str, Any]:
    """What was known of a draft that is given up; it may be taken up again."""
    return {name: slots.get(name) for name in TAKEN_UP}


def solved_of(slots: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a draft that an article solved, with all that it takes to file it after all."""
    told = {"description": slots["description"], "article": slots["article"]["reference"]}
    return {**dropped_of(slots), **told}


def addition_of_solved(slots: Mapping[str, Any]) -> dict[str, Any]:
    """What is written down of a draft that an article solved: no report, only that it helped."""
    tried = {"article": slots["article"]["reference"], "outcome": HelpOutcome.HELPED.value}
    return {"report": None, "kind": "solved", "text": "", "data": {"tried": tried}}


def told_with(slots: Mapping[str, Any], *, by_text: bool) -> dict[str, Any] | None:
    """The help that is told while a draft is filed, so that an answer to it is understood.

    By text the article, which there was no time to offer before; else the workaround of the
    outage that the person joined.
    """
    if by_text:
        fits = may_help(slots) and slots["article"].get("sms")
        told = {"article": slots["article"]["reference"]} if fits else None
        return told and {**told, "impact_unknown": slots.get("impact") is None}
    known = slots.get("known") or {}
    joined = slots.get("same") == "yes" and known.get("workaround")
    return {"incident": known["incident"]} if joined else None


def _tried(slots: Mapping[str, Any]) -> dict[str, Any] | None:
    """The article that was offered before filing, and whether it helped."""
    helped = slots.get("helped")
    if helped is None and "helped" not in (slots.get("asked") or {}):
        return None
    outcome = HelpOutcome.NOT_HELPED if helped == "no" else HelpOutcome.UNSURE
    return {"article": slots["article"]["reference"], "outcome": outcome.value}


def empty_draft() -> dict[str, Any]:
    """Every slot of a draft as it is before a word was said."""
    empty: dict[str, Any] = {"declined": [], "attachments": []}
    empty |= {"slot_meta": {}, "asked": {}, "reasons": {}}
    return {name: empty.get(name) for name in DRAFT}


def _known(value: Any) -> Any:
    return None if value == UNKNOWN else value


def _level(value: Any) -> int | None:
    return int(value) if value in IMPACTS else None
