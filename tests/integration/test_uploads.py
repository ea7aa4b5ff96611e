"""A file in pieces: cut anywhere and gone on with, it arrives whole, once, and to the byte."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import httpx
import obstore
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select
from starlette.testclient import TestClient

from api.wiring import Installation
from incidents.attachments import AttachmentPolicy, AttachmentStore
from incidents.file_blobs import BadBlobsAddressError, Blobs, BlobsUnusableError, build_blobs
from incidents.file_uploads import PIECE_BYTES, Uploads
from models.ids import AttachmentId, ConversationId
from models.report import Attachment, Upload
from tests.fakes import StandingClock
from tests.integration.api_fixtures import (  # noqa: F401 - fixtures
    client,
    installation,
    open_chat,
)
from tests.integration.test_api_conversations import file_by_buttons

LOG = b"".join(b"2026-11-23 11:58:%02d ERROR line %d\n" % (n % 60, n) for n in range(70_000))
SHA = hashlib.sha256(LOG).hexdigest()


class Sender:
    """Somebody whose line breaks, with one conversation."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.path, self.headers = open_chat(client)

    def open(self, name: str = "app.log", size: int = len(LOG), **more: object) -> httpx.Response:
        return self.client.post(
            f"{self.path}/uploads", json={"name": name, "size": size, **more}, headers=self.headers
        )

    def put(self, upload: str, start: int, piece: bytes, size: int = len(LOG)) -> httpx.Response:
        told = f"bytes {start}-{start + len(piece) - 1}/{size}"
        return self.client.put(
            f"{self.path}/uploads/{upload}",
            content=piece,
            headers={**self.headers, "Content-Range": told},
        )

    def offset(self, upload: str) -> int:
        answer = self.client.head(f"{self.path}/uploads/{upload}", headers=self.headers)
        assert answer.status_code == 200
        return int(answer.headers["upload-offset"])

    def send(self, upload: str, content: bytes = LOG) -> httpx.Response:
        """Every piece from where the server says, to the end."""
        while True:
            start = self.offset(upload)
            answer = self.put(upload, start, content[start : start + PIECE_BYTES], len(content))
            if answer.status_code != 200 or "file" in answer.json():
                return answer


@pytest.fixture
def sender(client: TestClient) -> Sender:
    return Sender(client)


def stored(house: Installation, blobs: Blobs | None = None) -> bytes:
    with house.database.reading() as session:
        row = session.scalars(select(Attachment)).one()
    return b"".join((blobs or house.attachments.blobs).stream(row.blob_key))


def test_a_file_in_pieces_arrives_to_the_byte_and_leaves_no_piece(
    sender: Sender, installation: Installation
) -> None:
    opened = sender.open(sha256=SHA).json()
    assert (opened["offset"], opened["piece"]) == (0, PIECE_BYTES)
    file = sender.send(opened["id"]).json()["file"]
    assert (file["name"], file["size"], file["state"]) == ("app.log", len(LOG), "clean")
    assert stored(installation) == LOG
    folder = installation.attachments.blobs.folder
    assert folder is not None
    assert len([one for one in folder.rglob("*") if one.is_file()]) == 1


def test_cut_anywhere_and_with_pieces_that_come_twice_it_is_still_one_file(
    sender: Sender, installation: Installation
) -> None:
    dice = random.Random(5)
    upload = sender.open(sha256=SHA).json()["id"]
    for _ in range(40):
        start = PIECE_BYTES * dice.randrange(4)
        sender.put(upload, start, LOG[start : start + PIECE_BYTES])
        assert sender.offset(upload) % PIECE_BYTES in {0, len(LOG) % PIECE_BYTES}
    first = sender.send(upload).json()
    start = len(LOG) // PIECE_BYTES * PIECE_BYTES
    again = sender.put(upload, start, LOG[start:]).json()
    assert first["file"] == again["file"]
    assert stored(installation) == LOG


def test_a_piece_that_leaves_a_gap_is_told_where_to_go_on(sender: Sender) -> None:
    upload = sender.open().json()["id"]
    answer = sender.put(upload, PIECE_BYTES, LOG[PIECE_BYTES : 2 * PIECE_BYTES])
    assert (answer.status_code, answer.json()["code"]) == (409, "upload.gap")
    assert answer.json()["offset"] == 0
    assert sender.put(upload, 0, LOG[:1000]).json()["code"] == "upload.gap"


@pytest.mark.parametrize("told", [None, "bytes */10", "bytes 0-5/x", "bytes 0-98/99"])
def test_a_piece_without_its_place_is_refused(sender: Sender, told: str | None) -> None:
    upload = sender.open().json()["id"]
    more = {} if told is None else {"Content-Range": told}
    answer = sender.client.put(
        f"{sender.path}/uploads/{upload}", content=b"hello", headers=sender.headers | more
    )
    assert answer.status_code == 400
    answer = sender.put(upload, 0, b"x" * (PIECE_BYTES + 1))
    assert answer.status_code == 400


def test_a_file_that_is_another_than_announced_is_refused_and_forgotten(
    sender: Sender, installation: Installation
) -> None:
    upload = sender.open(sha256="0" * 64).json()["id"]
    answer = sender.send(upload)
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment.mismatch")
    with installation.database.reading() as session:
        assert session.scalars(select(Upload)).all() == []
        assert session.scalars(select(Attachment)).all() == []
    folder = installation.attachments.blobs.folder
    assert folder is not None
    assert [one for one in folder.rglob("*") if one.is_file()] == []


def test_a_hostile_file_in_pieces_is_refused_as_any_other(sender: Sender) -> None:
    content = b"MZ\x00\x00" + bytes(100)
    upload = sender.open("run.txt", len(content)).json()["id"]
    assert sender.send(upload, content).json()["code"] == "attachment.refused"


@pytest.mark.parametrize(
    ("name", "size", "code"),
    [
        ("run.exe", 5, "attachment.unsupported"),
        ("a.log", 26 << 20, "attachment.too_large"),
        ("a.log", 0, "attachment.refused"),
    ],
)
def test_what_will_not_be_taken_is_said_before_anything_is_sent(
    sender: Sender, name: str, size: int, code: str
) -> None:
    assert sender.open(name, size).json()["code"] == code


def test_nobody_goes_on_with_another_persons_upload(client: TestClient, sender: Sender) -> None:
    upload = sender.open().json()["id"]
    other = Sender(client)
    assert other.put(upload, 0, LOG[:PIECE_BYTES]).status_code == 404
    other.headers = sender.headers
    assert other.put(upload, 0, LOG[:PIECE_BYTES]).status_code == 404


def test_a_conversation_has_so_many_uploads_open(sender: Sender) -> None:
    for _ in range(10):
        assert sender.open(size=100).status_code == 201
    assert sender.open(size=100).json()["code"] == "attachment.too_many"


def test_what_nobody_goes_on_with_for_a_day_is_removed(
    sender: Sender, installation: Installation, clock: StandingClock
) -> None:
    upload = sender.open().json()["id"]
    sender.put(upload, 0, LOG[:PIECE_BYTES])
    uploads = Uploads(installation.attachments)
    assert uploads.forget_old() == 0
    clock.now += timedelta(days=1, seconds=1)
    assert uploads.forget_old() == 1
    answer = sender.put(upload, PIECE_BYTES, LOG[PIECE_BYTES : 2 * PIECE_BYTES])
    assert answer.status_code == 404
    folder = installation.attachments.blobs.folder
    assert folder is not None
    assert [one for one in folder.rglob("*") if one.is_file()] == []


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of a bucket on a real S3 server on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    assert httpx.put(f"{endpoint}/files").status_code == 200
    yield f"s3://files/muster?endpoint={endpoint}&region=us-east-1&allow_http=true"
    server.stop()


@pytest.fixture
def in_bucket(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Blobs:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "here")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "there")
    return build_blobs(bucket)


def test_files_and_pieces_lie_in_a_bucket_as_in_a_folder(
    sender: Sender, installation: Installation, in_bucket: Blobs
) -> None:
    installation.attachments = AttachmentStore(
        installation.database, in_bucket, installation.clock, AttachmentPolicy()
    )
    upload = sender.open(sha256=SHA).json()["id"]
    assert sender.send(upload).status_code == 200
    assert stored(installation, in_bucket) == LOG
    names = [one["path"] for page in obstore.list(in_bucket.store) for one in page]
    assert len(names) == 1


def test_a_bucket_and_a_folder_keep_the_same_promises(in_bucket: Blobs, tmp_path: object) -> None:
    for blobs in (in_bucket, build_blobs(str(tmp_path))):
        key = "ab" * 16
        assert not blobs.has(key)
        with pytest.raises(FileNotFoundError):
            blobs.stream(key)
        blobs.write(key, BytesIO(LOG))
        assert blobs.has(key)
        assert b"".join(blobs.stream(key)) == LOG
        target = BytesIO()
        blobs.copy_to(key, target)
        assert target.getvalue() == LOG
        blobs.remove([key, "cd" * 16])
        assert not blobs.has(key)
        with pytest.raises(ValueError, match="hexadecimal"):
            blobs.write("../../etc/passwd", [b"x"])


def test_a_bucket_that_does_not_answer_is_said_so_and_nothing_is_recorded(
    installation: Installation, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "here")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "there")
    path, _ = open_chat(client)
    away = build_blobs("s3://files?endpoint=http://127.0.0.1:9&region=x&allow_http=true&retries=0")
    store = AttachmentStore(installation.database, away, installation.clock)
    conversation = ConversationId(UUID(path.rpartition("/")[2]))
    with pytest.raises(BlobsUnusableError):
        store.keep_file(conversation, "a.log", BytesIO(b"hello\n"))
    with installation.database.reading() as session:
        assert session.scalars(select(Attachment)).all() == []


@pytest.mark.parametrize("address", ["ftp://host/x", "s3://", "s3://bucket?secret=x"])
def test_an_address_that_is_none_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(BadBlobsAddressError):
        build_blobs(address)


def test_an_upload_opened_again_under_the_same_name_of_its_sender_is_the_same(
    sender: Sender, installation: Installation
) -> None:
    first = sender.open(client_id="f1").json()
    sender.put(first["id"], 0, LOG[:PIECE_BYTES])
    again = sender.open(client_id="f1").json()
    assert (again["id"], again["offset"]) == (first["id"], PIECE_BYTES)
    file = sender.send(first["id"]).json()["file"]
    assert sender.open(client_id="f1").json()["file"] == file
    assert sender.put(first["id"], len(LOG), b"").json()["file"] == file
    assert sender.open(client_id="f2").json()["id"] != first["id"]
    assert stored(installation) == LOG


def test_the_same_name_for_another_file_is_refused(sender: Sender) -> None:
    sender.open(client_id="f1")
    answer = sender.open(name="other.log", client_id="f1")
    assert (answer.status_code, answer.json()["code"]) == (422, "upload.client_id_reused")


def test_opened_many_times_at_once_it_is_one_upload(
    sender: Sender, installation: Installation
) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: sender.open(client_id="f1").json()["id"], range(8)))
    assert len(set(opened)) == 1
    with installation.database.reading() as session:
        assert len(session.scalars(select(Upload)).all()) == 1


def test_its_last_piece_sent_many_times_at_once_makes_one_file(
    sender: Sender, installation: Installation
) -> None:
    upload = sender.open().json()["id"]
    last = len(LOG) // PIECE_BYTES * PIECE_BYTES
    for start in range(0, last, PIECE_BYTES):
        sender.put(upload, start, LOG[start : start + PIECE_BYTES])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: sender.put(upload, last, LOG[last:]), range(4)))
    assert {one.json()["file"]["id"] for one in answers} == {upload}
    assert stored(installation) == LOG


def test_a_try_that_ends_late_finds_the_file_even_in_a_filed_report(
    sender: Sender, installation: Installation
) -> None:
    upload = sender.open().json()["id"]
    file = sender.send(upload).json()["file"]
    filed = file_by_buttons(sender.client, (sender.path, sender.headers), attachments=[file["id"]])
    assert "report" in filed
    again = installation.attachments.keep_file(
        ConversationId(UUID(sender.path.rpartition("/")[2])),
        "app.log",
        BytesIO(LOG),
        attachment_id=AttachmentId(UUID(upload)),
    )
    assert (str(again.id), again.report_id is not None) == (file["id"], True)
    assert stored(installation) == LOG
