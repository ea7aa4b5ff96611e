"""What is still asked by text after filing: two things at most, the most telling first."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.follow_ups import choose_follow_ups, read_follow_up, reasons_of
from classifier.catalogue import Catalogue


def ranked(*slots: str) -> list[dict[str, Any]]:
    return [{"slot": slot, "value": 0.5, "because": f"{slot} decides"} for slot in slots]


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ({"questions": ranked("site", "impact", "service")}, ("site", "impact")),
        ({"questions": ranked("same", "service")}, ("service", None)),
        ({"questions": ranked("site", "impact"), "site": "berlin"}, ("impact", None)),
        ({"questions": []}, (None, None)),
        ({}, ("impact", None)),
        ({"impact": "2"}, (None, None)),
    ],
)
def test_two_questions_at_most_by_what_their_answers_are_worth(
    slots: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    assert choose_follow_ups(slots) == expected


def test_why_a_question_is_asked_is_kept_from_question_to_question() -> None:
    slots = {"questions": ranked("site"), "reasons": {"impact": "impact decides"}}
    assert reasons_of(slots, {"site", None}) == {
        "impact": "impact decides",
        "site": "site decides",
    }
    assert reasons_of({}, {"site"}) == {}


@pytest.mark.parametrize(
    ("text", "asked", "facts", "entities", "expected"),
    [
        ("we are in Berlin", "site", {"sites": ["berlin"]}, [], ("we are in Berlin", "berlin")),
        ("Outlook", "service", {"services": ["email"]}, [], ("Outlook", "email")),
        ("no idea", "service", {}, [], ("no idea", None)),
        ("everyone", "impact", {}, [], ("everyone", "1")),
        ("12", "impact", {}, [], ("12", "2")),
        ("error 4711", "impact", {}, [], ("error 4711", None)),
        ("2", "impact", {}, [{"entity": "impact", "value": "2"}], ("Several of us", "2")),
        ("it smells of smoke", None, {"sites": ["berlin"]}, [], ("it smells of smoke", None)),
    ],
)
def test_an_answer_is_read_for_what_was_asked(
    catalogue: Catalogue,
    text: str,
    asked: str | None,
    facts: dict[str, Any],
    entities: list[dict[str, str]],
    expected: tuple[str, str | None],
) -> None:
    told = {"facts": facts, "chosen": bool(entities)}
    latest = {"text": text, "entities": entities, "metadata": told}
    assert read_follow_up(latest, asked, catalogue) == expected
