"""Our engine against transcripts that a real Rasa 3.6 wrote; `make parity` writes them anew."""

from __future__ import annotations

import pytest

from assistant.domain import FOLDER, load_domain
from assistant.rules import NOT_SET
from tests.parity.golden import DIALOGUES, read_golden, replay
from tests.parity.people import SHORT
from tests.parity.variety_side import INTENTS, variety_actions


@pytest.mark.parametrize("dialogue", sorted(DIALOGUES))
def test_every_recorded_turn_is_answered_as_rasa_answered_it(dialogue: str) -> None:
    turns = 0
    for ours, rasa in replay(dialogue):
        assert ours == rasa
        turns += 1
    assert turns >= 100


def test_the_recordings_hold_what_makes_engines_differ() -> None:
    turns = [turn for held in read_golden("the other") for turn in held]
    replies = {one["response"] for turn in turns for one in turn["after"]["messages"]}
    assert "utter_default" in replies  # a message that Rasa took back
    assert any(turn["after"]["rejected"] for turn in turns)  # a form that handed a message on
    assert {turn["after"]["loop"] for turn in turns} == {None, "order_form", "pay_form"}


def test_the_other_dialogue_has_an_action_for_every_name() -> None:
    domain = load_domain(DIALOGUES["the other"])
    assert {action.name() for action in variety_actions()} == domain.actions
    assert set(INTENTS) == domain.intents
    assert SHORT


def test_our_own_rules_never_leave_a_message_unanswered() -> None:
    domain = load_domain(FOLDER)
    for intent in domain.intents:
        for loop in (None, *domain.forms):
            fitting = [
                rule
                for rule in domain.rules
                if rule.intent == intent and rule.loop in {None, NOT_SET, loop}
            ]
            assert fitting, (intent, loop)
