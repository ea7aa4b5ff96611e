"""The moves of a hand-off, names as people see them, and sentences that fit one text message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.handoff_settings import HandoffSettings
from assistant import handoff_words as say
from assistant.dialogue import ConversationState
from incidents.handoffs import (
    MOVES,
    HandoffNotHeldError,
    HandoffPolicy,
    StaffShown,
    move,
    render_shown,
)
from incidents.segments import SEGMENT, count_segments, render_gsm
from models.vocabulary import HandoffState

LONGEST = "Wolfeschlegelsteinhausenbergerdorff Maximilian von und zu"
REPORT = "RPT-7K2F4Q-M"


@pytest.mark.parametrize("before", list(HandoffState))
@pytest.mark.parametrize("after", list(HandoffState))
def test_only_the_moves_of_the_table_are_made(before: HandoffState, after: HandoffState) -> None:
    if after in MOVES[before]:
        assert move(before, after) is after
    else:
        with pytest.raises(HandoffNotHeldError):
            move(before, after)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ana Keller", "Ana"),
        ("ana.keller", "Ana"),
        ("keller@example.org", "Keller"),
        ("  Ana", "Ana"),
        ("李 明", "李"),
    ],
)
def test_a_first_name_is_found_in_any_account_name(name: str, first: str) -> None:
    assert render_shown(name, StaffShown.FIRST_NAME) == first
    assert render_shown(name, StaffShown.NAME) == name.strip()
    assert render_shown(name, StaffShown.NOBODY) is None


@given(st.text(max_size=300))
def test_a_name_that_is_shown_is_short(name: str) -> None:
    for shown in StaffShown:
        assert len(render_shown(name, shown) or "") <= 40


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("shown", list(StaffShown))
def test_every_sentence_about_staff_is_one_text_message(language: str, shown: StaffShown) -> None:
    name = render_shown(LONGEST, shown)
    states = [
        ConversationState(),
        ConversationState(slots={"last_report": REPORT}),
        ConversationState(loop="intake_form"),
    ]
    sentences = [
        say.joined(language, name),
        say.left(language, name),
        say.silent(language, name),
        say.recorded(language, name, REPORT),
        *(say.nobody(language, state) for state in states),
    ]
    assert len(set(sentences)) == 7
    for sentence in sentences:
        assert count_segments(render_gsm(sentence)) == 1, (len(sentence), sentence)
        assert "{" not in sentence


def test_the_budget_that_staff_are_told_is_the_networks() -> None:
    assert count_segments("a" * SEGMENT) == 1
    assert count_segments("a" * (SEGMENT + 1)) == 2


def test_the_settings_say_how_long_people_wait_and_how_staff_are_named() -> None:
    policy = HandoffSettings(handoff_minutes=3, staff_shown=StaffShown.NOBODY).handoff_policy()
    assert policy.patience == policy.silence == timedelta(minutes=3)
    assert policy.shown is StaffShown.NOBODY
    assert HandoffSettings().handoff_policy() == HandoffPolicy()
