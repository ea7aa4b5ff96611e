"""Numbers that staff may change while we run."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from api.auth import Asker, Permission, house_of, require
from classifier.severity import PriorityMatrix
from incidents.alarm_store import describe_rule, record_alarm_policy, take_alarms
from incidents.alarms import AlarmPolicy
from incidents.priority_policy import record_matrix
from models.vocabulary import Priority

router = APIRouter(prefix="/api/v1/policies", tags=["policies"])
AlarmNumbers = Annotated[
    dict[str, float],
    Field(description='`{"budget": false alarms a week, "people": least, "hours": within}`.'),
]
Cells = Annotated[
    dict[str, Priority],
    Field(description='Impact and urgency to priority, all nine: `{"11": "P1", ... "33": "P5"}`.'),
]


@router.get("/priority_matrix", dependencies=[Depends(require(Permission.READ))])
def read_priorities(request: Request) -> dict[str, Any]:
    """The priority matrix in force."""
    return house_of(request).organisation.matrix.to_json()


@router.get("/alarms", dependencies=[Depends(require(Permission.READ))])
def read_alarms(request: Request) -> dict[str, Any]:
    """How candidates are proposed: what staff set, which rule is in force, and why."""
    house = house_of(request)
    alarms = house.organisation.alarms
    rule = describe_rule(alarms, house.clock())
    return {
        **alarms.policy.to_json(),
        "learned": rule.learned,
        "surprise": round(alarms.threshold.surprise, 2),
        "sentence": rule.sentence,
    }


@router.put("/alarms")
def write_alarms(
    request: Request,
    body: AlarmNumbers,
    asker: Annotated[Asker, Depends(require(Permission.ADMIN))],
) -> dict[str, Any]:
    """Set the budget of false alarms, and the least people within how many hours."""
    house = house_of(request)
    policy = AlarmPolicy.from_json(body)
    with house.database.transaction() as session:
        record_alarm_policy(session, policy, actor=asker.name, now=house.clock())
        take_alarms(session, house.organisation.alarms, now=house.clock())
    return policy.to_json()


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
