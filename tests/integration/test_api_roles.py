"""Every route with every role: what the table allows, and nothing else."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api.app import permissions, routers
from api.auth import ALLOWED, LOOKS_ONLY
from api.wiring import Installation
from models.ids import new_id
from models.vocabulary import Role
from tests.integration.api_fixtures import key_for

SHUT = {401, 403}
CLOSED = [
    (method, route)
    for router in routers()
    for route in router.routes
    if isinstance(route, APIRoute) and permissions(route)
    for method in sorted(route.methods)
]


def address(route: APIRoute) -> str:
    """A well-formed address of something that is not there."""
    found = route.path.replace("{reference}", "INC-000000-0")
    return re.sub(r"\{[^}]+\}", str(new_id()), found)


def is_stream(route: APIRoute) -> bool:
    return route.path.endswith("/events") and "incidents" in route.path


def allowed(role: Role, method: str, route: APIRoute) -> bool:
    if role in LOOKS_ONLY and method != "GET":
        return False
    return all(
        permission in ALLOWED[role] or role is or_role for permission, or_role in permissions(route)
    )


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_let_in_exactly_where_the_table_says(
    client: TestClient, installation: Installation, role: Role
) -> None:
    key = key_for(installation, role)
    wrong = []
    for method, route in CLOSED:
        may = allowed(role, method, route)
        if may and is_stream(route):
            continue  # it would not end; see test_api_live.py
        answer = client.request(method, address(route), headers=key, follow_redirects=False)
        if (answer.status_code not in SHUT) != may:
            wrong.append((method, route.path, answer.status_code))
        assert answer.status_code < 500, (method, route.path, answer.text)
    assert not wrong


def test_a_stranger_is_let_in_nowhere(client: TestClient) -> None:
    answers = {
        f"{method} {route.path}": client.request(
            method, address(route), follow_redirects=False
        ).status_code
        for method, route in CLOSED
    }
    pages = {name for name, status in answers.items() if status == 303}
    assert {status for name, status in answers.items() if name not in pages} == {401}
    assert pages == {name for name in pages if " /console" in name}  # led to the sign-in


@pytest.mark.parametrize(
    "header", ["Bearer mk_wrong", "Bearer ", "Basic YWRtaW46YWRtaW4=", "mk_wrong", "Bearer \xff"]
)
def test_a_wrong_key_is_a_strangers(client: TestClient, header: str) -> None:
    headers = [(b"authorization", header.encode("latin-1"))]
    assert client.get("/api/v1/incidents", headers=headers).status_code == 401


def test_a_browser_without_a_session_is_led_to_the_sign_in(client: TestClient) -> None:
    answer = client.get("/console", headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/console"


def test_a_revoked_key_is_worth_nothing(client: TestClient, installation: Installation) -> None:
    from api.staff import find_staff, revoke_keys

    key = key_for(installation, Role.ADMIN, "leaver")
    assert client.get("/api/v1/incidents", headers=key).status_code == 200
    with installation.database.transaction() as session:
        revoke_keys(session, find_staff(session, "leaver"), now=installation.clock())
    assert client.get("/api/v1/incidents", headers=key).status_code == 401


def test_a_key_works_in_the_role_it_was_made_for(
    client: TestClient, installation: Installation
) -> None:
    from api.staff import find_staff, record_key

    key_for(installation, Role.ADMIN, "boss")
    with installation.database.transaction() as session:
        boss = find_staff(session, "boss")
        small = record_key(session, boss, Role.SERVICE, now=installation.clock())
    headers = {"Authorization": f"Bearer {small}"}
    assert client.get("/api/v1/incidents", headers=headers).status_code == 200
    assert client.put(
        "/api/v1/policies/priority_matrix", json={}, headers=headers
    ).status_code == 403  # fmt: skip
