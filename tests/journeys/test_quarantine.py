"""A file is nobody's until a scanner calls it clean; a scanner that is away is asked again."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from incidents.attachment_reading import FileReadings, due_files
from incidents.attachments import AttachmentStore, find_attachment
from incidents.file_blobs import build_blobs
from incidents.file_checks import RefusedFileError
from incidents.file_inspecting import Inspector
from incidents.file_listing import list_files, read_unsaid
from incidents.file_scanning import Finding, StructuralScanner, Verdict
from incidents.identities import record_identity
from models.conversation import Conversation
from models.errors import NotFoundError
from models.ids import AttachmentId, ConversationId, new_id
from models.report import Attachment, AttachmentReading
from models.vocabulary import AttachmentState, Channel
from tests.conftest import House
from tests.fakes import FakeScanner

AWAY = Verdict(Finding.UNAVAILABLE, "no answer")
LOG = b"2026-11-23 11:58:07 ERROR Outlook 0x8004010F on lt-ber-0231\n"


class Quarantine:
    """One conversation, a scanner, and the job."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.scanner = FakeScanner()
        store = AttachmentStore(
            house.database, build_blobs(folder), house.clock, jobs=house.jobs,
            inspector=Inspector(self.scanner),
        )  # fmt: skip
        self.files = FileReadings(store, house.intake)
        self.conversation = ConversationId(new_id())
        self.folder = folder
        now = house.clock()
        with house.database.transaction() as session:
            identity = record_identity(session, Channel.WEB, "claimed:p001", now=now, claim="p001")
            session.add(
                Conversation(
                    id=self.conversation, channel=Channel.WEB, identity_id=identity.id, locale="de",
                    context={}, state={}, version=1, created_at=now, last_at=now,
                )
            )  # fmt: skip

    def send(self, name: str, content: bytes) -> Attachment:
        return self.files.store.keep_file(self.conversation, name, BytesIO(content))

    def row(self) -> Attachment:
        with self.house.database.reading() as session:
            return session.scalars(select(Attachment)).one()

    def bytes_kept(self) -> list[bytes]:
        return [one.read_bytes() for one in self.folder.rglob("*") if one.is_file()]

    def due(self) -> list[AttachmentId]:
        with self.house.database.reading() as session:
            return list(due_files(session, now=self.house.clock(), limit=5))


@pytest.fixture
def held(plain_house: House, tmp_path: Path) -> Quarantine:
    return Quarantine(plain_house, tmp_path / "blobs")


def test_while_the_scanner_is_away_a_file_waits_and_nobody_gets_or_reads_it(
    held: Quarantine,
) -> None:
    held.scanner.verdict = AWAY
    kept = held.send("app.log", LOG)
    assert kept.state is AttachmentState.QUARANTINED
    assert held.house.jobs.files == [kept.id]
    held.files.read_file(AttachmentId(kept.id))
    assert held.row().state is AttachmentState.QUARANTINED
    with held.house.database.reading() as session:
        assert session.scalars(select(AttachmentReading)).all() == []
        with pytest.raises(NotFoundError):
            find_attachment(session, kept.id, restricted=True)
        (told,) = list_files(session, held.conversation)
    assert (told.reading, told.trouble) == ("owed", "It waits until it can be checked for viruses.")
    assert held.due() == [kept.id]


def test_once_the_scanner_is_back_the_file_is_taken_and_read(held: Quarantine) -> None:
    held.scanner.verdict = AWAY
    kept = held.send("app.log", LOG)
    held.house.clock.forward(days=3)
    assert held.due() == [kept.id]
    held.scanner.verdict = Verdict(Finding.CLEAN)
    held.files.read_file(AttachmentId(kept.id))
    assert held.row().state is AttachmentState.CLEAN
    with held.house.database.reading() as session:
        (told,) = list_files(session, held.conversation)
        seen = read_unsaid(session, held.conversation)
    assert told.reading == "done"
    assert seen == [told.seen] == ["Ich sehe den Fehler 0x8004010F in Ihrer Datei."]
    assert held.bytes_kept() == [LOG]


def test_a_picture_that_waited_is_drawn_anew_when_it_is_taken(held: Quarantine) -> None:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "52.5200 13.4050"
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif)
    held.scanner.verdict = AWAY
    kept = held.send("photo.jpg", out.getvalue())
    assert held.bytes_kept() == [out.getvalue()]
    held.scanner.verdict = Verdict(Finding.CLEAN)
    held.files.store.check_again(AttachmentId(kept.id))
    (content,) = held.bytes_kept()
    assert b"52.5200" not in content
    assert held.row().size == len(content)


def test_a_file_that_turns_out_to_be_infected_is_gone_and_says_why(held: Quarantine) -> None:
    held.scanner.verdict = AWAY
    kept = held.send("app.log", LOG)
    held.scanner.verdict = Verdict(Finding.INFECTED, "a worm")
    held.files.read_file(AttachmentId(kept.id))
    assert held.row().state is AttachmentState.REFUSED
    assert "a worm" in (held.row().trouble or "")
    assert held.bytes_kept() == []
    assert held.due() == []


def test_an_infected_file_leaves_nothing(held: Quarantine) -> None:
    held.scanner.verdict = Verdict(Finding.INFECTED, "a worm")
    with pytest.raises(RefusedFileError, match="a worm"):
        held.send("app.log", LOG)
    assert held.bytes_kept() == []


def test_the_built_in_scanner_knows_the_test_file_wherever_it_lies(tmp_path: Path) -> None:
    # In two parts, so that no scanner takes this file for the thing itself.
    eicar = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
    path = tmp_path / "given"
    for before in (0, 900_000, (1 << 20) - 20, 3 << 20):
        path.write_bytes(b" " * before + eicar + b" " * 100)
        verdict = StructuralScanner().scan(path, "eicar.txt")
        assert verdict == Verdict(Finding.INFECTED, "the test file of virus scanners"), before
    path.write_bytes(b" " * 100)
    assert StructuralScanner().scan(path, "a.txt") == Verdict(Finding.CLEAN)
    assert StructuralScanner().scan(tmp_path / "none", "a.txt").finding is Finding.UNAVAILABLE
