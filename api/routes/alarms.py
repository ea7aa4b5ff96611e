"""The page of alarms: which rule proposes candidates and why, and the budget that staff set."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Asker, Permission, house_of, require
from api.pages import PageRoute, render_page
from incidents.alarm_store import (
    describe_rule,
    read_alarm_changes,
    record_alarm_policy,
    take_alarms,
)
from incidents.alarms import AlarmPolicy

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Number = Annotated[float, Form(allow_inf_nan=False)]


@router.get("/console/alarms")
def show_alarms(
    request: Request, asker: Annotated[Asker, Depends(require(Permission.READ))]
) -> Response:
    house = house_of(request)
    alarms = house.organisation.alarms
    with house.database.reading() as session:
        changes = read_alarm_changes(session)
    return render_page(
        request,
        "console/alarms.html",
        asker=asker,
        policy=alarms.policy,
        threshold=alarms.threshold,
        rule=describe_rule(alarms, house.clock()),
        changes=changes,
    )


@router.post("/console/alarms")
def set_alarms(
    request: Request,
    asker: Annotated[Asker, Depends(require(Permission.ADMIN))],
    budget: Number,
    people: Number,
    hours: Number,
) -> Response:
    """Accept more or fewer false alarms."""
    house = house_of(request)
    policy = AlarmPolicy.from_json({"budget": budget, "people": people, "hours": hours})
    with house.database.transaction() as session:
        record_alarm_policy(session, policy, actor=asker.name, now=house.clock())
        take_alarms(session, house.organisation.alarms, now=house.clock())
    return RedirectResponse("/console/alarms", HTTPStatus.SEE_OTHER)
