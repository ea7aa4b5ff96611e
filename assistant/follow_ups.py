"""What is still asked by text once a report is filed: at most two things, one after the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from assistant import wording
from assistant.extraction import SECRET, meant
from classifier.catalogue import Catalogue
from classifier.people import count_alone
from classifier.scope import read_scope

_MOST: Final = 2
_ASKABLE: Final = ("impact", "service", "site")
Plan = tuple[str | None, str | None]


def choose_follow_ups(slots: Mapping[str, Any]) -> Plan:
    """The next question and the one after it, by what their answers are worth; None for none.

    Where nothing says what an answer is worth, who is affected is asked.
    """
    if slots.get("category") == SECRET:
        return None, None  # whoever looks into it asks what they need
    ranked = slots.get("questions")
    worth = ["impact"] if ranked is None else [str(one["slot"]) for one in ranked]
    wanted = [name for name in worth if name in _ASKABLE and slots.get(name) is None][:_MOST]
    first, second, *_ = [*wanted, None, None]
    return first, second


def buttons_of(
    asked: str | None, language: str | None, *, behalf: object = None
) -> wording.Buttons:
    """Choices that fit into the text beside the question: only who is affected has so few."""
    return wording.impact_buttons(language, behalf=behalf) if asked == "impact" else []


def read_follow_up(
    latest: Mapping[str, Any], asked: str | None, catalogue: Catalogue
) -> tuple[str, str | None]:
    """The words of an answer, and the value in them: a grade, or a service or site by its id."""
    text, facts = str(latest["text"]), latest["metadata"]["facts"]
    told = {one["entity"]: one["value"] for one in latest["entities"]}
    value = told.get(asked or "")
    if value in wording.IMPACTS:
        return wording.IMPACTS[value], value
    if asked == "impact":
        return text, read_scope(text, count_told(latest, asked), answering=True)
    if asked in {"service", "site"} and value is None:
        value = meant(facts, str(asked), catalogue)
    return text, value


def count_told(latest: Mapping[str, Any], asked: str | None) -> int | None:
    """How many people the words count; to who is affected a bare number is an answer, too."""
    counted: int | None = latest["metadata"]["facts"].get("counted")
    if counted is None and asked == "impact" and not latest["metadata"]["chosen"]:
        return count_alone(str(latest["text"]))
    return counted


def reasons_of(slots: Mapping[str, Any], asked: Collection[str | None]) -> dict[str, str]:
    """Why each question is asked, by slot, for staff; with those of the questions before."""
    told = {one["slot"]: str(one["because"]) for one in slots.get("questions") or ()}
    return {**(slots.get("reasons") or {}), **{name: told[name] for name in asked if name in told}}
