"""Which slots a message fills, and what is asked next."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.extraction import ABOUT_ELSE, choose_missing, extract
from classifier.catalogue import Catalogue
from classifier.facts import FactFinder
from models.vocabulary import DialogueAct


@pytest.fixture(scope="module")
def finder(catalogue: Catalogue) -> FactFinder:
    return FactFinder(catalogue)


def latest(finder: FactFinder, text: str, intent: str, **more: Any) -> dict[str, Any]:
    facts = finder.find(text)
    meta = {
        "channel": "web",
        "chosen": False,
        "facts": {
            "services": list(facts.services),
            "negated_services": list(facts.negated_services),
            "sites": list(facts.sites),
            "people": facts.people,
            "counted": facts.counted,
            "negated_sites": list(facts.negated_sites),
            "since": facts.since,
        },
        "category": {},
        "known": None,
        "mine": [],
        "attachments": [],
        "context": {},
    }
    return {
        "text": text,
        "intent": {"name": intent},
        "entities": [],
        "metadata": {**meta, **more},
    }


@pytest.mark.parametrize("intent", sorted(ABOUT_ELSE))
def test_no_slot_is_filled_on_a_turn_about_something_else(
    finder: FactFinder, catalogue: Catalogue, intent: str
) -> None:
    slots = {"requested_slot": "service", "description": "broken"}
    message = latest(finder, "Outlook in Berlin for 40 people", intent)
    found = extract(slots, message, catalogue, loop=True)
    assert {name for name, value in found.items() if value is not None} == set()


def test_a_new_name_replaces_an_old_one_only_when_it_is_a_correction(
    finder: FactFinder, catalogue: Catalogue
) -> None:
    slots = {
        "requested_slot": "impact",
        "description": "Outlook is down",
        "service": "email",
        "slot_meta": {"service": "words"},
    }
    also = latest(finder, "also SAP will not start", "inform")
    assert extract(slots, also, catalogue, loop=True).get("service") is None
    correction = latest(finder, "no, SAP not Outlook", "correct")
    found = extract(slots, correction, catalogue, loop=True)
    assert found["service"] == "erp"
    assert "Email → SAP" in found["changed"]


def test_an_answer_the_catalogue_does_not_know_is_kept_in_the_persons_words(
    finder: FactFinder, catalogue: Catalogue
) -> None:
    slots = {"requested_slot": "service", "description": "it hangs"}
    found = extract(slots, latest(finder, "the Frobnicator", "inform"), catalogue, loop=True)
    assert found["service"] == "unknown"
    assert found["description"] == "it hangs\nService: the Frobnicator"


SLOTS = st.fixed_dictionaries(
    {},
    optional={
        "description": st.sampled_from([None, "wifi gone"]),
        "service": st.sampled_from([None, "wifi", "email", "unknown"]),
        "site": st.sampled_from([None, "berlin", "unknown"]),
        "impact": st.sampled_from([None, "1", "unknown"]),
        "known": st.sampled_from([None, {"incident": "INC-1"}]),
        "same": st.sampled_from([None, "yes", "no"]),
        "confirm": st.sampled_from([None, "yes"]),
        "category": st.sampled_from([None, "network", "email"]),
        "asked": st.dictionaries(
            st.sampled_from(["service", "site", "impact", "same"]), st.integers(0, 3)
        ),
    },
)


@given(SLOTS)
def test_questions_end(slots: dict[str, Any]) -> None:
    """However the answers fail, at most three things are asked, each at most twice."""
    catalogue = _CATALOGUE[0]
    slots = dict(slots)
    asked = dict(slots.get("asked") or {})
    before = len(asked)
    for _ in range(20):
        missing = choose_missing({**slots, "asked": asked}, catalogue, channel="web")
        if not missing or missing[0] in {"confirm", "description"}:
            break
        asked[missing[0]] = asked.get(missing[0], 0) + 1
    else:
        pytest.fail(f"still asking: {asked}")
    assert len(asked) <= max(3, before)


_CATALOGUE: list[Catalogue] = []


@pytest.fixture(autouse=True, scope="module")
def _hold_catalogue(catalogue: Catalogue) -> None:
    _CATALOGUE.append(catalogue)


@given(
    text=st.text(max_size=200),
    intent=st.sampled_from([*[act.value for act in DialogueAct], "attach", "empty", "unclear"]),
    requested=st.sampled_from(
        [None, "service", "site", "impact", "same", "confirm", "description"]
    ),
)
def test_no_message_breaks_the_extraction(text: str, intent: str, requested: str | None) -> None:
    catalogue = _CATALOGUE[0]
    slots = {"requested_slot": requested, "description": "wifi gone", "known": {"incident": "I"}}
    message = {
        "text": text,
        "intent": {"name": intent},
        "entities": [],
        "metadata": {
            "channel": "web", "chosen": False, "facts": {}, "category": {}, "known": None,
            "mine": [], "attachments": ["a"], "context": {},
        },
    }  # fmt: skip
    found = extract(slots, message, catalogue, loop=True)
    assert found["attachments"] == ["a"]


def test_the_answer_to_another_question_is_not_taken_for_this_one(
    finder: FactFinder, catalogue: Catalogue
) -> None:
    slots = {"requested_slot": "service", "description": "error 502 for customers"}
    found = extract(slots, latest(finder, "everyone", "inform"), catalogue, loop=True)
    assert found["impact"] == "1"
    assert "service" not in found
    assert "description" not in found


def asking(*slots: str, **more: Any) -> dict[str, Any]:
    ranked = [{"slot": slot, "value": 0.5, "because": "it decides"} for slot in slots]
    return {"description": "wifi gone", "questions": ranked, **more}


def test_what_is_worth_most_is_asked_first_and_what_changes_nothing_never(
    catalogue: Catalogue,
) -> None:
    slots = asking("site", "impact", service=None)
    assert choose_missing(slots, catalogue, channel="web") == ["site", "impact", "confirm"]
    assert choose_missing(asking(), catalogue, channel="web") == ["confirm"]
    known = asking("site", "impact", site="berlin")
    assert choose_missing(known, catalogue, channel="web") == ["impact", "confirm"]


def test_a_known_outage_is_asked_about_only_where_one_was_found(catalogue: Catalogue) -> None:
    assert choose_missing(asking("same"), catalogue, channel="web") == ["confirm"]
    found = asking("impact", "same", known={"incident": "INC-1"})
    assert choose_missing(found, catalogue, channel="web") == ["impact", "same", "confirm"]


def test_what_the_person_emptied_is_asked_whatever_it_is_worth(catalogue: Catalogue) -> None:
    emptied = asking("impact", asked={"service": 0})
    assert choose_missing(emptied, catalogue, channel="web") == ["service", "impact", "confirm"]


def test_a_fixed_order_holds_where_nothing_says_what_an_answer_is_worth(
    catalogue: Catalogue,
) -> None:
    slots = {"description": "wifi gone", "category": "network"}
    assert choose_missing(slots, catalogue, channel="web") == [
        "service", "impact", "site", "confirm",
    ]  # fmt: skip
