"""States of earlier releases load, and a turn leaves what it was given as it was."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.actions import build_actions
from assistant.dialogue import ConversationState, Said
from assistant.domain import load_domain
from assistant.engine import Engine
from assistant.marked_yaml import line_of, parse_marked, unmarked
from assistant.runner import InProcessActions
from classifier.catalogue import parse_catalogue
from models.vocabulary import Channel
from tests.conftest import ORGANISATION

ENGINE = Engine(load_domain(), InProcessActions(build_actions(parse_catalogue(ORGANISATION))))
BEFORE_RASA = {
    "schema": 1,
    "slots": {"description": "vpn is down", "draft_no": 1, "asked": {"service": 1}},
    "loop": "intake_form",
    "requested": "service",
    "issued": [["Wi-Fi", '/inform{"service":"wifi"}']],
    "events": [{"event": "slot", "name": "requested_slot", "value": None}],
}
FACTS = {"services": [], "negated_services": [], "sites": [], "codes": [], "people": None}
CATEGORY = {"label": None, "probability": 0.1, "probabilities": {}}


def said(text: str, act: str = "report", payload: str | None = None) -> Said:
    return Said(
        text, Channel.WEB, payload, act=act, act_probability=0.9, facts=FACTS, category=CATEGORY
    )


def test_a_conversation_from_before_goes_on_where_it_stood() -> None:
    state = ConversationState.from_json(BEFORE_RASA)
    assert state.rejected is False
    after, turn = ENGINE.turn(state, said("Wi-Fi", payload='/inform{"service":"wifi"}'))
    assert after.slots["service"] == "wifi"
    assert after.slots["description"] == "vpn is down"
    assert after.requested != "service"
    assert turn.utterances


@given(
    st.lists(
        st.sampled_from(
            ["report", "inform", "affirm", "deny", "correct", "cancel", "restart", "ask_status",
             "greet", "thanks", "insist", "dont_know", "resolved", "worse", "request_human"]
        ),
        max_size=8,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_turn_answers_and_leaves_the_state_it_was_given(acts: list[str]) -> None:
    state, _ = ENGINE.open(Channel.WEB)
    for number, act in enumerate(acts):
        before = state.to_json()
        after, turn = ENGINE.turn(state, said(f"the thing number {number} is broken here", act))
        assert state.to_json() == before
        assert turn.utterances, (act, before)
        assert after.to_json() == ConversationState.from_json(after.to_json()).to_json()
        state = after


def test_an_act_that_no_rule_knows_is_taken_back_and_said_so() -> None:
    state, _ = ENGINE.open(Channel.WEB)
    before = state.to_json()
    latest = {
        "text": "x",
        "intent": {"name": "sneeze", "confidence": 1.0},
        "entities": [],
        "metadata": {"attachments": ["file-1"], "chosen": False, "channel": "web", "facts": FACTS,
                     "category": CATEGORY, "known": None, "mine": [], "context": {}},
    }  # fmt: skip
    state, turn = ENGINE.answer(state.copy(), Channel.WEB, latest)
    assert [one.response for one in turn.utterances] == ["utter_default"]
    assert state.slots == before["slots"]
    assert state.slots["attachments"] == []


@given(st.recursive(st.text(max_size=8) | st.integers() | st.booleans() | st.none(),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.text("abc", min_size=1, max_size=3), inner, max_size=3),
                    max_leaves=12))  # fmt: skip
def test_marked_yaml_is_the_same_value_with_lines(value: object) -> None:
    import yaml

    marked = parse_marked(yaml.safe_dump(value, default_flow_style=False))
    assert unmarked(marked) == value
    assert line_of(marked) >= 1
