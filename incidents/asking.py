"""What is worth asking of a draft: reads what the decision rests on, and ranks the questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.reading import Reading
from classifier.supposing import Slot
from incidents.bonds import bonds_of_draft
from incidents.drafts import Draft, ReadDraft
from incidents.intake import Intake
from incidents.question_value import (
    Question,
    QuestionPolicy,
    Unasked,
    choose_questions,
    find_others,
    likely_services,
    likely_sites,
)
from incidents.report_rows import choose_grades
from models.ids import IdentityId
from models.incident import Incident
from models.report import Report

_EARLIER: Final = 5


def read_questions(
    intake: Intake,
    read: ReadDraft,
    offered: Incident | None,
    policy: QuestionPolicy | None = None,
) -> tuple[Question, ...] | None:
    """The questions worth asking of a draft, the most telling first. No transaction is needed.

    Args:
        intake: What would decide about it.
        read: The draft as it would be filed now.
        offered: The known outage that its reporter may be asked about.
        policy: The shipped one where None.

    Returns:
        None where the words could not be read: nothing says then what an answer is worth.

    """
    if read.reading is None or read.query is None or read.look is None:
        return None
    organisation, look = intake.organisation, read.look
    supposed, trouble = intake.window.suppose(read.query, look)
    with intake.database.reading() as session:
        bonds = bonds_of_draft(session, read.draft)
        sites = _earlier_sites(session, read.draft.identity)
    catalogue, told = organisation.catalogue, read.query.facts.service
    services = likely_services(catalogue, read.reading.category.probabilities)
    chances: dict[Slot, Mapping[str, float]] = {
        "service": services,
        "site": likely_sites(catalogue, sites),
    }
    unasked = Unasked(
        scored=look.scored,
        signatures=look.signatures,
        bonds=bonds,
        grouping=look.numbers.policy,
        supposed=supposed,
        chances=chances,
        offered=offered.id if offered is not None else None,
        impact=_impact(read.reading, read.draft),
        grades=choose_grades(read.draft, read.reading),
        matrix=organisation.matrix,
        others=find_others(catalogue, {told: 1.0} if told else services, trouble),
    )
    return choose_questions(unasked, policy or QuestionPolicy())


def _impact(reading: Reading, draft: Draft) -> Mapping[str, float] | None:
    """Chances of the grades by the words; None where the person told who is affected."""
    told = draft.impact is not None or reading.facts.counted is not None
    return None if told else reading.impact.probabilities


def _earlier_sites(session: Session, identity: IdentityId) -> list[str]:
    """Where the same person reported from before."""
    rows = session.scalars(
        select(Report.site_id)
        .where(Report.identity_id == identity, Report.site_id.is_not(None))
        .order_by(Report.received_at.desc(), Report.id.desc())
        .limit(_EARLIER)
    )
    return [site for site in rows if site is not None]
