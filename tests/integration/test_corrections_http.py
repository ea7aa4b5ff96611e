"""Category, priority and "not the same" by the API and on the console."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.wiring import Installation
from models.vocabulary import Role
from tests.integration.api_fixtures import file_report, key_for, link_for


@pytest.fixture
def analyst(installation: Installation) -> dict[str, str]:
    return key_for(installation, Role.ANALYST)


@pytest.fixture
def two(client: TestClient, installation: Installation) -> tuple[str, str]:
    """Two incidents that have nothing to do with each other."""
    service = key_for(installation, Role.SERVICE)
    told = [
        file_report(client, service, text, reporter)["incident"]["reference"]
        for text, reporter in (
            ("no wifi in the Berlin office since nine", "p001"),
            ("the toner of the printer in Lisbon is empty", "p002"),
        )
    ]
    return told[0], told[1]


def act(
    client: TestClient, headers: dict[str, str], reference: str, verb: str, **body: object
) -> dict[str, object]:
    tag = client.get(f"/api/v1/incidents/{reference}", headers=headers).headers["etag"]
    answer = client.post(
        f"/api/v1/incidents/{reference}/{verb}", json=body, headers=headers | {"If-Match": tag}
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def read(client: TestClient, headers: dict[str, str], reference: str) -> dict[str, object]:
    told: dict[str, object] = client.get(f"/api/v1/incidents/{reference}", headers=headers).json()
    return told


def test_a_category_and_a_priority_are_set_and_taken_back(
    client: TestClient, analyst: dict[str, str], two: tuple[str, str]
) -> None:
    before = read(client, analyst, two[0])
    act(client, analyst, two[0], "category", category="telephony")
    done = act(client, analyst, two[0], "priority", priority="P1")
    now = read(client, analyst, two[0])
    assert (now["category"], now["staff_category"]) == ("telephony", "telephony")
    assert (now["priority"], now["staff_priority"]) == ("P1", "P1")
    undone = client.post(f"/api/v1/reviews/{done['undo']}/undo", headers=analyst)
    assert undone.status_code == 200, undone.text
    assert read(client, analyst, two[0])["priority"] == before["priority"]
    act(client, analyst, two[0], "category", category=None)
    assert read(client, analyst, two[0])["category"] == before["category"]


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("category", {"category": "gossip"}),
        ("priority", {"priority": "P9"}),
        ("apart", {}),
        ("apart", {"other": "INC-X", "more": 1}),
    ],
)
def test_a_body_that_is_not_understood_is_refused(
    client: TestClient, analyst: dict[str, str], two: tuple[str, str], verb: str,
    body: dict[str, object],
) -> None:  # fmt: skip
    answer = client.post(
        f"/api/v1/incidents/{two[0]}/{verb}", json=body, headers=analyst | {"If-Match": '"1"'}
    )
    assert answer.status_code == 422


def test_two_incidents_are_kept_apart_once(
    client: TestClient, analyst: dict[str, str], two: tuple[str, str]
) -> None:
    act(client, analyst, two[0], "apart", other=two[1])
    tag = client.get(f"/api/v1/incidents/{two[1]}", headers=analyst).headers["etag"]
    again = client.post(
        f"/api/v1/incidents/{two[1]}/apart", json={"other": two[0]},
        headers=analyst | {"If-Match": tag},
    )  # fmt: skip
    assert (again.status_code, again.json()["code"]) == (409, "review.senseless")
    missing = client.post(
        f"/api/v1/incidents/{two[1]}/apart", json={"other": "INC-000000-0"},
        headers=analyst | {"If-Match": tag},
    )  # fmt: skip
    assert missing.status_code == 404
    for reference in two:
        timeline = client.get(f"/api/v1/incidents/{reference}/timeline", headers=analyst).json()
        assert "incident.kept_apart" in {entry["kind"] for entry in timeline["entries"]}


@pytest.fixture
def console(client: TestClient, installation: Installation) -> Iterator[TestClient]:
    client.post(f"/login/link/{link_for(installation, Role.ANALYST)}")
    return client


def csrf(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def test_the_console_sets_category_and_priority_and_shows_them(
    console: TestClient, two: tuple[str, str]
) -> None:
    address = f"/console/incidents/{two[0]}"
    for verb, value, shown in (
        ("category", "telephony", '<option value="telephony" selected>'),
        ("priority", "P1", "<option selected>P1</option>"),
    ):
        told = {"csrf": csrf(console.get(address).text), "verb": verb, "value": value}
        page = console.post(f"{address}/change", data=told).text
        assert shown in page
    assert "Category set by staff" in page
    told = {"csrf": csrf(page), "verb": "category", "value": ""}
    assert (
        '<option value="telephony" selected>'
        not in console.post(f"{address}/change", data=told).text
    )


def test_not_the_same_is_said_on_the_console_and_can_be_undone(
    console: TestClient, two: tuple[str, str]
) -> None:
    address = f"/console/incidents/{two[0]}"
    told = {"csrf": csrf(console.get(address).text), "verb": "apart", "value": two[1]}
    page = console.post(f"{address}/change", data=told).text
    assert f"{two[0]} and {two[1]} are not the same." in page
    again = console.post(f"{address}/change", data=told | {"csrf": csrf(page)})
    assert again.status_code == 409
    assert "kept apart already" in again.text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    back = {"csrf": csrf(page), "token": token, "back": two[0]}
    assert "Took back" in console.post("/console/undo", data=back).text


def test_an_incident_that_one_may_not_see_cannot_be_named_as_another(
    client: TestClient, installation: Installation, console: TestClient, two: tuple[str, str]
) -> None:
    address = f"/console/incidents/{two[0]}"
    told = {"csrf": csrf(console.get(address).text), "verb": "apart", "value": "INC-000000-0"}
    assert console.post(f"{address}/change", data=told).status_code == 404
