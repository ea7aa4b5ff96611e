"""Files go in through a conversation and come out as downloads for staff."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import hashlib
import resource
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.wiring import Installation
from incidents.attachments import AttachmentPolicy, AttachmentStore
from models.errors import StorageFullError
from models.ids import ConversationId
from models.report import Attachment, Report
from models.vocabulary import Audience, Role
from tests.fakes import StandingClock
from tests.integration.api_fixtures import (  # noqa: F401 - fixtures
    client,
    http,
    installation,
    key_for,
    served,
)

REPORT = "the wifi in the berlin office is dead since 9, nobody here can work"


def picture(width: int = 64, height: int = 48) -> bytes:
    out = BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, "PNG")
    return out.getvalue()


class Talk:
    """One conversation, held by whoever has its token."""

    def __init__(self, client: TestClient | httpx.Client) -> None:
        self.client = client
        opened = client.post("/api/v1/conversations", json={"channel": "web"}).json()
        self.id = opened["id"]
        self.headers = {"Authorization": f"Bearer {opened['token']}"}
        self._said = 0

    def send(self, name: str, content: bytes, **more: object) -> httpx.Response:
        found: httpx.Response = self.client.post(
            f"/api/v1/conversations/{self.id}/attachments",
            files={"file": (name, content, "application/octet-stream")},
            headers=self.headers,
            **more,
        )
        return found

    def say(self, **message: object) -> dict[str, object]:
        self._said += 1
        answer = self.client.post(
            f"/api/v1/conversations/{self.id}/messages",
            json={"client_id": f"c{self._said}", **message},
            headers=self.headers,
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
def talk(client: TestClient) -> Talk:
    return Talk(client)


def blobs(house: Installation) -> list[bytes]:
    folder = house.attachments.blobs.folder
    assert folder is not None
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def path_of(house: Installation, key: str) -> Path:
    assert house.attachments.blobs.folder is not None
    return house.attachments.blobs.folder / key[:2] / key


def rows(house: Installation) -> int:
    with house.database.reading() as session:
        return session.execute(select(func.count(Attachment.id))).scalar_one()


def test_a_picture_is_kept_apart_under_a_name_of_ours(
    talk: Talk,
    installation: Installation,
) -> None:
    answer = talk.send("../../Screen shot.png", picture())
    assert answer.status_code == 201
    kept = answer.json()
    assert (kept["name"], kept["type"]) == ("Screen shot.png", "image/png")
    (content,) = blobs(installation)
    assert kept["size"] == len(content)
    with installation.database.reading() as session:
        row = session.scalars(select(Attachment)).one()
    assert row.sha256 == hashlib.sha256(content).hexdigest()
    path = path_of(installation, row.blob_key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "Screen" not in str(path)


def test_a_file_goes_with_the_report_and_staff_download_it(
    talk: Talk,
    client: TestClient,
    installation: Installation,
) -> None:
    sent = talk.send("Büro log.txt", b"ERROR 0x80070005 on srv-wifi-1\n").json()
    answer = talk.say(text=REPORT, attachments=[sent["id"]])
    for _ in range(6):
        if "report" in answer:
            break
        buttons = [b for message in answer["messages"] for b in message.get("buttons", [])]
        answer = talk.say(text=buttons[0]["title"], payload=buttons[0]["payload"])
    assert "report" in answer
    analyst = key_for(installation, Role.ANALYST)
    found = client.get(f"/console/attachments/{sent['id']}", headers=analyst)
    assert found.status_code == 200
    assert found.content == b"ERROR 0x80070005 on srv-wifi-1\n"
    assert found.headers["content-type"] == "text/plain; charset=utf-8"
    assert found.headers["content-disposition"] == (
        "attachment; filename*=utf-8''B%C3%BCro%20log.txt"
    )
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_file_is_for_those_who_may_see_its_report(
    talk: Talk,
    client: TestClient,
    installation: Installation,
) -> None:
    sent = talk.send("note.txt", b"who clicked the link\n").json()
    address = f"/console/attachments/{sent['id']}"
    reader, analyst = (key_for(installation, role) for role in (Role.COMMUNICATIONS, Role.ANALYST))
    assert client.get(address).status_code == 401
    assert client.get(address, headers=talk.headers).status_code == 401
    # In no report yet: it may turn out to be restricted.
    assert client.get(address, headers=reader).status_code == 404
    assert client.get(address, headers=analyst).status_code == 200
    answer = talk.say(text="printer in berlin jams", attachments=[sent["id"]])
    for _ in range(6):
        if "report" in answer:
            break
        buttons = [b for message in answer["messages"] for b in message.get("buttons", [])]
        answer = talk.say(text=buttons[0]["title"], payload=buttons[0]["payload"])
    assert client.get(address, headers=reader).status_code == 200
    with installation.database.transaction() as session:
        session.scalars(select(Report)).one().audience = Audience.RESTRICTED
    assert client.get(address, headers=reader).status_code == 404
    assert client.get(address, headers=analyst).status_code == 200
    assert client.get(f"/console/attachments/{uuid4()}", headers=analyst).status_code == 404


def archive() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("zeros", bytes(40_000_000))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("drawing.svg", b"<svg onload='alert(1)'/>", 415, "attachment.unsupported"),
        ("drawing.png", b"<svg onload='alert(1)'/>", 415, "attachment.refused"),
        ("bomb.png", archive(), 415, "attachment.refused"),
        ("page.html", b"<script>alert(1)</script>", 415, "attachment.unsupported"),
        ("shot.png.exe", b"MZ", 415, "attachment.unsupported"),
        ("empty.txt", b"", 415, "attachment.refused"),
        ("no ending", b"hello", 415, "attachment.unsupported"),
    ],
)
def test_a_hostile_file_is_refused_kindly_and_leaves_nothing(
    talk: Talk,
    installation: Installation,
    name: str,
    content: bytes,
    status: int,
    code: str,
) -> None:
    answer = talk.send(name, content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["detail"].endswith(".")
    assert blobs(installation) == []
    assert rows(installation) == 0
    assert talk.send("shot.png", picture()).status_code == 201


@pytest.mark.parametrize("told", [True, False])
def test_a_file_of_thirty_megabytes_is_refused_whether_or_not_it_says_so(
    http: httpx.Client,
    installation: Installation,
    told: bool,
) -> None:
    talk = Talk(http)
    content = bytes(30 << 20)
    if told:
        answer = talk.send("big.log", content)
    else:
        head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="big.log"\r\n\r\n'

        def pieces() -> Iterator[bytes]:
            yield head
            for start in range(0, len(content), 1 << 20):
                yield content[start : start + (1 << 20)]
            yield b"\r\n--edge--\r\n"

        answer = http.post(
            f"/api/v1/conversations/{talk.id}/attachments",
            content=pieces(),
            headers={**talk.headers, "content-type": "multipart/form-data; boundary=edge"},
        )
    assert answer.status_code == 413
    assert answer.json()["code"] == "attachment.too_large"
    assert "25 MB" in answer.json()["detail"]
    assert blobs(installation) == []
    assert talk.send("small.log", b"still here\n").status_code == 201


def test_a_large_picture_passes_the_limit_for_other_requests(
    http: httpx.Client,
) -> None:
    content = picture(1400, 1000)
    assert len(content) > 2 << 20
    assert Talk(http).send("shot.png", content).status_code == 201


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"not a form", "multipart/form-data; boundary=edge"),
        (b"--edge\r\nbroken", "multipart/form-data; boundary=edge"),
        (b"x", "multipart/form-data"),
        (b"x", "text/plain"),
        (
            b'--edge\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--edge--\r\n',
            "multipart/form-data; boundary=edge",
        ),
    ],
)
def test_what_is_no_form_with_a_file_is_said_so(
    talk: Talk,
    client: TestClient,
    content: bytes,
    kind: str,
) -> None:
    answer = client.post(
        f"/api/v1/conversations/{talk.id}/attachments",
        content=content,
        headers={**talk.headers, "content-type": kind},
    )
    assert answer.status_code == 400
    assert answer.json()["code"] == "request.malformed"


def test_nobody_sends_a_file_into_another_persons_conversation(
    talk: Talk,
    client: TestClient,
    installation: Installation,
) -> None:
    other = Talk(client)
    other.headers = talk.headers
    assert other.send("note.txt", b"hello").status_code == 404
    other.headers = {}
    assert other.send("note.txt", b"hello").status_code == 401
    assert rows(installation) == 0


def test_the_same_file_sent_again_is_kept_once(
    talk: Talk,
    installation: Installation,
) -> None:
    content = picture()
    first, second = (talk.send("shot.png", content).json() for _ in range(2))
    assert first == second
    assert len(blobs(installation)) == 1


def test_a_conversation_has_room_for_so_many_files(
    talk: Talk,
    installation: Installation,
) -> None:
    for number in range(10):
        assert talk.send(f"{number}.txt", b"text %d" % number).status_code == 201
    answer = talk.send("11.txt", b"one more")
    assert answer.status_code == 409
    assert answer.json()["code"] == "attachment.too_many"
    assert len(blobs(installation)) == 10


def test_a_conversation_has_room_for_so_many_bytes(
    talk: Talk,
    installation: Installation,
) -> None:
    small = AttachmentStore(
        installation.database,
        installation.attachments.blobs,
        installation.clock,
        AttachmentPolicy(max_bytes=100, max_files=10, max_total=150),
    )
    installation.attachments = small
    assert talk.send("a.txt", b"a" * 100).status_code == 201
    assert talk.send("b.txt", b"b" * 51).status_code == 409
    assert talk.send("c.txt", b"c" * 50).status_code == 201
    assert talk.send("d.txt", b"d" * 101).status_code == 413
    assert len(blobs(installation)) == 2


def test_a_phone_that_sent_many_files_last_week_may_send_more(
    talk: Talk, installation: Installation
) -> None:
    clock = StandingClock(installation.clock())
    installation.attachments = AttachmentStore(
        installation.database,
        installation.attachments.blobs,
        clock,
        AttachmentPolicy(max_files=1),
    )
    assert talk.send("a.txt", b"one").status_code == 201
    assert talk.send("b.txt", b"two").status_code == 409
    clock.forward(days=1, seconds=1)
    assert talk.send("b.txt", b"two").status_code == 201


def test_where_the_disk_takes_no_more_it_is_said_and_no_torn_file_is_left(
    talk: Talk,
    installation: Installation,
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    conversation = ConversationId(UUID(talk.id))
    resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, limits[1]))
    try:
        with pytest.raises(StorageFullError):
            installation.attachments.keep_file(
                conversation, "big.log", BytesIO(b"12345678\n" * (1 << 20))
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert blobs(installation) == []
    assert rows(installation) == 0
    assert talk.send("big.log", b"12345678\n" * (1 << 20)).status_code == 201


def test_bytes_that_nobody_points_to_after_a_crash_do_no_harm(
    talk: Talk,
    installation: Installation,
) -> None:
    orphan = path_of(installation, "ab" + "0" * 30)
    orphan.parent.mkdir(parents=True)
    orphan.with_suffix(".part").write_bytes(b"half")
    orphan.write_bytes(b"whole")
    assert talk.send("a.txt", b"a").status_code == 201
    kept = installation.attachments.keep_file(ConversationId(UUID(talk.id)), "b.txt", BytesIO(b"b"))
    assert path_of(installation, kept.blob_key).read_bytes() == b"b"
