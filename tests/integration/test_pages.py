"""Pages over HTTP: who gets in, and how."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.staff import record_password, record_staff
from api.wiring import Installation
from models.vocabulary import Role
from tests.integration.api_fixtures import link_for
from tests.integration.console_forms import csrf, enter


@pytest.mark.parametrize("path", ["/", "/help", "/login"])
def test_everybody_may_open_the_front_pages(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert " style=" not in answer.text


@pytest.mark.parametrize(
    "path", ["/console", "/console/incidents/INC-000000-0", "/console/merge", "/console/forwarding"]
)
def test_a_stranger_is_led_to_the_sign_in_and_back(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next={path}"


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/console/conversations/7", "/console/conversations/7"),
        ("http://testserver/console?view=all", "/console%3Fview%3Dall"),
        ("https://evil.example//evil.example/", "/console"),
        ("http://testserver/console\\..\\x", "/console"),
        ("http://[broken", "/console"),
        ("http://testserver/console?words=" + "x" * 500, "/console"),
        (None, "/console"),
    ],
)
def test_a_live_update_of_a_stranger_leads_by_the_sign_in_back_to_its_page(
    client: TestClient, page: str | None, back: str
) -> None:
    told = {"HX-Request": "true"} | ({"HX-Current-URL": page} if page else {})
    answer = client.get("/console/changes", headers=told)
    assert answer.headers["hx-redirect"] == f"/login?next={back}"


def test_name_and_password_open_the_console(client: TestClient, installation: Installation) -> None:
    with installation.database.transaction() as session:
        staff = record_staff(session, "ana", Role.ANALYST, now=installation.clock())
        password = record_password(session, staff)
    wrong = client.post("/login", data={"name": "ana", "password": "guess"})
    assert wrong.status_code == 401
    assert "wrong" in wrong.text
    assert 'value="ana"' in wrong.text
    right = client.post(
        "/login",
        data={"name": "ana", "password": password, "onward": "/console/merge"},
        follow_redirects=False,
    )
    assert right.headers["location"] == "/console/merge"
    assert client.get("/console").status_code == 200


@pytest.mark.parametrize(
    "onward",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/consolex", "javascript:1", "/"],
)
def test_signing_in_never_leads_out_of_the_console(
    client: TestClient, installation: Installation, onward: str
) -> None:
    enter(client, installation)
    answer = client.get("/login", params={"next": onward}, follow_redirects=False)
    assert answer.headers["location"] == "/console"


def test_a_link_that_was_only_looked_at_still_works_once(
    client: TestClient, installation: Installation
) -> None:
    token = link_for(installation, Role.ANALYST)
    for _ in range(3):
        assert client.get(f"/login/link/{token}").status_code == 200
    assert client.get("/console", follow_redirects=False).status_code == 303
    client.post(f"/login/link/{token}")
    assert client.get("/console").status_code == 200
    again = TestClient(client.app).post(f"/login/link/{token}")
    assert again.status_code == 401
    assert "used already" in again.text


def test_signing_out_needs_our_own_form_and_ends_the_session(
    client: TestClient, installation: Installation
) -> None:
    enter(client, installation)
    assert client.post("/logout").status_code == 403
    assert client.get("/console").status_code == 200
    client.post("/logout", data={"csrf": csrf(client.get("/console").text)})
    assert client.get("/console", follow_redirects=False).status_code == 303
