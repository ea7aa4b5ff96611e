"""A log says it in other words than its sender: read in time it votes, read late it suggests."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from incidents.attachment_reading import FileReadings, due_files
from incidents.attachments import AttachmentStore
from incidents.drafts import Recorded
from incidents.file_blobs import build_blobs
from incidents.identities import record_identity
from models.conversation import Conversation
from models.delivery import Record
from models.ids import AttachmentId, ConversationId, new_id
from models.incident import Incident, Membership, TimelineEntry
from models.report import AttachmentReading, Report
from models.vocabulary import Author, Channel, Status
from tests.conftest import House
from tests.fakes import PlainReader
from tests.journeys.projection import check_everything, check_records

LOG = b"""2026-11-23 11:58:01 INFO  session opened for user bob
2026-11-23 11:58:07 ERROR [pool-3] c.a.Stock - Allocation ledger rejected batch 88123: quorum lost
"""
SAME_TROUBLE = b"""time=11:59:44 level=error msg="Allocation ledger rejected batch 90544: quorum lost"
"""
WELL = b"2026-11-23 11:58:01 INFO session opened for user bob\n"


@dataclass
class Desk:
    """People who talk in conversations and send files, and the job that reads those."""

    house: House
    files: FileReadings

    def open(self, person: str) -> ConversationId:
        conversation = ConversationId(new_id())
        with self.house.database.transaction() as session:
            now = self.house.clock()
            identity = record_identity(
                session, Channel.WEB, f"claimed:{person}", now=now, claim=person
            )
            session.add(
                Conversation(
                    id=conversation,
                    channel=Channel.WEB,
                    identity_id=identity.id,
                    locale="en",
                    context={},
                    state={},
                    version=1,
                    created_at=now,
                    last_at=now,
                )
            )
        return conversation

    def send(
        self, conversation: ConversationId, content: bytes, name: str = "a.log"
    ) -> AttachmentId:
        return AttachmentId(self.files.store.keep_file(conversation, name, BytesIO(content)).id)

    def work(self) -> None:
        """Do every job that is owed for files."""
        owed, self.house.jobs.files = self.house.jobs.files, []
        for attachment in owed:
            self.files.read_file(attachment)

    def tell(
        self, text: str, person: str, content: bytes | None = None, *, late: bool = False
    ) -> Recorded:
        """Report something, with a file that is read before (or only after) it is recorded."""
        conversation = self.open(person)
        self.house.clock.forward(minutes=2)
        sent = () if content is None else (self.send(conversation, content),)
        if not late:
            self.work()
        return self.house.file(text, person, conversation=conversation, attachments=sent)

    def readings(self) -> list[AttachmentReading]:
        with self.house.database.reading() as session:
            return list(session.scalars(select(AttachmentReading)))

    def report(self, recorded: Recorded) -> Report:
        with self.house.database.reading() as session:
            return session.get_one(Report, recorded.report.id)

    def link(self, recorded: Recorded) -> Membership:
        with self.house.database.reading() as session:
            return session.scalars(
                select(Membership).where(
                    Membership.report_id == recorded.report.id, Membership.ended_at.is_(None)
                )
            ).one()

    def suggestions(self) -> list[TimelineEntry]:
        with self.house.database.reading() as session:
            return list(
                session.scalars(
                    select(TimelineEntry).where(TimelineEntry.kind == "attachment.suggested")
                )
            )


@pytest.fixture
def desk(plain_house: House, tmp_path: Path) -> Desk:
    blobs = build_blobs(tmp_path / "blobs")
    store = AttachmentStore(plain_house.database, blobs, plain_house.clock, jobs=plain_house.jobs)
    return Desk(plain_house, FileReadings(store, plain_house.intake))


def test_two_accounts_in_different_words_meet_by_the_line_in_their_logs(desk: Desk) -> None:
    first = desk.tell("goods cannot be booked since lunch", "p001", LOG)
    second = desk.tell("my screen shows red boxes everywhere", "p002", SAME_TROUBLE)
    assert second.incident.id == first.incident.id
    link = desk.link(second)
    assert link.author is Author.SIGNATURE
    assert link.evidence["sentence"] == (
        "Both show the same log line `allocation ledger rejected batch <*> quorum lost`."
    )
    check_everything(desk.house)
    check_records(desk.house)


def test_what_all_is_well_looks_like_joins_nobody(desk: Desk) -> None:
    first = desk.tell("goods cannot be booked since lunch", "p001", WELL)
    second = desk.tell("my screen shows red boxes everywhere", "p002", WELL)
    assert second.incident.id != first.incident.id
    assert [one.signatures for one in desk.readings()] == [[], []]


def test_a_line_that_is_in_everybodys_log_joins_nobody_any_more(desk: Desk) -> None:
    for number in range(5):
        desk.house.clock.forward(hours=13)
        desk.tell(f"matter{number} of{number} its{number} own{number}", f"p00{number + 1}", LOG)
    told = desk.tell("my screen shows red boxes everywhere", "p006", SAME_TROUBLE)
    assert not told.joined


def test_what_is_read_after_the_report_only_suggests(desk: Desk) -> None:
    first = desk.tell("goods cannot be booked since lunch", "p001", LOG)
    second = desk.tell("my screen shows red boxes everywhere", "p002", SAME_TROUBLE, late=True)
    assert second.incident.id != first.incident.id
    desk.work()
    assert desk.link(second).incident_id == second.incident.id
    assert desk.report(second).signatures == []
    (entry,) = desk.suggestions()
    assert (entry.incident_id, entry.report_id) == (second.incident.id, second.report.id)
    assert entry.data["related"] == [first.incident.reference]
    assert "allocation ledger rejected batch <*> quorum lost" in entry.data["sentence"]
    check_everything(desk.house)


def test_the_job_may_run_twice_and_says_it_once(desk: Desk) -> None:
    desk.tell("goods cannot be booked since lunch", "p001", LOG)
    desk.tell("my screen shows red boxes everywhere", "p002", SAME_TROUBLE, late=True)
    owed = list(desk.house.jobs.files)
    for _ in range(2):
        desk.house.jobs.files = list(owed)
        desk.work()
    assert len(desk.readings()) == 2
    assert len(desk.suggestions()) == 1


def test_people_who_said_no_are_not_asked_again_by_a_file(desk: Desk) -> None:
    first = desk.tell("goods cannot be booked since lunch", "p001", LOG)
    conversation = desk.open("p002")
    sent = desk.send(conversation, SAME_TROUBLE)
    desk.house.file(
        "my screen shows red boxes everywhere", "p002", conversation=conversation,
        attachments=(sent,), declined=(first.incident.reference,),
    )  # fmt: skip
    desk.work()
    assert desk.suggestions() == []


def test_a_late_file_names_no_incident_that_others_may_not_see(desk: Desk) -> None:
    desk.tell("a phishing mail came to everyone", "p001", LOG)
    desk.tell("my screen shows red boxes everywhere", "p002", SAME_TROUBLE, late=True)
    desk.work()
    assert desk.suggestions() == []


def test_a_resolved_incident_is_not_suggested(desk: Desk) -> None:
    first = desk.tell("goods cannot be booked since lunch", "p001", LOG)
    desk.tell("my screen shows red boxes everywhere", "p002", SAME_TROUBLE, late=True)
    with desk.house.database.transaction() as session:
        session.get_one(Incident, first.incident.id).status = Status.RESOLVED
    desk.work()
    assert desk.suggestions() == []


def test_a_job_that_was_missed_is_found_by_the_sweep(desk: Desk) -> None:
    desk.tell("goods cannot be booked since lunch", "p001", LOG, late=True)
    now = desk.house.clock()
    with desk.house.database.reading() as session:
        due = list(due_files(session, now=now, limit=5))
    assert due == desk.house.jobs.files[:1]
    desk.files.read_file(due[0])
    with desk.house.database.reading() as session:
        assert list(due_files(session, now=now, limit=5)) == []


def test_a_file_whose_content_is_elsewhere_waits_for_the_worker_that_has_it(desk: Desk) -> None:
    conversation = desk.open("p001")
    sent = desk.send(conversation, LOG)
    folder = desk.files.store.blobs.folder
    assert folder is not None
    path = next(one for one in folder.rglob("*") if one.is_file())
    aside = path.rename(path.with_suffix(".aside"))
    desk.work()
    assert desk.readings() == []
    aside.rename(path)
    desk.files.read_file(sent)
    assert len(desk.readings()) == 1


def test_a_file_that_cannot_be_taken_apart_is_kept_and_says_so(desk: Desk) -> None:
    conversation = desk.open("p001")
    desk.send(conversation, b"%PDF-1.7\n1 0 obj\n%%EOF\n", "manual.pdf")
    desk.work()
    (reading,) = desk.readings()
    assert (reading.text, reading.signatures, reading.seen) == ("", [], "")
    assert reading.trouble == "This PDF could not be opened."


def test_a_report_that_was_filed_unread_takes_its_files_along_when_it_is_read(desk: Desk) -> None:
    first = desk.tell("goods cannot be booked since lunch", "p001", LOG)
    reader = desk.house.intake.reader
    assert isinstance(reader, PlainReader)
    reader.broken = "The encoder is still loading."
    second = desk.tell("my screen shows red boxes everywhere", "p002", SAME_TROUBLE)
    reader.broken = None
    desk.house.intake.read_unread(second.report.id, now=desk.house.clock())
    assert desk.link(second).incident_id == first.incident.id
    assert all(one.considered_at is not None for one in desk.readings())
    check_everything(desk.house)


@pytest.mark.parametrize(
    "attributes",
    [
        {"log": SAME_TROUBLE.decode()},
        {"event": {"lines": ["all fine here", SAME_TROUBLE.decode().strip()]}},
    ],
)
def test_a_program_may_send_the_log_along_as_an_attribute(desk: Desk, attributes: dict) -> None:
    first = desk.tell("goods cannot be booked since lunch", "p001", LOG)
    second = desk.house.file("alert from the watcher", "p009", attributes=attributes)
    assert second.incident.id == first.incident.id


def test_one_persons_words_and_anothers_log_meet_by_the_code_in_both(desk: Desk) -> None:
    log = b"2026-11-23 11:58:07 ERROR c.a.Dao - ORA-12170: TNS:Connect timeout occurred\n"
    first = desk.tell("the shop says ORA-12170 and nothing else", "p001")
    second = desk.tell("my screen shows red boxes everywhere", "p002", log)
    assert second.incident.id == first.incident.id
    assert desk.link(second).evidence["sentence"] == "Both show ORA-12170."


def test_records_name_codes_as_ever_and_lines_by_their_kind(desk: Desk) -> None:
    content = LOG + b"2026-11-23 11:58:07 ERROR ORA-12170 came up on srv-sql-01\n"
    recorded = desk.tell("goods cannot be booked since lunch", "p001", content)
    with desk.house.database.reading() as session:
        sent = session.scalars(
            select(Record).where(Record.subject == recorded.report.reference)
        ).one()
    signs = sent.data["signatures"]
    assert {"ORA-12170", "srv-sql-01"} <= set(signs)
    assert any(one.startswith("template:") for one in signs)
    secret = desk.tell("a phishing mail came to everyone", "p002", content)
    with desk.house.database.reading() as session:
        sent = session.scalars(
            select(Record).where(Record.subject == secret.report.reference)
        ).one()
    assert set(sent.data["signatures"]) == {"ORA-12170", "srv-sql-01"}
