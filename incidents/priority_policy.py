"""The priority matrix that staff may change while we run: stored as a policy, read live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session
from typing_extensions import override

from classifier.severity import PriorityMatrix
from models.staff import Policy
from models.vocabulary import Priority

PRIORITY_MATRIX: Final = "priority_matrix"


class LiveCells(Mapping[tuple[int, int], Priority]):
    """The cells in force. Reports recorded before a change keep the priority they got."""

    def __init__(self) -> None:
        self._cells: Mapping[tuple[int, int], Priority] = PriorityMatrix().cells

    def take(self, matrix: PriorityMatrix) -> None:
        """From now on these; readers see the old or the new matrix, never a mixture."""
        self._cells = dict(matrix.cells)

    @override
    def __getitem__(self, cell: tuple[int, int]) -> Priority:
        return self._cells[cell]

    @override
    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._cells)

    @override
    def __len__(self) -> int:
        return len(self._cells)


def read_matrix(session: Session) -> PriorityMatrix:
    """The stored matrix, or the default where none was set.

    Raises:
        BadMatrixError: What is stored is no matrix.

    """
    stored = session.get(Policy, PRIORITY_MATRIX)
    return PriorityMatrix() if stored is None else PriorityMatrix.from_json(stored.value)


def record_matrix(session: Session, matrix: PriorityMatrix, *, actor: str, now: datetime) -> None:
    """Store a matrix, with who set it and when."""
    session.merge(Policy(name=PRIORITY_MATRIX, value=matrix.to_json(), actor=actor, at=now))
    session.flush()
