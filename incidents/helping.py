"""What became of help that people were told: written with the turn, counted for the articles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.article import Article, Help
from models.ids import ConversationId, HelpId, ReportId, new_id
from models.incident import Incident
from models.vocabulary import HelpOutcome

# Made once: it runs at every report.
_TRIED: Final = (
    select(Help.report_id, Help.outcome, Help.at, Article.reference, Incident.reference)
    .outerjoin(Article, Article.id == Help.article_id)
    .outerjoin(Incident, Incident.id == Help.incident_id)
    .order_by(Help.at, Help.id)
)


@dataclass(frozen=True, slots=True)
class Tried:
    """Help that somebody was told: an article or an incident's workaround, by reference."""

    outcome: HelpOutcome
    article: str | None = None
    incident: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(HelpOutcome(data["outcome"]), data.get("article"), data.get("incident"))


@dataclass(frozen=True, slots=True)
class HelpCount:
    """How often an article was offered, and with what outcome."""

    helped: int = 0
    not_helped: int = 0
    unsure: int = 0

    @property
    def offered(self) -> int:
        return self.helped + self.not_helped + self.unsure


def record_help(
    session: Session,
    tried: Tried,
    *,
    conversation: ConversationId,
    report: ReportId | None,
    now: datetime,
) -> None:
    """Write it down; what is not known any more is left out."""
    article = session.scalars(
        select(Article.id).where(Article.reference == tried.article)
    ).one_or_none()
    incident = session.scalars(
        select(Incident.id).where(Incident.reference == tried.incident)
    ).one_or_none()
    if article is None and incident is None:
        return
    session.add(
        Help(
            id=HelpId(new_id()),
            conversation_id=conversation,
            report_id=report,
            article_id=article,
            incident_id=incident,
            outcome=tried.outcome,
            at=now,
        )
    )
    session.flush()


def read_tried(
    session: Session, reports: Collection[ReportId]
) -> Mapping[ReportId | None, Sequence[dict[str, Any]]]:
    """What the reporters had tried, oldest first, by report: article, incident, outcome, at."""
    found: dict[ReportId | None, list[dict[str, Any]]] = {}
    rows = session.execute(_TRIED.where(Help.report_id.in_(reports)))
    for report, outcome, at, article, incident in rows:
        told = {"article": article, "incident": incident, "outcome": outcome.value, "at": at}
        found.setdefault(report, []).append(told)
    return found


def count_help(session: Session) -> Mapping[str, HelpCount]:
    """How often each article helped, by its reference."""
    rows = session.execute(
        select(Article.reference, Help.outcome, func.count())
        .join(Article, Article.id == Help.article_id)
        .group_by(Article.reference, Help.outcome)
    )
    counts: dict[str, dict[str, int]] = {}
    for reference, outcome, count in rows:
        counts.setdefault(reference, {})[outcome.value] = count
    return {reference: HelpCount(**found) for reference, found in counts.items()}


def count_outcomes(session: Session) -> Mapping[HelpOutcome, int]:
    """How often help of any kind had which outcome; all outcomes, also those that never were."""
    rows = session.execute(select(Help.outcome, func.count()).group_by(Help.outcome))
    found = dict.fromkeys(HelpOutcome, 0)
    for outcome, count in rows:
        found[outcome] = count
    return found
