"""The console over HTTP as a browser uses it: signing in, forms with their token and version."""

from __future__ import annotations

import re

from sqlalchemy import select
from starlette.testclient import TestClient

from api.wiring import Installation
from models.incident import Incident
from models.vocabulary import Role
from tests.integration.api_fixtures import key_for, link_for

SAP = "SAP is extremely slow and then times out"
PHISHING = "Phishing mail: fake payslip login page stole my password, I clicked the link"


def enter(client: TestClient, house: Installation, role: Role = Role.COMMANDER) -> None:
    client.post(f"/login/link/{link_for(house, role, f'Ana {role}')}")


def tell(client: TestClient, house: Installation, text: str = SAP, reporter: str = "p001") -> str:
    answer = client.post(
        "/api/v1/reports",
        json={"text": text, "reporter": reporter},
        headers={**key_for(house, Role.SERVICE), "Idempotency-Key": f"{text[:60]} {reporter}"},
    )
    assert answer.status_code == 201, answer.text
    reference: str = answer.json()["incident"]["reference"]
    return reference


def csrf(page: str) -> str:
    return re.findall(r'name="csrf" value="([0-9a-f]+)"', page)[0]


def act(client: TestClient, reference: str, kind: str, **fields: object):
    """Send a form of an incident's page as it is now."""
    page = client.get(f"/console/incidents/{reference}").text
    seen = {
        "csrf": csrf(page),
        "version": re.findall(r'name="version" value="(\d+)"', page)[0],
        "seen": re.findall(r'name="seen" value="(\d+)"', page)[0],
    }
    return client.post(f"/console/incidents/{reference}/{kind}", data=seen | fields)


def incident(house: Installation, reference: str) -> Incident:
    with house.database.reading() as session:
        return session.scalars(select(Incident).where(Incident.reference == reference)).one()
