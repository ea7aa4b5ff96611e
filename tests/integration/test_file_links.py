"""Files open by links that are signed, one person's, and over after ten minutes; looks are kept."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.wiring import Installation
from incidents.file_links import FileLinks
from incidents.text_access import list_accesses
from models.errors import NotFoundError
from models.ids import AttachmentId, new_id
from models.report import Report, TextAccess
from models.vocabulary import Audience, Role
from tests.fakes import StandingClock
from tests.integration.api_fixtures import (  # noqa: F401 - fixtures
    client,
    file_report,
    installation,
    key_for,
    open_chat,
)

SECRET = "s" * 40
WORDS = (
    "Outlook shows 0x8004010F on lt-ber-0231. My password is hunter2! call me: 0170 1234567, "
    "card 4111 1111 1111 1111"
)


def send(client: TestClient) -> str:
    path, headers = open_chat(client)
    answer = client.post(
        f"{path}/attachments", files={"file": ("a.log", b"ERROR 0x80070005\n")}, headers=headers
    )
    return str(answer.json()["id"])


def test_a_link_opens_the_file_for_the_person_it_was_made_for(
    client: TestClient, installation: Installation
) -> None:
    file = send(client)
    ann, bob = (key_for(installation, Role.ANALYST, name) for name in ("Ann", "Bob"))
    moved = client.get(f"/console/attachments/{file}", headers=ann, follow_redirects=False)
    assert moved.status_code == 303
    link = moved.headers["location"]
    found = client.get(link, headers=ann)
    assert (found.status_code, found.content) == (200, b"ERROR 0x80070005\n")
    assert found.headers["content-disposition"] == 'attachment; filename="a.log"'
    assert found.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert found.headers["x-content-type-options"] == "nosniff"
    assert client.get(link, headers=bob).status_code == 404
    assert client.get(link).status_code == 401


def test_no_changed_link_opens_anything(client: TestClient, installation: Installation) -> None:
    file = send(client)
    ann = key_for(installation, Role.ANALYST)
    link = client.get(f"/console/attachments/{file}", headers=ann, follow_redirects=False).headers[
        "location"
    ]
    token = link.rpartition("/")[2]
    dice = random.Random(2)
    for _ in range(300):
        at = dice.randrange(len(token))
        other = dice.choice("abcXYZ019-_.")
        changed = token[:at] + other + token[at + 1 :]
        if changed != token:
            with pytest.raises(NotFoundError):
                FileLinks(installation.session_secret).parse_token(changed, "x")
    assert client.get(f"/console/files/{token[:-2]}", headers=ann).status_code == 404


def test_a_link_is_over_after_its_time_and_under_another_secret() -> None:
    file, person = AttachmentId(new_id()), "ann"
    token = FileLinks(SECRET).make_token(file, person)
    assert FileLinks(SECRET).parse_token(token, person) == file
    for links, who in (
        (FileLinks(SECRET, life=timedelta(seconds=-1)), person),
        (FileLinks("t" * 40), person),
        (FileLinks(SECRET), "bob"),
    ):
        with pytest.raises(NotFoundError):
            links.parse_token(token, who)


def test_staff_see_masked_words_and_each_look_at_the_raw_ones_is_remembered(
    client: TestClient, installation: Installation, clock: StandingClock
) -> None:
    service = key_for(installation, Role.SERVICE)
    reference = file_report(client, service, WORDS, "ann@example.com")["reference"]
    ann = key_for(installation, Role.ANALYST, "Ann")
    shown = client.get(f"/api/v1/reports/{reference}", headers=ann).json()["text"]
    assert "0x8004010F on lt-ber-0231" in shown
    for secret in ("hunter2", "1234567", "4111"):
        assert secret not in shown
    with installation.database.reading() as session:
        assert session.scalars(select(TextAccess)).all() == []
    raw = client.get(f"/api/v1/reports/{reference}/text", headers=ann).json()
    assert raw["text"] == WORDS
    with installation.database.reading() as session:
        report = session.scalars(select(Report)).one()
        (look,) = list_accesses(session, report.id)
    assert (look.actor, look.via, look.at) == ("Ann", "text", clock())


def test_who_may_not_see_a_report_reads_no_raw_words_and_leaves_no_row(
    client: TestClient, installation: Installation
) -> None:
    service = key_for(installation, Role.SERVICE)
    reference = file_report(client, service, WORDS, "ann@example.com")["reference"]
    with installation.database.transaction() as session:
        session.scalars(select(Report)).one().audience = Audience.RESTRICTED
    address = f"/api/v1/reports/{reference}/text"
    assert client.get(address).status_code == 401
    reader = key_for(installation, Role.COMMUNICATIONS)
    assert client.get(address, headers=reader).status_code == 404
    with installation.database.reading() as session:
        assert session.scalars(select(TextAccess)).all() == []
