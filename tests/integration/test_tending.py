"""The sweep goes on, whatever one report holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from api.wiring import Installation
from classifier.encoding import EncoderUnavailableError
from classifier.reading import Heard, Reading
from incidents.drafts import Draft
from incidents.identities import record_identity
from incidents.intake import unread_reports
from incidents.readers import ReaderPort
from models.report import Report
from models.vocabulary import Channel


class NothingIsRead:
    """No encoder."""

    def read(self, text: str) -> Reading:
        raise EncoderUnavailableError(text)

    def hear(self, text: str, *, asked: str | None) -> Heard:
        raise EncoderUnavailableError(f"{text} {asked}")


@dataclass
class StumblesOver:
    """Reads everything but one word."""

    reader: ReaderPort
    word: str

    def read(self, text: str) -> Reading:
        if self.word in text:
            raise ValueError(self.word)
        return self.reader.read(text)

    def hear(self, text: str, *, asked: str | None) -> Heard:
        return self.reader.hear(text, asked=asked)


def test_a_report_that_cannot_be_read_does_not_keep_the_others_waiting(
    installation: Installation,
) -> None:
    house = installation
    asleep = replace(house.intake, reader=NothingIsRead())
    for text in ("poison in the log", "no wifi in Berlin"):
        with house.database.transaction() as session:
            identity = record_identity(session, Channel.API, f"claimed:{text}", now=house.clock())
            draft = Draft(text=text, channel=Channel.API, identity=identity.id)
        read = asleep.read_draft(draft, now=house.clock())
        with house.database.transaction() as session:
            asleep.record_report(session, read, now=house.clock())
    tending = replace(
        house.tending, intake=replace(house.intake, reader=StumblesOver(house.reader, "poison"))
    )
    tending.sweep()
    with house.database.reading() as session:
        waiting = list(unread_reports(session))
        assert len(waiting) == 1
        assert session.get_one(Report, waiting[0]).read_at is None
