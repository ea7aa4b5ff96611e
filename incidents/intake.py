"""From a draft to a report in its incident: the spine of the product.

`read_draft` is the slow part and runs outside any transaction; `record_report` runs inside
the caller's, under the grouping lock, and scores again only what changed in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.encoding import EncoderUnavailableError
from classifier.pair_candidates import Query
from classifier.reading import Reading
from classifier.signatures import merge_signatures
from classifier.window import PairFacts
from incidents.attached_facts import record_considered, with_attached
from incidents.bonds import (
    bonds_of_draft,
    bonds_of_report,
    incident_behind,
    keep_apart,
    record_word,
)
from incidents.drafts import Draft, ReadDraft, Recorded
from incidents.evidence import plain_evidence, with_words
from incidents.grouping import Bonds, Choice, choose_group
from incidents.hand import record_link
from incidents.ledger import lock_grouping, record_entry
from incidents.lifecycle import move
from incidents.live_window import LiveWindow
from incidents.openings import record_incident
from incidents.organisation import Organisation
from incidents.queries import follow_absorbed
from incidents.readers import ReaderPort
from incidents.report_rows import (
    audience_of_draft,
    check_catalogue,
    draft_of_row,
    fill_reading,
    record_row,
    service_and_site,
)
from incidents.settling import settle_incident
from incidents.snapshots import owe_report_record, withhold_words
from incidents.told_later import take_later
from models.database import Database
from models.ids import ReportId
from models.incident import Incident, Membership
from models.records import RecordKind
from models.report import Report, ReportAddition, ReportText
from models.storable import storable
from models.vocabulary import Audience, Author, ConstraintKind, MajorState, Status


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that taking in a report needs."""

    database: Database
    organisation: Organisation
    reader: ReaderPort
    window: LiveWindow

    def read_draft(self, draft: Draft, *, now: datetime) -> ReadDraft:
        """Read the words and look for their group. Slow; no transaction may be open.

        Raises:
            UnknownServiceError: The draft names a service that the catalogue lacks.
            UnknownSiteError: The same for a site.

        """
        check_catalogue(self.organisation, draft)
        draft = replace(
            draft,
            text=storable(draft.text),
            since=storable(draft.since) if draft.since else None,
            log=storable(draft.log),
        )
        if draft.attachments or draft.attributes or draft.log:
            with self.database.reading() as session:
                draft = with_attached(session, draft)
        try:
            reading = self.reader.read(draft.text)
        except EncoderUnavailableError:
            return ReadDraft(draft, None, None, None)
        return self._looked_up(draft, reading, now)

    def find_known(self, draft: Draft, read: ReadDraft) -> Incident | None:
        """The likeliest open incident that may be named to this reporter, if any.

        Only what two distinct people reported, that is open to all, and likely enough; whether
        it is worth asking about is for `incidents.asking` to say.
        """
        if read.look is None:
            return None
        least = read.look.numbers.policy.offer
        likely = [one for one in read.look.scored if one.probability >= least and not one.apart]
        with self.database.reading() as session:
            for one in likely:
                incident = session.get(Incident, one.group)
                if incident is not None and _is_offerable(
                    follow_absorbed(session, incident), draft
                ):
                    return follow_absorbed(session, incident)
        return None

    def is_told_by_others(self, read: ReadDraft) -> bool:
        """Whether two people or more report what this may be: hardly one person's own trouble."""
        best = next(iter(read.look.scored), None) if read.look is not None else None
        if best is None or read.look is None:
            return False
        if best.probability < read.look.numbers.policy.join:
            return False
        with self.database.reading() as session:
            incident = session.get(Incident, best.group)
            if incident is None:
                return False
            incident = follow_absorbed(session, incident)
            return incident.status is Status.OPEN and incident.reporters >= 2

    def record_report(self, session: Session, read: ReadDraft, *, now: datetime) -> Recorded:
        """Write the report, its link, its incident, and what is owed; one transaction."""
        lock_grouping(session)
        self.window.catch_up(session, now=now)
        draft = read.draft
        audience = audience_of_draft(self.organisation, draft, read.reading)
        bonds = bonds_of_draft(session, draft)
        choice = self._choose(read, bonds)
        choice = keep_apart(session, choice, audience)
        report = record_row(session, self.organisation, read, audience, now)
        if read.reading is not None:
            record_considered(session, self.organisation.outbox.jobs, draft, now=now)
        incident = self._place(session, report, choice, now)
        for reference in draft.declined:
            other = incident_behind(session, reference)
            if other is not None and other.id != incident.id:
                record_word(session, ConstraintKind.CANNOT_LINK, report, other, draft, now)
        if choice.author is Author.REPORTER:
            record_word(session, ConstraintKind.MUST_LINK, report, incident, draft, now)
        self._settle(session, report, incident, choice, now)
        if read.reading is None:
            self.organisation.outbox.jobs.owe_reading(session, report.id)
        return Recorded(report, incident, joined=choice.group is not None)

    def read_unread(self, report_id: ReportId, *, now: datetime) -> None:
        """The job of an unread report: read it now, and group it by the same rule.

        Raises:
            EncoderUnavailableError: Not yet; the job comes again.

        """
        with self.database.reading() as session:
            report = session.get(Report, report_id)
            if report is None or report.read_at is not None:
                return
            text = session.scalars(
                select(ReportText.text).where(ReportText.report_id == report_id)
            ).one_or_none()
            draft = with_attached(session, draft_of_row(session, report, text or ""))
        read = self._looked_up(draft, self.reader.read(draft.text), report.received_at)
        with self.database.transaction() as session:
            self._record_reading(session, report_id, read, now)

    def _record_reading(
        self, session: Session, report_id: ReportId, read: ReadDraft, now: datetime
    ) -> None:
        lock_grouping(session)
        self.window.catch_up(session, now=now)
        report = session.get_one(Report, report_id)
        if report.read_at is not None:
            return
        fill_reading(report, self.organisation, read, now)
        record_considered(session, self.organisation.outbox.jobs, read.draft, now=now)
        live = live_link(session, report)
        home = session.get_one(Incident, live.incident_id)
        untouched = _is_untouched(home) and live.author in {Author.MODEL, Author.POLICY}
        report.audience = audience_of_draft(self.organisation, read.draft, read.reading)
        if home.reports == 1:
            home.audience = report.audience
        bonds = bonds_of_report(session, report, home)
        choice = keep_apart(session, self._choose(read, bonds), report.audience)
        if home.audience is not report.audience:
            choice = Choice(None, None, Author.POLICY, evidence={"decision": "open"})
        elif not untouched or choice.group in {None, home.id}:
            # The link stands; a fresh one carries the reading's evidence into the window.
            evidence = {**choice.evidence, "decision": "open"}
            choice = Choice(home.id, None, live.author, evidence=evidence)
        self._replace(session, report, home, live, choice, now)

    def restrict_report(
        self, session: Session, report: Report, home: Incident, *, now: datetime
    ) -> None:
        """For few from now on: what came later shows that it is about an attack.

        Alone in its incident it takes the incident along, else it leaves it. Under the grouping
        lock.
        """
        alone = home.reports == 1
        report.audience = Audience.RESTRICTED
        home.audience = Audience.RESTRICTED if alone else home.audience
        withhold_words(session, report, now=now)
        choice = Choice(
            home.id if alone else None, None, Author.POLICY, evidence={"decision": "restricted"}
        )
        self._replace(session, report, home, live_link(session, report), choice, now)

    def _replace(
        self,
        session: Session,
        report: Report,
        home: Incident,
        live: Membership,
        choice: Choice,
        now: datetime,
    ) -> None:
        """End a link that was made with less knowledge, and make the one chosen now."""
        live.ended_at, live.ended_by = now, "reading"
        session.flush()
        incident = self._place(session, report, choice, now)
        if incident.id != home.id:
            record_entry(session, home.id, "report.left", now=now, report_id=report.id)
            session.flush()
            if home.reports == 1:
                home.status, home.absorbed_into = move(home.status, Status.ABSORBED), incident.id
                record_entry(session, home.id, "incident.absorbed", now=now, report_id=report.id)
            settle_incident(
                session, self.organisation, home, now=now, related=(incident.reference,)
            )
        self._settle(
            session, report, incident, choice, now,
            kind=RecordKind.REPORT_REGROUPED, previous=home,
        )  # fmt: skip

    def _looked_up(self, draft: Draft, reading: Reading, now: datetime) -> ReadDraft:
        audience = audience_of_draft(self.organisation, draft, reading)
        service, site = service_and_site(draft, reading)
        facts = PairFacts.of(
            draft.text,
            service=service,
            site=site,
            signatures=merge_signatures(reading.facts.signatures, draft.attached),
            reporter=draft.identity,
        )
        at = (draft.occurred_at or draft.received_at or now).timestamp()
        query = Query(reading.vector, at, facts, audience is Audience.RESTRICTED)
        with self.database.reading() as session:
            self.window.catch_up(session, now=now)
        return ReadDraft(draft, reading, query, self.window.look(query))

    def _choose(self, read: ReadDraft, bonds: Bonds) -> Choice:
        if read.query is None or read.look is None:
            if bonds.must is not None:
                return choose_group((), bonds, self.window.numbers.policy)
            return Choice(None, None, Author.POLICY, evidence={"decision": "unread"})
        look = self.window.look(read.query, since=read.look)
        choice = choose_group(
            look.scored, bonds, look.numbers.policy, signature_groups=look.signatures
        )
        return with_words(choice, read, look)

    def _place(self, session: Session, report: Report, choice: Choice, now: datetime) -> Incident:
        if choice.group is None:
            incident = record_incident(session, audience=report.audience, now=now)
            record_entry(session, incident.id, "incident.opened", now=now, report_id=report.id)
        else:
            incident = session.get_one(Incident, choice.group)
        evidence = plain_evidence(session, choice)
        record_link(
            session,
            report.id,
            incident.id,
            evidence=evidence,
            author=choice.author,
            probability=choice.probability if choice.group is not None else None,
            actor=None,
            now=now,
        )
        record_entry(
            session,
            incident.id,
            "report.joined",
            now=now,
            report_id=report.id,
            data={"sentence": evidence["sentence"]},
        )
        return incident

    def _settle(
        self,
        session: Session,
        report: Report,
        incident: Incident,
        choice: Choice,
        now: datetime,
        *,
        kind: RecordKind = RecordKind.REPORT_RECORDED,
        previous: Incident | None = None,
    ) -> None:
        if previous is not None and previous.id == incident.id:
            previous = None
        session.flush()
        owe_report_record(
            session, self.organisation.outbox, kind, report, now=now, previous=previous
        )
        opened = choice.group is None
        settle_incident(
            session,
            self.organisation,
            incident,
            now=now,
            kind=RecordKind.INCIDENT_OPENED if opened else RecordKind.INCIDENT_CHANGED,
            arrived=report,
        )


def record_addition(
    session: Session,
    organisation: Organisation,
    report: Report,
    *,
    kind: str,
    text: str,
    data: Mapping[str, Any],
    now: datetime,
) -> None:
    """Add what the same person said later, take it into the fields, and send the report again."""
    lock_grouping(session)
    numbers = session.scalars(
        select(ReportAddition.number).where(ReportAddition.report_id == report.id)
    ).all()
    session.add(
        ReportAddition(
            report_id=report.id,
            number=max(numbers, default=0) + 1,
            kind=kind,
            text=storable(text)[: organisation.intake.max_text],
            data=dict(data),
            at=now,
        )
    )
    changed = take_later(report, organisation, kind, data)
    session.flush()
    live = live_link(session, report)
    record_entry(
        session, live.incident_id, "report.extended", now=now, report_id=report.id,
        data={"kind": kind},
    )  # fmt: skip
    owe_report_record(session, organisation.outbox, RecordKind.REPORT_EXTENDED, report, now=now)
    if changed:
        settle_incident(session, organisation, session.get_one(Incident, live.incident_id), now=now)


def live_link(session: Session, report: Report) -> Membership:
    """What holds a report in its incident now."""
    return session.scalars(
        select(Membership).where(Membership.report_id == report.id, Membership.ended_at.is_(None))
    ).one()


def _is_offerable(incident: Incident, draft: Draft) -> bool:
    return (
        incident.status is Status.OPEN
        and not incident.locked
        and incident.audience is Audience.OPEN
        and incident.reporters >= 2
        and incident.reference not in draft.declined
    )


def _is_untouched(incident: Incident) -> bool:
    """One report, and no word of staff: a late reading may still empty it."""
    return (
        incident.reports == 1
        and incident.status is Status.OPEN
        and incident.major_state is MajorState.NONE
        and not incident.locked
        and incident.staff_title is None
        and incident.staff_severity is None
        and incident.staff_priority is None
        and incident.staff_category is None
        and incident.workaround is None
    )


def unread_reports(session: Session) -> Sequence[ReportId]:
    """Reports that still wait to be read."""
    return [
        ReportId(one) for one in session.scalars(select(Report.id).where(Report.read_at.is_(None)))
    ]
