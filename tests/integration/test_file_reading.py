"""A real `muster serve`: a log sent in the chat is read by its job, and finds its incident."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from benchmarks.dialogs import make_dialogs
from models.database import Database
from models.incident import Membership, TimelineEntry
from models.report import AttachmentReading, Report
from tests.standins.receiver import wait_until
from tests.standins.serving import Muster

LOG = b"2026-11-23 11:58:07 ERROR c.a.Stock - Allocation ledger rejected batch 88123: quorum lost\n"
SAME = b'{"level":"error","msg":"Allocation ledger rejected batch 90544: quorum lost"}\n'


@pytest.fixture(scope="module")
def muster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Muster]:
    folder: Path = tmp_path_factory.mktemp("muster")
    with Muster(folder / "var") as found:
        yield found


@pytest.fixture(scope="module")
def database(muster: Muster) -> Iterator[Database]:
    found = muster.open_database()
    yield found
    found.dispose()


def readings(database: Database) -> list[AttachmentReading]:
    with database.reading() as session:
        return list(session.scalars(select(AttachmentReading).order_by(AttachmentReading.read_at)))


class Talk:
    def __init__(self, muster: Muster) -> None:
        self.client = httpx.Client(base_url=muster.url, timeout=30)
        opened = self.client.post("/api/v1/conversations", json={"channel": "web"}).json()
        self.path = f"/api/v1/conversations/{opened['id']}"
        self.headers = {"Authorization": f"Bearer {opened['token']}"}
        self.said = 0

    def send(self, content: bytes) -> str:
        answer = self.client.post(
            f"{self.path}/attachments", files={"file": ("app.log", content)}, headers=self.headers
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def say(self, **message: object) -> dict[str, Any]:
        self.said += 1
        answer = self.client.post(
            f"{self.path}/messages", json={"client_id": f"c{self.said}", **message},
            headers=self.headers,
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def report(self, text: str, attachment: str) -> str:
        answer = self.say(text=text, attachments=[attachment])
        for _ in range(6):
            if "report" in answer:
                break
            buttons = [b for message in answer["messages"] for b in message.get("buttons", [])]
            answer = self.say(text=buttons[0]["title"], payload=buttons[0]["payload"])
        self.client.close()
        return str(answer["report"]["reference"])


def test_two_logs_with_one_rare_line_bring_two_accounts_together(
    muster: Muster, database: Database
) -> None:
    talks = [Talk(muster), Talk(muster)]
    sent = [talks[0].send(LOG), talks[1].send(SAME)]
    wait_until(lambda: len(readings(database)) == 2)
    told = [
        talks[0].report("nothing can be booked at my desk since lunch", sent[0]),
        talks[1].report("only red boxes appear here, and a beep", sent[1]),
    ]
    with database.reading() as session:
        links = [
            session.scalars(
                select(Membership)
                .join(Report, Report.id == Membership.report_id)
                .where(Report.reference == one, Membership.ended_at.is_(None))
            ).one()
            for one in told
        ]
        assert session.scalars(select(TimelineEntry.kind)).all().count("attachment.suggested") == 0
    assert links[0].incident_id == links[1].incident_id
    assert "`allocation ledger rejected batch <*> quorum lost`" in links[1].evidence["sentence"]
    assert all(one.considered_at is not None for one in readings(database))


def test_the_reporter_is_told_what_was_seen_in_a_screenshot(muster: Muster) -> None:
    """Where no program reads pictures, that is what is told."""
    talk = Talk(muster)
    dialog = next(one for one in make_dialogs() if one.shape == "screenshot")
    answer = talk.client.post(
        f"{talk.path}/attachments",
        files={"file": ("shot.png", dialog.content)},
        headers=talk.headers,
    )
    assert answer.json()["state"] == "clean"

    def files() -> list[dict[str, Any]]:
        told = talk.client.get(f"{talk.path}/attachments", headers=talk.headers).json()
        assert told["limits"]["max_bytes"] == 25 << 20
        assert "png" in told["limits"]["endings"]
        return list(told["files"])

    wait_until(lambda: files()[0]["reading"] == "done")
    (file,) = files()
    talk.client.close()
    assert file["seen"] == f"I can see error {dialog.code} in your screenshot."
    assert file["trouble"] is None
