"""Reports by program: keyed, bounded, and never lost because a part is down."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from models.incident import Incident
from models.people import Identity
from models.report import Report, ReportText
from models.staff import IdempotencyKey
from models.vocabulary import Role
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import file_report, key_for, make_settings, make_store

BODY = {"text": "SAP is down for everyone in Lisbon", "reporter": "p001"}


@pytest.fixture
def key(installation: Installation) -> dict[str, str]:
    return key_for(installation, Role.SERVICE)


def post(door: TestClient, key: dict[str, str], idempotency: str, **more: object):
    headers = key | {"Idempotency-Key": idempotency}
    return door.post("/api/v1/reports", json=BODY | more, headers=headers)


def count(house: Installation, what: type = Report) -> int:
    with house.database.reading() as session:
        return session.execute(select(func.count()).select_from(what)).scalar_one()


def test_a_report_is_answered_with_its_reference_and_its_incident(
    client: TestClient, key: dict[str, str]
) -> None:
    answer = post(client, key, "a")
    told = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/reports/{told['reference']}"
    assert told["incident"]["reports"] == 1
    assert not told["incident"]["joined"]
    read = client.get(answer.headers["location"], headers=key).json()
    assert read["text"] == BODY["text"]
    assert read["incident"] == told["incident"]["reference"]
    assert read["membership"]["evidence"]["sentence"]


def test_the_same_key_and_body_get_the_first_answer_and_file_once(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    first, again = post(client, key, "a"), post(client, key, "a")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert count(installation) == 1


def test_the_same_key_with_another_body_is_refused(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    post(client, key, "a")
    answer = post(client, key, "a", text="something else entirely")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.reused")
    assert count(installation) == 1


def test_a_key_belongs_to_its_owner(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    other = key_for(installation, Role.SERVICE, "another-program")
    first, second = post(client, key, "a"), post(client, other, "a", text="other words here")
    assert second.status_code == 201
    assert first.json()["reference"] != second.json()["reference"]


def test_alike_reports_under_two_keys_are_two_reports(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    post(client, key, "a")
    post(client, key, "b")
    assert count(installation) == 2


def test_eight_simultaneous_tries_of_one_report_file_it_once(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(client, key, "same"), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert count(installation) == 1


@pytest.mark.parametrize("sent", [{}, {"Idempotency-Key": " "}, {"Idempotency-Key": "k" * 256}])
def test_without_a_usable_key_nothing_is_filed(
    client: TestClient, installation: Installation, key: dict[str, str], sent: dict[str, str]
) -> None:
    answer = client.post("/api/v1/reports", json=BODY, headers=key | sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_required")
    assert count(installation) == 0


def test_a_key_is_forgotten_after_seven_days(
    client: TestClient, installation: Installation, key: dict[str, str], clock: StandingClock
) -> None:
    post(client, key, "a")
    clock.forward(days=6, hours=23)
    installation.tending.sweep()
    assert count(installation, IdempotencyKey) == 1
    clock.forward(hours=2)
    installation.tending.sweep()
    assert count(installation, IdempotencyKey) == 0


@pytest.mark.parametrize(
    ("reporter", "channel", "address", "verified_by"),
    [
        ("p001", "api", "claimed:p001", "api"),
        ("nobody-we-know", "api", "claimed:nobody-we-know", None),
        ("Amelia.Hartley@haldenfreight.example", "email", "amelia.hartley@haldenfreight.example",
         "directory"),
        ("+44 7700 900007", "sms", "+447700900007", "directory"),
    ],
)  # fmt: skip
def test_a_reporter_is_a_person_a_mailbox_or_a_phone(
    client: TestClient,
    installation: Installation,
    key: dict[str, str],
    reporter: str,
    channel: str,
    address: str,
    verified_by: str | None,
) -> None:
    assert post(client, key, "a", reporter=reporter).status_code == 201
    with installation.database.reading() as session:
        identity = session.scalars(select(Identity)).one()
    assert (identity.channel.value, identity.address) == (channel, address)
    assert identity.verified_by == verified_by


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": ""}, "report.empty"),
        ({"text": " \n "}, "report.empty"),
        ({"text": "x" * 100_001}, "request.invalid"),
        ({"reporter": ""}, "request.invalid"),
        ({"service": "teleporter"}, "catalogue.unknown_service"),
        ({"site": "atlantis"}, "catalogue.unknown_site"),
        ({"channel": "pigeon"}, "request.invalid"),
        ({"occurred_at": "2026-11-23T10:00:00"}, "request.invalid"),
        ({"occurred_at": "0001-01-01T00:00:00Z"}, "request.invalid"),
        ({"attributes": {"blob": "x" * 20_000}}, "request.invalid"),
        ({"severity": "SEV1"}, "request.invalid"),
    ],
)
def test_bad_input_is_refused_in_a_sentence_and_files_nothing(
    client: TestClient,
    installation: Installation,
    key: dict[str, str],
    change: dict[str, object],
    code: str,
) -> None:
    answer = post(client, key, "a", **change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["detail"]
    assert count(installation) == 0
    assert post(client, key, "a").status_code == 201  # the key is still free


def test_a_very_long_report_is_kept_cut_with_a_mark(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    assert post(client, key, "a", text="printer jam " * 8_000).status_code == 201
    with installation.database.reading() as session:
        kept = session.scalars(select(ReportText.text)).one()
    assert kept.endswith("[…]")
    assert len(kept) < 21_000


def test_a_restricted_report_is_not_described_to_a_program(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    told = file_report(
        client, key, "Phishing mail with a fake payslip page stole my password, I clicked", "p002"
    )
    assert told["incident"]["title"] is None
    assert client.get(f"/api/v1/reports/{told['reference']}", headers=key).status_code == 404
    incident = told["incident"]["reference"]
    assert client.get(f"/api/v1/incidents/{incident}", headers=key).status_code == 404
    assert client.get("/api/v1/incidents", headers=key).json()["incidents"] == []
    analyst = key_for(installation, Role.ANALYST)
    assert client.get(f"/api/v1/incidents/{incident}", headers=analyst).status_code == 200


def test_on_a_full_disk_nothing_is_acknowledged_and_all_is_well_when_space_returns(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    def limit(pages: int) -> None:
        with installation.database.write_engine.connect() as connection:
            connection.execute(text(f"PRAGMA max_page_count={pages}"))

    with installation.database.reading() as session:
        used = session.execute(text("PRAGMA page_count")).scalar_one()
    limit(used)
    refused = [post(client, key, f"k{number}", text="disk " * 3_000) for number in range(4)]
    assert "storage.full" in {answer.json().get("code") for answer in refused}
    acknowledged = [answer for answer in refused if answer.status_code == 201]
    assert {answer.status_code for answer in refused} <= {201, 503}
    assert count(installation) == len(acknowledged)
    assert all("retry-after" in answer.headers for answer in refused if answer.status_code == 503)
    limit(1_000_000)
    assert post(client, key, "later").status_code == 201


@pytest.fixture
def blind(
    tmp_path: Path, catalogue: Catalogue, clock: StandingClock
) -> Iterator[tuple[TestClient, Installation]]:
    """An installation whose encoder was never built."""
    settings = make_settings(tmp_path, artifacts_dir=tmp_path / "nothing")
    make_store(settings, catalogue)
    house = build_installation(settings, clock=clock, jobs=FakeJobs())
    house.start(work=False)
    with TestClient(create_app(house), raise_server_exceptions=False) as found:
        yield found, house
    house.close()


def test_without_an_encoder_reports_are_recorded_unread_and_the_service_says_so(
    blind: tuple[TestClient, Installation],
) -> None:
    door, house = blind
    told = file_report(door, key_for(house, Role.SERVICE), BODY["text"], "p001")
    assert told["read"] is False
    assert told["incident"]["reference"].startswith("INC-")
    assert isinstance(house.jobs, FakeJobs)
    assert len(house.jobs.unread) == 1
    ready = door.get("/readyz")
    assert ready.status_code == 503
    assert "muster encoder build" in ready.json()["reasons"][0]
    assert door.get("/livez").status_code == 200


def test_without_an_encoder_the_chat_still_answers(
    blind: tuple[TestClient, Installation],
) -> None:
    door, _ = blind
    opened = door.post("/api/v1/conversations", json={}).json()
    answer = door.post(
        f"/api/v1/conversations/{opened['id']}/messages",
        json={"client_id": "1", "text": BODY["text"]},
        headers={"Authorization": f"Bearer {opened['token']}"},
    )
    assert answer.status_code == 200
    assert answer.json()["messages"]


def test_a_call_written_down_later_is_grouped_by_the_hour_it_was_told(
    client: TestClient, key: dict[str, str], installation: Installation
) -> None:
    now = installation.clock()
    morning = [now - timedelta(hours=5, minutes=minutes) for minutes in (8, 6, 4, 2)]
    told = (
        "no wifi in Berlin",
        "the wifi in Berlin is gone",
        "wifi down, Berlin",
        "berlin wifi dead",
    )
    found = set()
    for number, (moment, words) in enumerate(zip(morning, told, strict=True)):
        answer = file_report(client, key, words, f"p03{number}", occurred_at=moment.isoformat())
        found.add(answer["incident"]["reference"])
    assert len(found) == 1
    with installation.database.reading() as session:
        incident = session.scalars(select(Incident)).one()
    assert (incident.first_at, incident.last_at) == (morning[0], morning[-1])


def test_a_report_from_the_future_is_refused(
    client: TestClient, key: dict[str, str], installation: Installation
) -> None:
    later = installation.clock() + timedelta(hours=1)
    answer = post(client, key, "ahead", occurred_at=later.isoformat())
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/report.future"
    assert count(installation) == 0
