"""What stands in a person's file is said to them in their next turn, once."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from benchmarks.dialogs import make_dialogs
from incidents.attachment_reading import FileReadings
from incidents.attachments import AttachmentStore
from incidents.file_blobs import build_blobs
from incidents.file_reading import render_seen
from models.ids import AttachmentId
from tests.conftest import House
from tests.journeys.talk import Talk, desk_of

LOG = b"2026-11-23 11:58:07 ERROR Outlook could not open the data file: 0x8004010F\n"
SEEN = "I can see error 0x8004010F in your file."


class Sender:
    """Somebody in a chat who sends files, and the job that reads them."""

    def __init__(self, house: House, folder: Path) -> None:
        self.talk = Talk(desk_of(house))
        store = AttachmentStore(house.database, build_blobs(folder), house.clock)
        self.files = FileReadings(store, house.intake)

    def send(self, name: str, content: bytes) -> AttachmentId:
        assert self.talk.conversation is not None
        kept = self.files.store.keep_file(self.talk.conversation, name, BytesIO(content))
        return AttachmentId(kept.id)


@pytest.fixture
def sender(house: House, tmp_path: Path) -> Sender:
    return Sender(house, tmp_path / "blobs")


def texts(talk: Talk) -> list[str]:
    return [one.text for one in talk.heard]


def test_what_was_read_before_the_message_is_the_first_thing_said(sender: Sender) -> None:
    file = sender.send("app.log", LOG)
    sender.files.read_file(file)
    sender.talk.say("outlook does not start", attachments=(file,))
    assert texts(sender.talk)[1] == SEEN
    assert len(texts(sender.talk)) > 2


def test_what_was_read_later_is_said_in_the_turn_after_and_only_once(sender: Sender) -> None:
    file = sender.send("app.log", LOG)
    sender.talk.say("outlook does not start", attachments=(file,))
    assert SEEN not in texts(sender.talk)
    sender.files.read_file(file)
    sender.talk.say("just me")
    sender.talk.say("berlin")
    assert texts(sender.talk).count(SEEN) == 1


def test_what_is_seen_in_one_chat_is_said_in_no_other(sender: Sender, house: House) -> None:
    sender.files.read_file(sender.send("app.log", LOG))
    other = Talk(desk_of(house))
    other.say("outlook does not start")
    assert SEEN not in texts(other)


def test_of_a_file_in_which_nothing_tells_nothing_is_said(sender: Sender) -> None:
    sender.files.read_file(sender.send("note.txt", b"see you at lunch\n"))
    sender.talk.say("outlook does not start")
    assert not [one for one in texts(sender.talk) if one.startswith("I can see")]


def test_what_stands_in_a_screenshot_is_said(sender: Sender) -> None:
    dialog = next(one for one in make_dialogs() if one.shape == "screenshot")
    sender.files.read_file(sender.send("shot.png", dialog.content))
    sender.talk.say("this came up")
    assert f"I can see error {dialog.code} in your screenshot." in texts(sender.talk)


@pytest.mark.parametrize(
    ("signatures", "media_type", "language", "said"),
    [
        (["code:0x80070005"], "image/png", "en", "I can see error 0x80070005 in your screenshot."),
        (
            ["code:ORA-12170"],
            "application/pdf",
            "de-CH",
            "Ich sehe den Fehler ORA-12170 in Ihrem PDF.",
        ),
        (["host:srv-1", "code:E1"], "text/plain", "fr", "I can see error E1 in your file."),
        (
            ["template:0123456789ab disk <*> failed"],
            "application/zip",
            "en",
            "I can see “disk … failed” in your logs.",
        ),
        (["host:srv-1"], "text/plain", "en", ""),
        ([], "message/rfc822", "de", ""),
    ],
)
def test_the_most_telling_thing_is_said_in_one_sentence(
    signatures: list[str], media_type: str, language: str, said: str
) -> None:
    assert render_seen(signatures, media_type, language) == said


def test_the_sentence_stays_short_whatever_a_file_holds() -> None:
    assert len(render_seen(["exception:" + "x" * 5000], "text/plain", "en")) <= 300
