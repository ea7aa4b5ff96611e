"""Seen before: on the incident's page and in the API, and nothing of restricted ones slips out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation, build_installation
from classifier.recurrence_scorer import RecurrenceScorer
from models.incident import Incident
from models.vocabulary import Role
from tests.integration.api_fixtures import file_report, key_for, make_settings
from tests.integration.console_forms import act, enter
from tests.standins.receiver import Receiver, wait_until

GATEWAY = (
    "VPN shows gateway certificate expired, error TLS-4711, nobody in Berlin gets in",
    "Berlin: vpn client says the certificate of the gateway has expired (TLS-4711)",
    "cannot connect to vpn from berlin, certificate expired TLS-4711",
)
AGAIN = (
    "VPN certificate expired again, TLS-4711, whole Berlin team is out",
    "again the gateway certificate of the vpn, TLS-4711 in berlin",
    "berlin vpn: certificate expired like last time, TLS-4711",
    "vpn gateway certificate expired, TLS-4711, Berlin again",
)


def tell_all(client: TestClient, house: Installation, texts: tuple[str, ...], first: int) -> str:
    key = key_for(house, Role.SERVICE, f"service {first}")
    for number, text in enumerate(texts, first):
        house.clock.forward(minutes=2)
        told = file_report(client, key, text, f"p{number:03d}")
    reference: str = told["incident"]["reference"]
    return reference


@pytest.fixture
def story(client: TestClient, installation: Installation) -> tuple[str, str]:
    """An outage of twelve days ago with what helped, and the same one now."""
    headers = key_for(installation, Role.COMMANDER)
    old = tell_all(client, installation, GATEWAY, 1)

    def staff(verb: str, **body: object) -> None:
        seen = client.get(f"/api/v1/incidents/{old}", headers=headers).headers["etag"]
        answer = client.post(
            f"/api/v1/incidents/{old}/{verb}", headers=headers | {"If-Match": seen}, json=body
        )
        assert answer.status_code == 200, answer.text

    staff("workaround", workaround="Take the gateway in London.")
    installation.clock.forward(hours=3)
    staff("resolve")
    installation.clock.forward(days=12)
    new = tell_all(client, installation, AGAIN, 4)
    assert new != old
    with installation.database.reading() as session:
        row = session.scalars(select(Incident).where(Incident.reference == new)).one()
    installation.tending.look_back(row.id)
    return old, new


def test_a_program_reads_what_was_seen_before_and_what_came_back(
    client: TestClient, installation: Installation, story: tuple[str, str]
) -> None:
    old, new = story
    headers = key_for(installation, Role.AUDITOR)
    (seen,) = client.get(f"/api/v1/incidents/{new}", headers=headers).json()["seen_before"]
    assert (seen["incident"], seen["author"]) == (old, "model")
    assert seen["workaround"] == "Take the gateway in London."
    assert 0.5 <= seen["probability"] <= 1
    assert "tls-4711" in seen["sentence"]
    assert seen["resolved_at"] is not None
    (back,) = client.get(f"/api/v1/incidents/{old}", headers=headers).json()["came_back"]
    assert back["incident"] == new


def test_staff_say_by_the_api_that_the_cause_was_another_one(
    client: TestClient, installation: Installation, story: tuple[str, str]
) -> None:
    old, new = story
    headers = key_for(installation, Role.ANALYST)

    def say(**body: object):
        seen = client.get(f"/api/v1/incidents/{new}", headers=headers)
        return client.post(
            f"/api/v1/incidents/{new}/cause",
            headers=headers | {"If-Match": seen.headers["etag"]},
            json=body,
        )

    done = say(past=old, same=False)
    assert done.status_code == 200, done.text
    told = client.get(f"/api/v1/incidents/{new}", headers=headers).json()
    assert told["seen_before"] == []
    undone = client.post(f"/api/v1/reviews/{done.json()['undo']}/undo", headers=headers)
    assert undone.status_code == 200
    told = client.get(f"/api/v1/incidents/{new}", headers=headers).json()
    assert [one["incident"] for one in told["seen_before"]] == [old]
    assert say(past="INC-000000-0", same=True).status_code == 404
    assert say(past=new, same=True).status_code == 409
    assert say(past=old).status_code == 422
    auditor = key_for(installation, Role.AUDITOR)
    refused = client.post(
        f"/api/v1/incidents/{new}/cause",
        headers=auditor | {"If-Match": '"1"'},
        json={"past": old, "same": True},
    )
    assert refused.status_code == 403


def test_the_page_shows_when_it_was_how_long_it_took_and_what_helped(
    client: TestClient, installation: Installation, story: tuple[str, str]
) -> None:
    old, new = story
    enter(client, installation)
    page = client.get(f"/console/incidents/{new}").text
    assert "Seen before" in page
    assert "12 days ago, resolved after 3 h" in page
    assert "Take the gateway in London." in page
    assert "likely the same cause" in page
    assert "Looks like an earlier incident" in page
    assert f"{new}" in client.get(f"/console/incidents/{old}").text
    done = act(client, new, "change", verb="other_cause", value=old)
    assert "Done." in done.text
    assert "likely the same cause" not in client.get(f"/console/incidents/{new}").text
    act(client, new, "change", verb="same_cause", value=old)
    page = client.get(f"/console/incidents/{new}").text
    assert "said so." in page
    assert "Not the same cause" in page


def test_a_restricted_incident_is_neither_named_nor_linked_for_others(
    client: TestClient, installation: Installation
) -> None:
    mail = "Phishing mail: fake payslip login page stole my password, I clicked the link"
    first = tell_all(client, installation, (mail,), 1)
    installation.clock.forward(days=5)
    second = tell_all(client, installation, (mail,), 2)
    assert first != second
    with installation.database.reading() as session:
        row = session.scalars(select(Incident).where(Incident.reference == second)).one()
    installation.tending.look_back(row.id)
    reader = key_for(installation, Role.COMMUNICATIONS)
    assert client.get(f"/api/v1/incidents/{second}", headers=reader).status_code == 404
    open_one = tell_all(client, installation, GATEWAY, 5)
    analyst = key_for(installation, Role.ANALYST)
    seen = client.get(f"/api/v1/incidents/{open_one}", headers=analyst)
    refused = client.post(
        f"/api/v1/incidents/{open_one}/cause",
        headers=analyst | {"If-Match": seen.headers["etag"]},
        json={"past": first, "same": True},
    )
    assert refused.status_code == 409
    assert first not in client.get(f"/api/v1/incidents/{open_one}", headers=reader).text


@pytest.fixture
def outside() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


def test_the_job_runner_looks_back_by_itself_and_forwards_what_it_found(
    tmp_path: Path, prepared_store: Path, outside: Receiver
) -> None:
    settings = make_settings(tmp_path, forward_url=outside.url, forward_secret=outside.secret)
    shutil.copy(prepared_store, settings.data_dir / "muster.db")
    house = build_installation(settings)
    assert isinstance(house.tending.past.scorer, RecurrenceScorer)
    house.start()
    try:
        with TestClient(create_app(house)) as door:
            key, staff = key_for(house, Role.SERVICE), key_for(house, Role.COMMANDER)
            for number, words in enumerate(GATEWAY, 1):
                old = file_report(
                    door, key, words, f"p{number:03d}", occurred_at="2026-01-05T09:00:00Z"
                )["incident"]["reference"]
            seen = door.get(f"/api/v1/incidents/{old}", headers=staff).headers["etag"]
            door.post(f"/api/v1/incidents/{old}/resolve", headers=staff | {"If-Match": seen})
            for number, words in enumerate(AGAIN, 4):
                new = file_report(door, key, words, f"p{number:03d}")["incident"]["reference"]

            def linked() -> bool:
                told = door.get(f"/api/v1/incidents/{new}", headers=staff).json()
                return old in [one["incident"] for one in told["seen_before"]]

            wait_until(linked)

            def heard() -> bool:
                about = [one for one in outside.accepted if one["subject"] == new]
                return any(one["data"].get("seen_before") for one in about)

            wait_until(heard)
    finally:
        house.close()
