"""A report's row: what the person said, and what was read of it.

What the person said stands above what was read; `filled_in` says where each value is from.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from classifier.heads import Prediction
from classifier.label_severity import GRADES
from classifier.reading import Reading
from classifier.severity import report_severity
from classifier.signatures import merge_signatures
from classifier.suspicion import is_suspicious_mail
from incidents.affected import find_affected
from incidents.drafts import Draft, ReadDraft
from incidents.helping import record_help
from incidents.openings import free_reference
from incidents.organisation import Organisation
from models.errors import UnknownServiceError, UnknownSiteError
from models.ids import AttachmentId, ReportId, new_id
from models.people import Person
from models.report import Attachment, Report, ReportAddition, ReportText
from models.vocabulary import Audience, Category, Priority, Severity

_UNKNOWN: Final = 3
_CUT: Final = " […]"
_NAME: Final = 200
_VIP: Final = "vip"
LOG: Final = "log"
"""The kind of addition that holds a log somebody pasted among their words."""
_LEVELS: Final = ("impact", "urgency")
_DEFAULT: Final = "default"
_CATEGORIES: Final = frozenset(Category)  # heads of an organisation's own may have other names


def check_catalogue(organisation: Organisation, draft: Draft) -> None:
    """Refuse a service or a site that the catalogue lacks, and say which there are."""
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


def service_and_site(draft: Draft, reading: Reading | None) -> tuple[str | None, str | None]:
    """Service and site: what was told, else the only one the words name."""
    if reading is None:
        return draft.service, draft.site
    services, sites = reading.facts.services, reading.facts.sites
    service = draft.service or (services[0] if len(services) == 1 else None)
    site = draft.site or (sites[0] if len(sites) == 1 else None)
    return service, site


def choose_grades(draft: Draft, reading: Reading) -> tuple[int, int]:
    """Impact and urgency, 1 to 3: what was told, else what was read."""
    impact = draft.impact if draft.impact is not None else _impact(reading)[0]
    urgency = draft.urgency if draft.urgency is not None else _level(reading.urgency)[0]
    return impact, urgency


def audience_of_draft(
    organisation: Organisation, draft: Draft, reading: Reading | None
) -> Audience:
    """Who may see it: as asked for, else by what it is about."""
    if draft.audience is not None:
        return draft.audience
    if reading is None:
        return Audience.OPEN
    policy = organisation.intake
    if draft.suspicious or is_suspicious_mail(draft.text):
        return Audience.RESTRICTED if policy.restricted else Audience.OPEN
    chances = reading.category.probabilities
    total = sum(chances.get(category.value, 0.0) for category in policy.restricted)
    return Audience.RESTRICTED if total >= policy.restricted_from else Audience.OPEN


def record_row(
    session: Session,
    organisation: Organisation,
    read: ReadDraft,
    audience: Audience,
    now: datetime,
) -> Report:
    """Write the row, its words, and which files belong to it."""
    draft = read.draft
    affected = find_affected(session, draft)
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
        priority=Priority.P5,
        severity=Severity.SEV4,
        people=draft.people,
        since=draft.since[:200] if draft.since else None,
        facts=[],
        signatures=[],
        filled_in={**_not_told(draft), **draft.filled_in, **_by_policy(affected)},
        assessment={},
        encoder_id=None,
        vector=None,
        read_at=None,
    )  # fmt: skip
    grade_report(report, organisation)
    if read.reading is not None:
        fill_reading(report, organisation, read, now)
    session.add(report)
    text, log = (_cut(one, organisation.intake.max_text) for one in (draft.text, draft.log))
    session.add(ReportText(report_id=report.id, text=text, behalf=_behalf(draft)))
    session.flush()
    if log:
        session.add(
            ReportAddition(report_id=report.id, number=1, kind=LOG, text=log, data={}, at=now)
        )
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
    if draft.tried is not None and draft.conversation is not None:
        record_help(
            session, draft.tried, conversation=draft.conversation, report=report.id, now=now
        )
    return report


def draft_of_row(session: Session, report: Report, text: str) -> Draft:
    """An unread row as the draft it came from: what was told stays told."""
    told = {name for name in _LEVELS if report.filled_in.get(name) != _DEFAULT}
    restricted = report.audience is Audience.RESTRICTED
    apart = session.get_one(ReportText, report.id)
    log = session.scalars(
        select(ReportAddition.text).where(
            ReportAddition.report_id == report.id, ReportAddition.kind == LOG
        )
    ).first()
    files = session.scalars(
        select(Attachment.id).where(Attachment.report_id == report.id).order_by(Attachment.id)
    )
    return Draft(
        text=text,
        channel=report.channel,
        identity=report.identity_id,
        service=report.service_id,
        site=report.site_id,
        impact=report.impact if "impact" in told else None,
        urgency=report.urgency if "urgency" in told else None,
        people=report.people,
        since=report.since,
        audience=Audience.RESTRICTED if restricted else None,
        received_at=report.received_at,
        occurred_at=report.occurred_at,
        conversation=report.conversation_id,
        attachments=tuple(AttachmentId(one) for one in files),
        attributes=report.attributes,
        behalf=apart.behalf,
        log=log or "",
    )


def fill_reading(
    report: Report, organisation: Organisation, read: ReadDraft, now: datetime
) -> None:
    """Put what was read into the row; what the person said stands above it."""
    reading, draft = read.reading, read.draft
    if reading is None:
        return
    filled = dict(report.filled_in)
    report.service_id, report.site_id = service_and_site(draft, reading)
    if report.service_id and not draft.service:
        filled["service"] = "words"
    if report.site_id and not draft.site:
        filled["site"] = "words"
    if not reading.category.abstained and reading.category.label in _CATEGORIES:
        report.category = Category(reading.category.label)
        filled["category"] = "classifier"
    entry = organisation.catalogue.service(report.service_id)
    if report.category is None and entry is not None:
        report.category = entry.category
        filled["category"] = "service"
    report.people = draft.people if draft.people is not None else reading.facts.people
    report.since = draft.since or reading.facts.since
    if draft.impact is None:
        report.impact, filled["impact"] = _impact(reading)
    if draft.urgency is None:
        report.urgency, filled["urgency"] = _level(reading.urgency)
    report.filled_in = filled
    grade_report(report, organisation, words=_grave(organisation, reading, draft))
    report.facts = reading.facts.to_json()
    report.signatures = list(merge_signatures(reading.facts.signatures, draft.attached))
    asked = {"asked": dict(draft.asked)} if draft.asked else {}
    report.assessment = {**reading.to_json(), **asked}
    report.encoder_id = reading.encoder_id
    report.vector = reading.vector
    report.read_at = now


def grade_report(
    report: Report,
    organisation: Organisation,
    *,
    words: float | None = None,
    anew: bool = False,
) -> None:
    """Priority and severity from the row's fields; the policy's people are more pressing.

    Args:
        report: The row.
        organisation: Catalogue and numbers.
        words: Chance of SEV1 or SEV2 by the words; None leaves the severity at least as it is.
        anew: What was read before does not count any more: a person has corrected it.

    """
    sooner = organisation.intake.vip_sooner if report.filled_in.get("priority") == _VIP else 0
    entry = organisation.catalogue.service(report.service_id)
    report.priority = organisation.matrix.priority(report.impact, max(1, report.urgency - sooner))
    found = report_severity(
        impact=report.impact,
        urgency=report.urgency,
        tier=entry.tier if entry else None,
        people=report.people,
        words=words,
    )
    kept = found if anew or words is not None or report.read_at is None else report.severity
    report.severity = max(found, kept, key=lambda one: one.rank)


def _by_policy(affected: Person | None) -> dict[str, str]:
    return {"priority": _VIP} if affected is not None and affected.vip else {}


def _behalf(draft: Draft) -> str | None:
    return draft.behalf[:_NAME] if draft.behalf else None


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + _CUT


def _not_told(draft: Draft) -> dict[str, str]:
    return {name: _DEFAULT for name in _LEVELS if getattr(draft, name) is None}


def _impact(reading: Reading) -> tuple[int, str]:
    """Counted people speak louder than the words' tone."""
    people = reading.facts.people
    if people is not None:
        return (1 if people >= 25 else 2), "classifier"
    return _level(reading.impact)


def _level(prediction: Prediction) -> tuple[int, str]:
    """The likeliest grade, marked as a guess where the head is too unsure to answer for it."""
    if prediction.label not in GRADES:
        return _UNKNOWN, _DEFAULT
    return int(prediction.label), "guess" if prediction.abstained else "classifier"


def _grave(organisation: Organisation, reading: Reading, draft: Draft) -> float | None:
    """Chance of SEV1 or SEV2 by the words and by what was told."""
    said = reading.severity(organisation.matrix, impact=draft.impact, urgency=draft.urgency)
    if said is None:
        return None
    return said.chances[Severity.SEV1.value] + said.chances[Severity.SEV2.value]
