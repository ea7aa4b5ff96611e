"""The ten rules of the data, under random sequences of what people and staff do."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from classifier.catalogue import parse_catalogue
from incidents import actions as act
from incidents.importing import record_catalogue, record_people
from incidents.intake import record_addition, unread_reports
from incidents.lifecycle import IllegalMoveError
from incidents.review import AlreadyUndoneError, NewerReviewError
from incidents.review_actions import SenselessReviewError
from models.conversation import Message
from models.database import build_database
from models.delivery import Record
from models.incident import Incident, Membership, TimelineEntry
from models.migrate import migrate
from models.report import Report, ReportText
from models.vocabulary import Severity, Status
from tests.conftest import ORGANISATION, House, open_house
from tests.fakes import PlainReader, StandingClock, plain_scorer
from tests.journeys.projection import Picture, check_everything, check_records, take_picture

TEXTS = st.sampled_from(
    [
        "wifi is down in berlin",
        "the wifi in berlin is down again",
        "wifi down here",
        "sap is slow today",
        "sap is very slow",
        "printer eats paper",
        "phishing mail with a fake login",
        "a phishing mail came with a fake login",
    ]
)
PEOPLE = st.sampled_from(["p001", "p002", "p003", "p004", "p005", "somebody unknown"])
REFUSED = (SenselessReviewError, IllegalMoveError)
_HOMES: list[Path] = []


def a_furnished_database() -> Path:
    """A copy of a database in which the organisation has moved in; it is made once."""
    if not _HOMES:
        folder = Path(tempfile.mkdtemp(prefix="muster-rules-"))
        database = build_database(f"sqlite:///{folder / 'first.db'}")
        migrate(database)
        with database.transaction() as session:
            record_catalogue(session, parse_catalogue(ORGANISATION))
            record_people(session, ORGANISATION / "people.csv")
        database.dispose()
        _HOMES.append(folder / "first.db")
    return Path(shutil.copytree(_HOMES[0].parent, tempfile.mkdtemp(), dirs_exist_ok=True))


class Days(RuleBasedStateMachine):
    """People report, staff review; after each step the rules hold."""

    def __init__(self) -> None:
        super().__init__()
        self.house: House
        self.tokens: list[Any] = []
        self.told: dict[Any, tuple[Any, ...]] = {}
        self.before: tuple[int, dict[Any, Any]] = (0, {})

    @initialize()
    def open_the_house(self) -> None:
        self.folder = a_furnished_database()
        catalogue = parse_catalogue(ORGANISATION)
        self.reader = PlainReader(catalogue)
        self.house = open_house(
            build_database(f"sqlite:///{self.folder / 'first.db'}"),
            catalogue,
            self.reader,
            StandingClock(),
            plain_scorer(),
        )

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            check_records(self.house)
            with self.house.database.reading() as session:
                assert session.scalars(select(func.count(Message.id))).one() == 0
            assert self.house.jobs.sms == []
            self.house.database.dispose()
            shutil.rmtree(self.folder)

    # What people do

    @rule(text=TEXTS, person=PEOPLE, site=st.sampled_from([None, "berlin", "london"]))
    def report(self, text: str, person: str, site: str | None) -> None:
        self.file(text, person, site=site)

    @rule(text=TEXTS, person=PEOPLE, minutes=st.integers(1, 900))
    def write_down_what_was_told_earlier(self, text: str, person: str, minutes: int) -> None:
        told = self.house.clock() - timedelta(minutes=minutes)
        self.file(text, person, occurred_at=told)

    @rule(text=TEXTS, person=PEOPLE, data=st.data())
    @precondition(lambda self: self.incidents())
    def report_and_join(self, text: str, person: str, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.incidents()))
        self.file(text, person, join=chosen)

    @rule(text=TEXTS, person=PEOPLE, data=st.data())
    @precondition(lambda self: self.incidents())
    def report_and_decline(self, text: str, person: str, data: st.DataObject) -> None:
        some = st.lists(st.sampled_from(self.incidents()), min_size=1, max_size=2, unique=True)
        self.file(text, person, declined=tuple(data.draw(some)))

    @rule(text=TEXTS, person=PEOPLE, data=st.data())
    def report_while_nothing_can_be_read(self, text: str, person: str, data: st.DataObject) -> None:
        join = data.draw(st.sampled_from([None, *self.incidents()]))
        self.reader.broken = "still loading"
        self.file(text, person, join=join)
        self.reader.broken = None

    @rule()
    def read_what_was_not_read(self) -> None:
        with self.house.database.reading() as session:
            owed = unread_reports(session)
        for report in owed:
            self.house.intake.read_unread(report, now=self.house.clock())
            self.told.pop(report)
            self.remember(report)

    @rule(data=st.data())
    @precondition(lambda self: self.told)
    def say_more(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.told, key=str)))
        with self.house.database.transaction() as session:
            record_addition(
                session,
                self.house.organisation,
                session.get_one(Report, chosen),
                kind="worse",
                text="it is worse now",
                data={},
                now=self.house.clock(),
            )

    # What staff do: each review is undone, and the undo is undone

    @rule(data=st.data(), undos=st.integers(0, 3))
    @precondition(lambda self: self.incidents())
    def review(self, data: st.DataObject, undos: int) -> None:
        action = self.an_action(data)
        note(f"{action}")
        before = take_picture(self.house)
        try:
            done = self.house.reviewer.perform(action, actor="ana")
        except REFUSED:
            assert take_picture(self.house) == before
            return
        after = take_picture(self.house)
        opened = set(after.incidents) - set(before.incidents)
        for turn in range(undos):
            check_everything(self.house)
            done = self.house.reviewer.perform(act.Undo(done.token), actor="bo")
            expected = after if turn % 2 else before
            self.same(expected, take_picture(self.house), opened)
        self.tokens.append(done.token)

    @rule(data=st.data())
    @precondition(lambda self: self.tokens)
    def undo_something_older(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.tokens))
        before = take_picture(self.house)
        try:
            done = self.house.reviewer.perform(act.Undo(token), actor="cleo")
        except (NewerReviewError, AlreadyUndoneError):
            assert take_picture(self.house) == before
            return
        self.tokens.append(done.token)

    @rule(minutes=st.integers(1, 300))
    def time_passes(self, minutes: int) -> None:
        self.house.clock.forward(minutes=minutes)

    # What must hold

    @invariant()
    def the_rules_hold(self) -> None:
        if hasattr(self, "folder"):
            check_everything(self.house)

    @invariant()
    def no_report_is_changed_or_gone(self) -> None:
        for key, row in self.told.items():
            assert self.row_of(key) == row

    @invariant()
    def each_change_of_an_incident_stands_on_its_timeline(self) -> None:
        if not hasattr(self, "folder"):
            return
        seen, known = self.before
        with self.house.database.reading() as session:
            newest = session.scalars(select(func.max(TimelineEntry.seq))).one() or 0
            told = set(
                session.scalars(select(TimelineEntry.incident_id).where(TimelineEntry.seq > seen))
            )
            now = {
                row.id: (row.status, row.major_state, row.title, row.severity, row.reports,
                         row.locked, row.version)
                for row in session.scalars(select(Incident))
            }  # fmt: skip
            recorded = set(
                session.scalars(select(Record.subject).where(Record.seq > seen).distinct())
            )
            changed = {key for key, row in now.items() if known.get(key) != row}
            assert changed <= told
            references = set(
                session.scalars(select(Incident.reference).where(Incident.id.in_(changed)))
            )
            assert references <= recorded
        self.before = (newest, now)

    # How it is done

    def file(self, text: str, person: str, **more: object) -> None:
        self.house.clock.forward(minutes=1)
        recorded = self.house.file(text, person, **more)
        self.remember(recorded.report.id)

    def remember(self, report: Any) -> None:
        self.told[report] = self.row_of(report)

    def row_of(self, report: Any) -> tuple[Any, ...]:
        with self.house.database.reading() as session:
            row = session.get_one(Report, report)
            words = session.get_one(ReportText, report).text
            columns = [c.key for c in Report.__table__.columns if c.key != "vector"]
            return (words, *(getattr(row, name) for name in columns))

    def incidents(self) -> list[str]:
        with self.house.database.reading() as session:
            return list(
                session.scalars(
                    select(Incident.reference).order_by(Incident.opened_at, Incident.id)
                )
            )

    def an_action(self, data: st.DataObject) -> act.Action:
        references = self.incidents()
        chosen = data.draw(st.sampled_from(references))
        target = act.Target(chosen, None)
        kind = data.draw(
            st.sampled_from(
                ["merge", "merge", "split", "split", "move", "lock", "accept", "reject",
                 "declare", "resolve", "reopen", "title", "severity", "workaround"]
            )
        )  # fmt: skip
        members = self.members(chosen)
        if kind == "merge":
            others = data.draw(
                st.lists(st.sampled_from(references), min_size=1, max_size=2, unique=True)
            )
            return act.Merge(target, tuple(act.Target(other, None) for other in others))
        if kind == "split" and members:
            some = data.draw(st.lists(st.sampled_from(members), min_size=1, unique=True))
            title = data.draw(st.sampled_from([None, "Something else"]))
            return act.Split(target, tuple(some), title)
        if kind == "move" and members:
            return act.MoveReport(
                target,
                data.draw(st.sampled_from(members)),
                data.draw(st.sampled_from(references)),
            )
        if kind == "lock":
            return act.SetLock(target, data.draw(st.booleans()))
        if kind == "severity":
            return act.SetSeverity(target, data.draw(st.sampled_from([None, *Severity])))
        if kind == "title":
            return act.Retitle(target, data.draw(st.sampled_from([None, "Ours"])))
        plain = {
            "accept": act.Accept(target),
            "declare": act.Declare(target),
            "reject": act.Reject(target, "only a drill"),
            "resolve": act.Resolve(target),
            "reopen": act.Reopen(target),
        }
        return plain.get(kind, act.SetWorkaround(target, "use the cable"))

    def members(self, reference: str) -> list[str]:
        with self.house.database.reading() as session:
            return list(
                session.scalars(
                    select(Report.reference)
                    .join(Membership, Membership.report_id == Report.id)
                    .join(Incident, Incident.id == Membership.incident_id)
                    .where(Incident.reference == reference, Membership.ended_at.is_(None))
                    .order_by(Membership.seq)
                )
            )

    def same(self, expected: Picture, found: Picture, opened: set[str]) -> None:
        """As it was; an incident that a split opened stays behind, empty and absorbed."""
        for reference in opened - set(expected.incidents):
            row = found.incidents[reference]
            assert (row["status"], row["reports"]) == (Status.ABSORBED, 0)
        assert found.without(*opened) == expected.without(*opened)
        if opened <= set(expected.incidents):
            assert found == expected


Days.TestCase.settings = settings(
    max_examples=16,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # shrinking and explaining cost minutes; the steps are printed anyway
    suppress_health_check=list(HealthCheck),
)
TestTheTenRules = Days.TestCase
