"""A file taken back before it was sent leaves nothing; what was sent stays, and staff see that alone."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient
from typing_extensions import override

from api.wiring import Installation
from incidents.conversation_view import list_conversation_accesses
from incidents.file_inspecting import Inspector
from incidents.file_scanning import FileScanner, Finding, Verdict
from incidents.file_uploads import PIECE_BYTES
from models.ids import AttachmentId, ConversationId
from models.report import Attachment, Upload
from models.vocabulary import Role
from tests.integration.api_fixtures import (  # noqa: F401 - fixtures
    client,
    installation,
    key_for,
)
from tests.integration.console_forms import enter
from tests.integration.test_attachments import Talk, blobs, rows
from tests.integration.test_uploads import LOG, Sender

SMALL = b"ERROR 0x80070005 on srv-wifi-1\n"


@pytest.fixture
def talk(client: TestClient) -> Talk:
    return Talk(client)


@pytest.fixture
def sender(client: TestClient) -> Sender:
    return Sender(client)


def take_back(client: TestClient, talk: Talk, file: str) -> int:
    url = f"/api/v1/conversations/{talk.id}/attachments/{file}"
    return client.delete(url, headers=talk.headers).status_code


def drop(sender: Sender, upload: str) -> int:
    url = f"{sender.path}/uploads/{upload}"
    return sender.client.delete(url, headers=sender.headers).status_code


def uploads(house: Installation) -> int:
    with house.database.reading() as session:
        return session.execute(select(func.count(Upload.id))).scalar_one()


def test_a_file_taken_back_leaves_no_row_and_no_byte_however_often_it_is_asked(
    client: TestClient, talk: Talk, installation: Installation
) -> None:
    file = talk.send("app.log", SMALL).json()["id"]
    assert (rows(installation), len(blobs(installation))) == (1, 1)
    assert [take_back(client, talk, file) for _ in range(2)] == [204, 204]
    assert (rows(installation), blobs(installation)) == (0, [])


@pytest.mark.parametrize("text", ["the wifi in berlin is down", "human please", "thanks"])
def test_a_file_that_a_message_named_stays(
    client: TestClient, talk: Talk, installation: Installation, text: str
) -> None:
    file = talk.send("app.log", SMALL).json()["id"]
    talk.say(text=text, attachments=[file])
    assert take_back(client, talk, file) == 409
    assert (rows(installation), blobs(installation)) == (1, [SMALL])


def test_nobody_takes_back_another_persons_file(
    client: TestClient, talk: Talk, sender: Sender, installation: Installation
) -> None:
    file = talk.send("app.log", SMALL).json()["id"]
    upload = sender.open().json()["id"]
    other = Talk(client)
    assert take_back(client, other, file) == 204  # not there, for them
    other.id = talk.id
    assert take_back(client, other, file) == 404
    stranger = Sender(client)
    assert drop(stranger, upload) == 204
    assert (rows(installation), uploads(installation)) == (1, 1)


def test_an_upload_taken_back_leaves_no_piece_and_makes_room_for_another(
    sender: Sender, installation: Installation
) -> None:
    opened = [sender.open(size=len(LOG)).json()["id"] for _ in range(10)]
    sender.put(opened[0], 0, LOG[:PIECE_BYTES])
    assert sender.open(size=100).json()["code"] == "attachment.too_many"
    assert [drop(sender, opened[0]), drop(sender, opened[0])] == [204, 204]
    assert drop(sender, str(uuid4())) == 204
    assert blobs(installation) == []
    assert sender.open(size=100).status_code == 201
    last = sender.put(opened[0], PIECE_BYTES, LOG[PIECE_BYTES : 2 * PIECE_BYTES])
    assert last.status_code == 404


def test_a_whole_upload_taken_back_takes_its_file_along(
    sender: Sender, installation: Installation
) -> None:
    upload = sender.open().json()["id"]
    assert "file" in sender.send(upload).json()
    assert drop(sender, upload) == 204
    assert (rows(installation), uploads(installation), blobs(installation)) == (0, 0, [])


def test_the_same_file_chosen_twice_and_taken_back_once_is_still_there(
    sender: Sender, installation: Installation
) -> None:
    first, second = (sender.open(client_id=one).json()["id"] for one in ("a", "b"))
    files = [sender.send(one).json()["file"]["id"] for one in (first, second)]
    assert files == [first, first]
    drop(sender, first)
    assert (rows(installation), blobs(installation)) == (1, [LOG])
    drop(sender, second)
    assert (rows(installation), blobs(installation)) == (0, [])


class Meanwhile(FileScanner):
    """Finds every file clean; something happens before it says so."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act

    @override
    def scan(self, path: Path, name: str) -> Verdict:
        self._act()
        return Verdict(Finding.CLEAN)


class Away(FileScanner):
    """Can say nothing."""

    @override
    def scan(self, path: Path, name: str) -> Verdict:
        return Verdict(Finding.UNAVAILABLE)


def scan_with(house: Installation, scanner: FileScanner) -> None:
    house.attachments = replace(house.attachments, inspector=Inspector(scanner))


def test_an_upload_taken_back_while_it_is_checked_is_not_kept(
    sender: Sender, installation: Installation
) -> None:
    upload = sender.open().json()["id"]
    scan_with(installation, Meanwhile(lambda: drop(sender, upload)))
    assert sender.send(upload).status_code == 404
    assert (rows(installation), uploads(installation), blobs(installation)) == (0, 0, [])


def test_a_file_taken_back_while_it_is_checked_once_more_stays_gone(
    client: TestClient, talk: Talk, installation: Installation
) -> None:
    scan_with(installation, Away())
    file = talk.send("app.log", SMALL).json()
    assert file["state"] == "quarantined"
    scan_with(installation, Meanwhile(lambda: take_back(client, talk, file["id"])))
    assert installation.attachments.check_again(AttachmentId(UUID(file["id"]))) is None
    assert (rows(installation), blobs(installation)) == (0, [])


def test_a_storage_that_is_full_for_a_moment_costs_no_piece_of_an_upload(
    sender: Sender, installation: Installation
) -> None:
    content = LOG * 4  # over 8 MiB whole, its pieces below
    upload = sender.open(size=len(content)).json()["id"]
    last = len(content) // PIECE_BYTES * PIECE_BYTES
    for start in range(0, last, PIECE_BYTES):
        sender.put(upload, start, content[start : start + PIECE_BYTES], len(content))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, limits[1]))
    try:
        refused = sender.put(upload, last, content[last:], len(content))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (refused.status_code, refused.json()["code"]) == (503, "storage.full")
    assert sender.offset(upload) == len(content)
    done = sender.put(upload, len(content), b"", len(content))
    assert done.json()["file"]["size"] == len(content)
    assert blobs(installation) == [content]


def test_staff_see_the_files_that_were_sent_and_no_other(
    client: TestClient, talk: Talk, installation: Installation
) -> None:
    sent = talk.send("sent.log", SMALL).json()["id"]
    talk.send("chosen.log", b"not sent yet\n")
    talk.say(text="human please", attachments=[sent])
    enter(client, installation)
    page = client.get(f"/console/conversations/{talk.id}").text
    assert "sent.log" in page
    assert "chosen.log" not in page


def test_who_downloads_a_file_that_is_in_no_report_is_remembered_with_the_conversation(
    client: TestClient, talk: Talk, installation: Installation
) -> None:
    file = talk.send("app.log", SMALL).json()["id"]
    analyst = key_for(installation, Role.ANALYST, "Ana Keller")
    assert client.get(f"/console/attachments/{file}", headers=analyst).content == SMALL
    with installation.database.reading() as session:
        found = list_conversation_accesses(session, ConversationId(UUID(talk.id)))
        assert session.scalars(select(Attachment.report_id)).all() == [None]
    assert [one.actor for one in found] == ["Ana Keller"]
