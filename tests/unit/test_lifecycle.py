"""Where an incident may go from where it stands."""

from __future__ import annotations

import pytest

from incidents.lifecycle import MOVES, IllegalMoveError, move
from models.vocabulary import MajorState, Status


@pytest.mark.parametrize("state", [*Status, *MajorState])
def test_every_state_says_where_it_may_go(state: Status | MajorState) -> None:
    assert MOVES[state] <= set(type(state))
    assert state not in MOVES[state]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Status.OPEN, Status.RESOLVED),
        (Status.RESOLVED, Status.OPEN),
        (Status.OPEN, Status.ABSORBED),
        (Status.ABSORBED, Status.OPEN),
        (MajorState.NONE, MajorState.PROPOSED),
        (MajorState.PROPOSED, MajorState.DECLARED),
        (MajorState.REJECTED, MajorState.DECLARED),
    ],
)
def test_a_legal_move_is_made(before: Status, after: Status) -> None:
    assert move(before, after) is after


def test_a_resolved_incident_is_not_absorbed() -> None:
    with pytest.raises(IllegalMoveError) as refusal:
        move(Status.RESOLVED, Status.ABSORBED)
    assert refusal.value.data == {"before": Status.RESOLVED, "allowed": [Status.OPEN]}
    assert "resolved" in str(refusal.value)


@pytest.mark.parametrize("before", list(MajorState))
def test_every_step_that_staff_take_on_a_candidate_can_be_taken_back(before: MajorState) -> None:
    for after in MOVES[before] & {MajorState.DECLARED, MajorState.REJECTED}:
        assert before in MOVES[after]
