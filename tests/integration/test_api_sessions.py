"""Staff sign in: one-time links, passwords, signed cookies, and forms that are really ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.staff import find_staff, record_password, record_staff
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.vocabulary import Role
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import file_report, key_for, link_for, make_settings, make_store

MATRIX = {f"{i}{u}": "P3" for i in (1, 2, 3) for u in (1, 2, 3)}


def sign_in(door: TestClient, house: Installation, role: Role = Role.ADMIN, name: str = "Robin"):
    token = link_for(house, role, name)
    answer = door.post(f"/login/link/{token}", follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer


def csrf(door: TestClient) -> str:
    """The token as our own page carries it."""
    page = door.get("/console", headers={"accept": "text/html"}).text
    found = re.search(r'name="csrf"[^>]*?(?:value|content)="([0-9a-f]{64})"', page)
    assert found is not None, page[:2000]
    return found[1]


def test_a_link_signs_in_once_and_looking_at_it_uses_nothing_up(
    client: TestClient, installation: Installation
) -> None:
    token = link_for(installation, Role.ADMIN)
    for _ in range(3):
        assert client.get(f"/login/link/{token}").status_code == 200
    assert client.post(f"/login/link/{token}", follow_redirects=False).status_code == 303
    assert client.get("/api/v1/incidents").status_code == 200
    with TestClient(client.app) as another:
        refused = another.post(f"/login/link/{token}", follow_redirects=False)
        assert refused.status_code != 303
        assert another.get("/api/v1/incidents").status_code == 401


def test_a_link_is_good_for_a_quarter_of_an_hour(
    client: TestClient, installation: Installation, clock: StandingClock
) -> None:
    late, soon = link_for(installation, Role.ADMIN), link_for(installation, Role.ADMIN)
    clock.forward(minutes=14, seconds=59)
    assert client.post(f"/login/link/{soon}", follow_redirects=False).status_code == 303
    clock.forward(seconds=2)
    assert client.post(f"/login/link/{late}", follow_redirects=False).status_code != 303


def with_password(house: Installation, name: str = "Kim", role: Role = Role.ANALYST) -> str:
    with house.database.transaction() as session:
        staff = record_staff(session, name, role, now=house.clock())
        return record_password(session, staff)


def log_in(door: TestClient, name: str, password: str):
    return door.post("/login", data={"name": name, "password": password}, follow_redirects=False)


def test_name_and_password_open_the_console(client: TestClient, installation: Installation) -> None:
    password = with_password(installation)
    assert log_in(client, "Kim", password).status_code == 303
    assert client.get("/api/v1/incidents").status_code == 200


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(
    client: TestClient, installation: Installation
) -> None:
    with_password(installation)
    wrong, unknown = log_in(client, "Kim", "nonsense"), log_in(client, "Nobody", "nonsense")
    assert wrong.status_code == unknown.status_code != 303
    assert client.get("/api/v1/incidents").status_code == 401


def test_after_ten_tries_the_right_password_waits_too(
    client: TestClient, installation: Installation
) -> None:
    password = with_password(installation)
    for _ in range(10):
        log_in(client, "Kim", "guess")
    assert log_in(client, "Kim", password).status_code == 429


def test_somebody_without_a_password_cannot_sign_in_with_an_empty_one(
    client: TestClient, installation: Installation
) -> None:
    key_for(installation, Role.ADMIN, "program")
    assert log_in(client, "program", "").status_code != 303


def test_the_cookie_is_out_of_reach_of_scripts(
    client: TestClient, installation: Installation
) -> None:
    cookie = sign_in(client, installation).headers["set-cookie"]
    assert cookie.startswith("muster=")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Secure" not in cookie  # the demo speaks plain http on this machine


@pytest.fixture
def behind_https(
    tmp_path: Path, catalogue: Catalogue, reader: Reader, clock: StandingClock
) -> Iterator[Installation]:
    settings = make_settings(tmp_path, public_base_url="https://muster.example")
    make_store(settings, catalogue)
    house = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    yield house
    house.close()


def test_behind_https_the_cookie_is_bound_to_our_host(behind_https: Installation) -> None:
    with TestClient(create_app(behind_https), base_url="https://muster.example") as door:
        answer = sign_in(door, behind_https)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-muster=")
        assert "Secure" in cookie
        assert "Domain" not in cookie
        assert door.get("/api/v1/incidents").status_code == 200
        assert "strict-transport-security" in answer.headers


def test_a_change_by_cookie_needs_the_token_of_that_very_session(
    client: TestClient, installation: Installation
) -> None:
    sign_in(client, installation)
    url, token = "/api/v1/policies/priority_matrix", csrf(client)
    assert client.put(url, json=MATRIX).json()["code"] == "auth.csrf"
    wrong = {"X-CSRF-Token": "0" * 64}
    assert client.put(url, json=MATRIX, headers=wrong).json()["code"] == "auth.csrf"
    with TestClient(client.app) as another:
        sign_in(another, installation, name="Sam")
        stolen = another.put(url, json=MATRIX, headers={"X-CSRF-Token": token})
        assert stolen.json()["code"] == "auth.csrf"
    assert client.put(url, json=MATRIX, headers={"X-CSRF-Token": token}).status_code == 200


def test_a_change_that_another_site_sends_is_refused_even_with_the_token(
    client: TestClient, installation: Installation
) -> None:
    sign_in(client, installation)
    headers = {"X-CSRF-Token": csrf(client), "Origin": "https://evil.example"}
    answer = client.put("/api/v1/policies/priority_matrix", json=MATRIX, headers=headers)
    assert answer.json()["code"] == "auth.csrf"
    headers["Origin"] = "null"
    assert client.put(
        "/api/v1/policies/priority_matrix", json=MATRIX, headers=headers
    ).status_code == 403  # fmt: skip


def test_a_key_needs_no_token(client: TestClient, installation: Installation) -> None:
    key = key_for(installation, Role.ADMIN)
    answer = client.put("/api/v1/policies/priority_matrix", json=MATRIX, headers=key)
    assert answer.status_code == 200


def test_a_new_password_ends_every_session(client: TestClient, installation: Installation) -> None:
    sign_in(client, installation)
    assert client.get("/api/v1/incidents").status_code == 200
    with installation.database.transaction() as session:
        record_password(session, find_staff(session, "Robin"))
    assert client.get("/api/v1/incidents").status_code == 401


def test_another_role_ends_the_sessions_of_the_old_one(
    client: TestClient, installation: Installation
) -> None:
    sign_in(client, installation)
    with installation.database.transaction() as session:
        record_staff(session, "Robin", Role.COMMUNICATIONS, now=installation.clock())
    assert client.get("/api/v1/incidents").status_code == 401


@pytest.mark.parametrize("forged", ["nonsense", "e30.aaaa.bbbb", ""])
def test_a_forged_cookie_is_a_strangers(client: TestClient, forged: str) -> None:
    client.cookies.set("muster", forged)
    assert client.get("/api/v1/incidents").status_code == 401


def test_signing_out_takes_the_session_away(client: TestClient, installation: Installation) -> None:
    sign_in(client, installation)
    client.post("/logout", data={"csrf": csrf(client)}, follow_redirects=False)
    assert client.get("/api/v1/incidents").status_code == 401


def test_the_priority_matrix_takes_effect_at_once_and_survives(
    client: TestClient, installation: Installation
) -> None:
    key = key_for(installation, Role.ADMIN)
    first = file_report(client, key, "nobody in the London office can work, all is down", "p003")
    client.put("/api/v1/policies/priority_matrix", json=MATRIX, headers=key)
    second = file_report(client, key, "my headset in London is dead", "p004")
    told = [
        client.get(f"/api/v1/reports/{one['reference']}", headers=key).json()["priority"]
        for one in (first, second)
    ]
    assert told[1] == "P3"
    assert told[0] != "P3"  # what began under the old numbers keeps them
    assert client.get("/api/v1/policies/priority_matrix", headers=key).json() == MATRIX


@pytest.mark.parametrize("broken", [{}, {"11": "P1"}, MATRIX | {"33": "P9"}])
def test_a_matrix_with_a_hole_is_refused(
    client: TestClient, installation: Installation, broken: dict[str, str]
) -> None:
    key = key_for(installation, Role.ADMIN)
    answer = client.put("/api/v1/policies/priority_matrix", json=broken, headers=key)
    assert answer.status_code == 422
