"""People of two tones on two channels, and what stands in the record after they spoke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from sqlalchemy import select

from models.conversation import Conversation
from models.incident import Incident, Membership
from models.report import Report, ReportAddition, ReportText
from models.vocabulary import Audience, Priority
from tests.conftest import House
from tests.journeys.talk import Talk, desk_of

STRANGER: Final = "+447700909999"
_MOST: Final = 8
Lines = Mapping[str, str]
"""What is said, by way: `polite web`, `furious web`, `polite sms`, `furious sms`."""


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody speaks, and where."""

    tone: str
    channel: str

    def __str__(self) -> str:
        return f"{self.tone} {self.channel}"

    @property
    def by_text(self) -> bool:
        return self.channel == "sms"

    def of(self, lines: Lines) -> str:
        """This one's words; what is said alike on both channels stands under the tone."""
        return lines[str(self)] if str(self) in lines else lines[self.tone]


EVERY_WAY: Final = pytest.mark.parametrize(
    "way", [Way(tone, channel) for tone in ("polite", "furious") for channel in ("web", "sms")],
    ids=str,
)  # fmt: skip
ON_THE_WEB: Final = pytest.mark.parametrize(
    "way", [Way(tone, "web") for tone in ("polite", "furious")], ids=str
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A report as it stands: what was told later by an answer counts as told."""

    reference: str
    text: str
    behalf: str | None
    service: str | None
    site: str | None
    impact: int | None
    people: int | None
    priority: Priority
    audience: Audience
    incident: str
    title: str
    filled_in: Mapping[str, Any]
    codes: tuple[str, ...]
    later: tuple[tuple[str, str], ...]
    row: Report


@dataclass
class Teller:
    """One person at the assistant."""

    house: House
    way: Way
    phone: str = STRANGER
    context: dict[str, str] = field(default_factory=dict)
    person: str | None = None

    def __post_init__(self) -> None:
        phone = self.phone if self.way.by_text else None
        desk = desk_of(self.house)
        self.talk = Talk(desk, phone=phone, context=self.context, person=self.person)

    def say(self, lines: Lines | str, **more: object) -> str:
        """Say this way's words; returns all that was answered."""
        return self.talk.say(lines if isinstance(lines, str) else self.way.of(lines), **more)

    def finish(self, **answers: Lines | str) -> str:
        """Answer what is asked until the report is filed; what has no answer is not known."""
        said = ""
        for _ in range(_MOST):
            asked = self.asked
            if asked is None:
                return said
            if asked == "confirm":
                said = self.talk.press("Send")
            else:
                said = self.say(answers.get(asked, "I don't know"))
        raise AssertionError(said)

    @property
    def asked(self) -> str | None:
        """The slot that we wait for, of a draft or of a report by text."""
        state = self._state()
        if state.get("loop"):
            return str(state["requested"])
        follow_up = state["slots"].get("follow_up")
        return str(follow_up) if follow_up else None

    def draft(self, name: str) -> Any:
        """What the draft holds for a slot."""
        return self._state()["slots"].get(name)

    def kept(self) -> list[Kept]:
        """This person's reports, in order."""
        with self.house.database.reading() as session:
            rows = session.execute(
                select(Report, ReportText, Incident)
                .join(ReportText, ReportText.report_id == Report.id)
                .join(Membership, Membership.report_id == Report.id)
                .join(Incident, Incident.id == Membership.incident_id)
                .where(
                    Membership.ended_at.is_(None),
                    Report.conversation_id == self._row(session).id,
                )
                .order_by(Report.draft_no)
            ).all()
            found = []
            for report, words, incident in rows:
                later = session.scalars(
                    select(ReportAddition)
                    .where(ReportAddition.report_id == report.id)
                    .order_by(ReportAddition.number)
                ).all()
                found.append(_kept(report, words, incident, later))
            return found

    def only(self) -> Kept:
        """The one report there is."""
        (one,) = self.kept()
        return one

    def _state(self) -> dict[str, Any]:
        with self.house.database.reading() as session:
            row = self._row(session)
            return {"slots": {}, **row.state}

    def _row(self, session: Any) -> Conversation:
        if self.talk.conversation is not None:
            return session.get_one(Conversation, self.talk.conversation)
        return session.get_one(Conversation, self.talk.desk.thread_of(self.phone))


def _kept(report: Report, words: ReportText, incident: Incident, later: Any) -> Kept:
    told: dict[str, Any] = {}
    for one in later:
        if one.kind == "answer" and one.data.get("told") is not None:
            told[one.data["asked"]] = one.data["told"]
        if one.kind == "answer" and one.data.get("people"):
            told["people"] = one.data["people"]
    guessed = report.filled_in.get("impact") in {"classifier", "guess", "default"}
    return Kept(
        reference=report.reference,
        text=words.text,
        behalf=words.behalf,
        service=report.service_id,
        site=report.site_id,
        impact=int(told["impact"]) if "impact" in told else (None if guessed else report.impact),
        people=told.get("people", report.people),
        priority=report.priority,
        audience=report.audience,
        incident=incident.reference,
        title=incident.title,
        filled_in=report.filled_in,
        codes=tuple(report.signatures),
        later=tuple((one.kind, one.text) for one in later),
        row=report,
    )
