"""From a draft to a report in its incident: the spine of the product.

`read_draft` is the slow part and runs outside any transaction; `record_report` runs inside
the caller's, under the grouping lock, and scores again only what changed in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from classifier.encoding import EncoderUnavailableError
from classifier.lexicon import rare_words
from classifier.pair_features import Query
from classifier.reading import Reading
from classifier.severity import report_severity
from classifier.window import PairFacts
from incidents.drafts import Draft, ReadDraft, Recorded
from incidents.grouping import Bonds, Choice, GroupingPolicy, choose_group
from incidents.hand import record_constraint, record_link
from incidents.ledger import lock_grouping, record_entry
from incidents.live_window import LiveWindow, Look
from incidents.openings import free_reference, record_incident
from incidents.organisation import Organisation
from incidents.queries import follow_absorbed
from incidents.readers import ReaderPort
from incidents.reasons import render_reason
from incidents.settling import settle_incident
from incidents.snapshots import owe_report_record
from models.database import Database
from models.errors import UnknownServiceError, UnknownSiteError
from models.ids import IncidentId, ReportId, new_id
from models.incident import ConstraintPair, Incident, Membership
from models.records import RecordKind
from models.report import Attachment, Report, ReportAddition, ReportText
from models.vocabulary import Audience, Author, Category, ConstraintKind, Status

_UNKNOWN: Final = 3
_CUT: Final = " […]"


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything that taking in a report needs."""

    database: Database
    organisation: Organisation
    reader: ReaderPort
    window: LiveWindow
    policy: GroupingPolicy

    def read_draft(self, draft: Draft, *, now: datetime) -> ReadDraft:
        """Read the words and look for their group. Slow; no transaction may be open.

        Raises:
            UnknownServiceError: The draft names a service that the catalogue lacks.
            UnknownSiteError: The same for a site.

        """
        _check_catalogue(self.organisation, draft)
        try:
            reading = self.reader.read(draft.text)
        except EncoderUnavailableError:
            return ReadDraft(draft, None, None, None)
        return self._looked_up(draft, reading, now)

    def find_known(self, draft: Draft, read: ReadDraft) -> Incident | None:
        """The open incident that may be offered to this reporter, if any.

        Only what two distinct people reported, that is open to all, and likely enough.
        """
        if read.look is None:
            return None
        best = next(iter(read.look.scored), None)
        if best is None or best.probability < self.policy.offer:
            return None
        with self.database.reading() as session:
            incident = session.get(Incident, best.group)
            if incident is None:
                return None
            incident = follow_absorbed(session, incident)
            if (
                incident.status is not Status.OPEN
                or incident.locked
                or incident.audience is not Audience.OPEN
                or incident.reporters < 2
                or incident.reference in draft.declined
            ):
                return None
            return incident

    def record_report(self, session: Session, read: ReadDraft, *, now: datetime) -> Recorded:
        """Write the report, its link, its incident, and what is owed; one transaction."""
        lock_grouping(session)
        self.window.catch_up(session, now=now)
        draft = read.draft
        audience = _audience(self.organisation, draft, read.reading)
        bonds = _bonds_of_draft(session, draft)
        choice = self._choose(read, bonds)
        choice = _keep_apart(session, choice, audience)
        report = _record_row(session, self.organisation, read, audience, now)
        incident = self._place(session, report, choice, now)
        for reference in draft.declined:
            other = _incident(session, reference)
            if other is not None and other.id != incident.id:
                _constrain(session, ConstraintKind.CANNOT_LINK, report, other, draft, now)
        if choice.author is Author.REPORTER:
            _constrain(session, ConstraintKind.MUST_LINK, report, incident, draft, now)
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
            draft = Draft(
                text=text or "",
                channel=report.channel,
                identity=report.identity_id,
                service=report.service_id,
                site=report.site_id,
                received_at=report.received_at,
            )
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
        _fill_reading(report, self.organisation, read, now)
        live = session.scalars(
            select(Membership).where(
                Membership.report_id == report_id, Membership.ended_at.is_(None)
            )
        ).one()
        home = session.get_one(Incident, live.incident_id)
        alone = home.reports == 1 and live.author in {Author.MODEL, Author.POLICY}
        report.audience = _audience(self.organisation, read.draft, read.reading)
        if alone:
            home.audience = report.audience
        bonds = _bonds_of_report(session, report, home)
        choice = _keep_apart(session, self._choose(read, bonds), report.audience)
        if not alone or choice.group is None or choice.group == home.id:
            # The link stands; a fresh one carries the reading's evidence into the window.
            choice = Choice(home.id, choice.probability, live.author, evidence=choice.evidence)
        live.ended_at, live.ended_by = now, "reading"
        session.flush()
        incident = self._place(session, report, choice, now)
        if incident.id != home.id:
            home.status, home.absorbed_into = Status.ABSORBED, incident.id
            record_entry(session, home.id, "incident.absorbed", now=now, report_id=report.id)
            settle_incident(
                session, self.organisation, home, now=now, related=(incident.reference,)
            )
        self._settle(
            session, report, incident, choice, now,
            kind=RecordKind.REPORT_REGROUPED, previous=home,
        )  # fmt: skip

    def _looked_up(self, draft: Draft, reading: Reading, now: datetime) -> ReadDraft:
        policy = self.organisation.intake
        restricted = _audience_of(policy.restricted, policy.restricted_from, reading)
        service, site = _resolved(draft, reading)
        facts = PairFacts.of(
            draft.text, service=service, site=site, signatures=reading.facts.signatures
        )
        at = (draft.received_at or now).timestamp()
        query = Query(reading.vector, at, facts, restricted is Audience.RESTRICTED)
        with self.database.reading() as session:
            self.window.catch_up(session, now=now)
        return ReadDraft(draft, reading, query, self.window.look(query))

    def _choose(self, read: ReadDraft, bonds: Bonds) -> Choice:
        if read.query is None or read.look is None:
            if bonds.must is not None:
                return choose_group((), bonds, self.policy)
            return Choice(None, None, Author.POLICY, evidence={"decision": "unread"})
        look = self.window.look(read.query, since=read.look)
        choice = choose_group(
            look.scored, bonds, self.policy, signature_groups=dict(look.signatures)
        )
        return _with_words(choice, read, look)

    def _place(self, session: Session, report: Report, choice: Choice, now: datetime) -> Incident:
        if choice.group is None:
            incident = record_incident(session, audience=report.audience, now=now)
            record_entry(session, incident.id, "incident.opened", now=now, report_id=report.id)
        else:
            incident = session.get_one(Incident, choice.group)
        evidence = _plain_evidence(session, choice)
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
    """Add what the same person said later, and send the report again."""
    lock_grouping(session)
    numbers = session.scalars(
        select(ReportAddition.number).where(ReportAddition.report_id == report.id)
    ).all()
    session.add(
        ReportAddition(
            report_id=report.id,
            number=max(numbers, default=0) + 1,
            kind=kind,
            text=text[: organisation.intake.max_text],
            data=dict(data),
            at=now,
        )
    )
    session.flush()
    live = session.scalars(
        select(Membership).where(Membership.report_id == report.id, Membership.ended_at.is_(None))
    ).one()
    record_entry(
        session, live.incident_id, "report.extended", now=now, report_id=report.id,
        data={"kind": kind},
    )  # fmt: skip
    owe_report_record(session, organisation.outbox, RecordKind.REPORT_EXTENDED, report, now=now)


def unread_reports(session: Session) -> Sequence[ReportId]:
    """Reports that still wait to be read."""
    return [
        ReportId(one) for one in session.scalars(select(Report.id).where(Report.read_at.is_(None)))
    ]


def _check_catalogue(organisation: Organisation, draft: Draft) -> None:
    if draft.service is not None and organisation.catalogue.service(draft.service) is None:
        known = [entry.id for entry in organisation.catalogue.services]
        raise UnknownServiceError(
            f"There is no service {draft.service[:40]!r}. Leave it out, or use a known one.",
            known=known,
        )
    if draft.site is not None and organisation.catalogue.site(draft.site) is None:
        known = [entry.id for entry in organisation.catalogue.sites]
        raise UnknownSiteError(
            f"There is no site {draft.site[:40]!r}. Leave it out, or use a known one.", known=known
        )


def _resolved(draft: Draft, reading: Reading | None) -> tuple[str | None, str | None]:
    """Service and site: what was told, else the only one the words name."""
    if reading is None:
        return draft.service, draft.site
    services, sites = reading.facts.services, reading.facts.sites
    service = draft.service or (services[0] if len(services) == 1 else None)
    site = draft.site or (sites[0] if len(sites) == 1 else None)
    return service, site


def _audience_of(restricted: frozenset[Category], threshold: float, reading: Reading) -> Audience:
    total = sum(reading.category.probabilities.get(category.value, 0.0) for category in restricted)
    return Audience.RESTRICTED if total >= threshold else Audience.OPEN


def _audience(organisation: Organisation, draft: Draft, reading: Reading | None) -> Audience:
    if draft.audience is not None:
        return draft.audience
    if reading is None:
        return Audience.OPEN
    policy = organisation.intake
    return _audience_of(policy.restricted, policy.restricted_from, reading)


def _keep_apart(session: Session, choice: Choice, audience: Audience) -> Choice:
    """A restricted report never joins an open incident, nor the other way round."""
    if choice.group is None:
        return choice
    incident = session.get_one(Incident, choice.group)
    if incident.audience is audience:
        return choice
    return Choice(None, None, Author.POLICY, evidence={"decision": "open"})


def _bonds_of_draft(session: Session, draft: Draft) -> Bonds:
    never = frozenset(
        other.id for ref in draft.declined if (other := _incident(session, ref)) is not None
    )
    if draft.join is None:
        return Bonds(never=never)
    wanted = _incident(session, draft.join)
    if wanted is None or wanted.status is not Status.OPEN or wanted.locked:
        return Bonds(never=never)
    return Bonds(must=wanted.id, never=never)


def _bonds_of_report(session: Session, report: Report, home: Incident) -> Bonds:
    rows = session.scalars(
        select(ConstraintPair).where(
            ConstraintPair.lifted_at.is_(None),
            or_(
                ConstraintPair.left_id.in_([report.id, home.id]),
                ConstraintPair.right_id.in_([report.id, home.id]),
            ),
        )
    )
    never: set[IncidentId] = set()
    must = None
    for row in rows:
        mine = {UUID(str(report.id)), UUID(str(home.id))}
        kind, other_id = (
            (row.right_kind, row.right_id) if row.left_id in mine else (row.left_kind, row.left_id)
        )
        if kind != "incident":
            continue
        other = follow_absorbed(session, session.get_one(Incident, other_id))
        if row.kind is ConstraintKind.CANNOT_LINK:
            never.add(other.id)
        elif other.id != home.id:
            must = other.id
    return Bonds(must=must, never=frozenset(never))


def _incident(session: Session, reference: str) -> Incident | None:
    row = session.scalars(select(Incident).where(Incident.reference == reference)).one_or_none()
    return None if row is None else follow_absorbed(session, row)


def _constrain(
    session: Session,
    kind: ConstraintKind,
    report: Report,
    incident: Incident,
    draft: Draft,
    now: datetime,
) -> None:
    record_constraint(
        session,
        kind,
        ("report", report.id),
        ("incident", incident.id),
        author=Author.REPORTER,
        actor=str(draft.identity),
        now=now,
    )


def _record_row(
    session: Session,
    organisation: Organisation,
    read: ReadDraft,
    audience: Audience,
    now: datetime,
) -> Report:
    draft = read.draft
    limit = organisation.intake.max_text
    text = draft.text if len(draft.text) <= limit else draft.text[:limit] + _CUT
    report = Report(
        id=ReportId(new_id()),
        reference=free_reference(session, "RPT", Report.reference),
        conversation_id=draft.conversation,
        draft_no=draft.draft_no,
        identity_id=draft.identity,
        channel=draft.channel,
        language=draft.language,
        audience=audience,
        attributes=dict(draft.attributes),
        occurred_at=draft.occurred_at,
        received_at=draft.received_at or now,
        service_id=draft.service,
        site_id=draft.site,
        category=None,
        impact=draft.impact or _UNKNOWN,
        urgency=draft.urgency or _UNKNOWN,
        priority=organisation.matrix.priority(draft.impact or _UNKNOWN, draft.urgency or _UNKNOWN),
        severity=report_severity(
            impact=draft.impact or _UNKNOWN, urgency=draft.urgency or _UNKNOWN, tier=None,
            people=draft.people,
        ),
        people=draft.people,
        since=draft.since[:200] if draft.since else None,
        facts=[],
        signatures=[],
        filled_in=dict(draft.filled_in),
        assessment={},
        encoder_id=None,
        vector=None,
        read_at=None,
    )  # fmt: skip
    if read.reading is not None:
        _fill_reading(report, organisation, read, now)
    session.add(report)
    session.add(ReportText(report_id=report.id, text=text))
    session.flush()
    if draft.attachments:
        session.execute(
            update(Attachment)
            .where(
                Attachment.id.in_(draft.attachments),
                Attachment.conversation_id == draft.conversation,
                Attachment.report_id.is_(None),
            )
            .values(report_id=report.id)
        )
    return report


def _fill_reading(
    report: Report, organisation: Organisation, read: ReadDraft, now: datetime
) -> None:
    """Put what was read into the row; what the person said stands above it."""
    reading, draft = read.reading, read.draft
    if reading is None:
        return
    filled = dict(report.filled_in)
    report.service_id, report.site_id = _resolved(draft, reading)
    if report.service_id and not draft.service:
        filled["service"] = "words"
    if report.site_id and not draft.site:
        filled["site"] = "words"
    if not reading.category.abstained and reading.category.label:
        report.category = Category(reading.category.label)
        filled["category"] = "classifier"
    entry = organisation.catalogue.service(report.service_id)
    if report.category is None and entry is not None:
        report.category = entry.category
        filled["category"] = "service"
    report.people = draft.people if draft.people is not None else reading.facts.people
    report.since = draft.since or reading.facts.since
    if draft.impact is None:
        report.impact = _impact(reading)
        filled["impact"] = "classifier"
    if draft.urgency is None:
        report.urgency = _level(reading.urgency)
        filled["urgency"] = "classifier"
    report.priority = organisation.matrix.priority(report.impact, report.urgency)
    report.severity = report_severity(
        impact=report.impact,
        urgency=report.urgency,
        tier=entry.tier if entry else None,
        people=report.people,
    )
    report.facts = reading.facts.to_json()
    report.signatures = list(reading.facts.signatures)
    report.filled_in = filled
    report.assessment = reading.to_json()
    report.encoder_id = reading.encoder_id
    report.vector = reading.vector
    report.read_at = now


def _impact(reading: Reading) -> int:
    """Counted people speak louder than the words' tone."""
    people = reading.facts.people
    if people is not None:
        return 1 if people >= 25 else 2
    return _level(reading.impact)


def _level(prediction: Any) -> int:
    return int(prediction.label) if prediction.label and not prediction.abstained else _UNKNOWN


def _with_words(choice: Choice, read: ReadDraft, look: Look) -> Choice:
    """Add to the evidence what people understand: facts and the query's rare words."""
    if read.query is None:
        return choice
    facts = read.query.facts
    more = {"service": facts.service, "site": facts.site, "seq": look.seq}
    return Choice(
        choice.group,
        choice.probability,
        choice.author,
        choice.suggested,
        {**choice.evidence, **more, "query_words": sorted(facts.words)[:60]},
    )


def _plain_evidence(session: Session, choice: Choice) -> dict[str, Any]:
    """The evidence as JSON: references instead of keys, shared words, minutes apart."""
    evidence = dict(choice.evidence)
    words = set(evidence.pop("query_words", ()))
    nearest = []
    for key, cosine in evidence.get("nearest", ()):
        row = session.execute(
            select(Report.reference, Report.received_at, ReportText.text)
            .outerjoin(ReportText, ReportText.report_id == Report.id)
            .where(Report.id == key)
        ).one_or_none()
        if row is None:
            continue
        shared = sorted(words & rare_words(row.text or ""))
        nearest.append({"report": row.reference, "cosine": round(cosine, 4), "words": shared})
    evidence["nearest"] = nearest
    evidence["words"] = sorted({word for one in nearest for word in one["words"]})
    runner_up = evidence.get("runner_up")
    if runner_up:
        other = session.get(Incident, runner_up[0])
        evidence["runner_up"] = {
            "incident": other.reference if other else None,
            "probability": round(runner_up[1], 4),
        }
    evidence["suggested"] = [
        {"incident": found.reference, "probability": round(probability, 4)}
        for group, probability in choice.suggested
        if (found := session.get(Incident, group)) is not None
    ]
    evidence["sentence"] = render_reason(evidence)
    return evidence
