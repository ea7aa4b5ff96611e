"""What the cut chat would call a fault: so that finding none means something."""

from __future__ import annotations

import pytest

from tests.standins.cut_chat import Ended, Line

HELLO: Line = ("s1", "theirs", "Hello.")
FIRST: Line = ("c1", "mine", "wifi is gone")
ANSWER: Line = ("s2", "theirs", "Where?")
SECOND: Line = ("c2", "mine", "Berlin")
TALK = (HELLO, FIRST, ANSWER, SECOND)
SAID = ("wifi is gone", "Berlin")


def test_the_same_on_both_sides_and_everything_once_is_no_fault() -> None:
    assert Ended(TALK, TALK, "").find_faults(SAID) == []


@pytest.mark.parametrize(
    ("browser", "server"),
    [
        (TALK, TALK[:3]),
        (TALK[:3], TALK),
        (TALK[:3], TALK[:3]),
        ((*TALK, SECOND), (*TALK, SECOND)),
        ((*TALK, ("c3", "mine", "Berlin")), (*TALK, ("c3", "mine", "Berlin"))),
        ((*TALK, ANSWER), (*TALK, ANSWER)),
        ((HELLO, FIRST, SECOND, ANSWER), TALK),
        ((HELLO, SECOND, ANSWER, FIRST), (HELLO, SECOND, ANSWER, FIRST)),
        ((HELLO, FIRST, ("s2", "theirs", "Who?"), SECOND), TALK),
        ((HELLO, FIRST, ("s2", "mine", "Where?"), SECOND), TALK),
    ],
)
def test_what_is_lost_doubled_moved_or_changed_is_one(
    browser: tuple[Line, ...], server: tuple[Line, ...]
) -> None:
    assert Ended(browser, server, "").find_faults(SAID) != []
