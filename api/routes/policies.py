"""Numbers that staff may change while we run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from api.auth import Asker, Permission, house_of, require
from classifier.severity import PriorityMatrix
from incidents.priority_policy import record_matrix
from models.vocabulary import Priority

router = APIRouter(prefix="/api/v1/policies", tags=["policies"])
Cells = Annotated[
    dict[str, Priority],
    Field(description='Impact and urgency to priority, all nine: `{"11": "P1", ... "33": "P5"}`.'),
]


@router.get("/priority_matrix", dependencies=[Depends(require(Permission.READ))])
def read_priorities(request: Request) -> dict[str, Any]:
    """The priority matrix in force."""
    return house_of(request).organisation.matrix.to_json()


@router.put("/priority_matrix")
def write_priorities(
    request: Request, body: Cells, asker: Annotated[Asker, Depends(require(Permission.ADMIN))]
) -> dict[str, Any]:
    """Set all nine cells; reports recorded before keep the priority they got."""
    house = house_of(request)
    matrix = PriorityMatrix.from_json(body)
    with house.database.transaction() as session:
        record_matrix(session, matrix, actor=asker.name, now=house.clock())
    house.cells.take(matrix)
    return matrix.to_json()
