"""An order to stop is heard in many words, and a detail that begins like one stops nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.calling_off import calls_off, discards, is_still_wanted, sends_after_all
from assistant.dialogue import ConversationState, Said
from assistant.understanding import choose_intent
from models.vocabulary import Channel

DROPPED = (
    "don't send it", "don't send", "please discard this", "scrap that", "forget it",
    "no wait, don't send it please, thanks", "forget it, it was my own router",
    "Stopp, verwerfen. Ich hatte selbst einen alten Eintrag in /etc/hosts. Peinlich.",
    "Stop, do not send it. Bruno found the cause, it was Bruno.", "nicht abschicken, danke",
    "drop it, it was only down because I had pulled the plug", "discard",
)  # fmt: skip
NOT_DROPPED = (
    "Forget it, just send it", "don't send anyone before 3, I am in a meeting",
    "scrap paper is stuck in tray 2", "forget it ever worked here, it is dead",
    "forget it ever worked here, it was always slow", "discarded toner is all over the tray",
    "moment, don't send yet, the error is 812", "Nicht senden, bevor ich die Nummer habe",
    "forget that, it is the mail that is broken", "drop it in the tray and it jams",
    "don't send it yet, 40 people have it", "vergessen Sie es, einfach abschicken",
)  # fmt: skip
TAKEN_BACK = (
    "please ignore that", "cancel my report please", "FORGET IT ILL DO IT MYSELF",
    "Please forget about it, it was my own router", "disregard my report, user error",
    "Bitte vergessen Sie es, es lag an mir", "withdraw the report",
)  # fmt: skip
NOT_TAKEN_BACK = (
    "ignore it, it still does not work", "forget it, it is even worse now",
    "ignore my last message, it does not work at all", "ignore that error, the real one is 812",
    "forget it, just send it", "ignore it, es geht immer noch nicht",
)  # fmt: skip


def told(text: str, act: str = "cancel", probability: float = 0.99) -> Said:
    return Said(text, Channel.WEB, act=act, act_probability=probability)


@pytest.mark.parametrize("text", DROPPED)
def test_an_order_to_drop_the_draft_is_heard(text: str) -> None:
    assert discards(text)
    state = ConversationState(loop="intake_form", requested="confirm")
    assert choose_intent(told(text, act="inform"), state) == "cancel"


@pytest.mark.parametrize("text", NOT_DROPPED)
def test_a_detail_or_an_order_to_send_drops_no_draft(text: str) -> None:
    assert not discards(text)
    state = ConversationState(loop="intake_form", requested="confirm")
    assert choose_intent(told(text, act="inform"), state) != "cancel"


@pytest.mark.parametrize("text", TAKEN_BACK)
def test_a_sent_report_is_taken_back_in_many_words(text: str) -> None:
    assert calls_off(text)
    state = ConversationState(slots={"last_report": "RPT-1"})
    assert choose_intent(told(text, act="inform"), state) == "cancel"


@pytest.mark.parametrize("text", NOT_TAKEN_BACK)
def test_a_trouble_that_goes_on_takes_nothing_back(text: str) -> None:
    assert not calls_off(text)
    state = ConversationState(slots={"last_report": "RPT-1"})
    assert choose_intent(told(text, act="worse"), state) != "cancel"


@pytest.mark.parametrize("asked", ["impact", "service", "confirm"])
def test_an_order_to_send_sends_whatever_was_said_before_it(asked: str) -> None:
    state = ConversationState(loop="intake_form", requested=asked)
    assert choose_intent(told("Forget it, just send it"), state) == "insist"


@pytest.mark.parametrize(
    ("slots", "wanted"), [({"last_report": "RPT-1"}, "inform"), ({}, "report")]
)
def test_what_sounds_like_an_end_and_tells_of_a_trouble_is_kept(
    slots: dict[str, object], wanted: str
) -> None:
    words = told("oh forget all this, the laptop is dead")
    assert choose_intent(words, ConversationState(slots=dict(slots))) == wanted
    assert choose_intent(words, ConversationState(loop="intake_form")) == "inform"


def test_a_draft_of_what_is_dead_is_not_over_because_it_sounds_so() -> None:
    state = ConversationState(loop="intake_form", requested="confirm")
    words = told("forget it ever worked here, it is dead", act="resolved", probability=0.88)
    assert choose_intent(words, state) == "inform"


@pytest.mark.parametrize(
    "text", ["it is not broken, cancel", "cancel, the switch was only down for a minute"]
)
def test_what_is_no_longer_broken_keeps_nothing(text: str) -> None:
    assert not is_still_wanted(text)


def test_where_to_send_a_file_is_no_order_to_send_the_report() -> None:
    assert not sends_after_all("forget it, send it to my private address")


@given(st.text(max_size=300))
def test_what_is_still_wanted_is_never_dropped(text: str) -> None:
    assert not (is_still_wanted(text) and (discards(text) or calls_off(text)))
