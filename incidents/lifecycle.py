"""The life of an incident, as two tables and the one function that reads them."""

from __future__ import annotations

from types import MappingProxyType
from typing import ClassVar, Final, TypeVar

from models.errors import DomainError
from models.vocabulary import MajorState as M
from models.vocabulary import Status as S  # noqa: N817 - a table reads better in single letters

MOVES: Final = MappingProxyType(
    {
        S.OPEN: frozenset({S.RESOLVED, S.ABSORBED}),
        S.RESOLVED: frozenset({S.OPEN}),
        S.ABSORBED: frozenset({S.OPEN}),
        M.NONE: frozenset({M.PROPOSED, M.DECLARED, M.REJECTED}),
        M.PROPOSED: frozenset({M.DECLARED, M.REJECTED, M.NONE}),
        M.DECLARED: frozenset({M.NONE, M.PROPOSED, M.REJECTED}),
        M.REJECTED: frozenset({M.PROPOSED, M.DECLARED, M.NONE}),
    }
)
"""M.DECLARED goes back to where it came from only by an undo."""

State = TypeVar("State", S, M)


class IllegalMoveError(DomainError):
    """An incident cannot go there from here."""

    code: ClassVar[str] = "incident.illegal_move"


def move(before: State, after: State) -> State:
    """Decide one change of state; returns `after`.

    Raises:
        IllegalMoveError: `after` is not reachable from `before` in one step.

    """
    if after not in MOVES[before]:
        allowed = sorted(MOVES[before])
        msg = f"This incident is {before}; it cannot become {after}."
        raise IllegalMoveError(msg, before=before, allowed=allowed)
    return after
