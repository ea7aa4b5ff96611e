"""Short help texts for what a person can mend alone, and what became of each time one was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import ArticleId, ConversationId, HelpId, IncidentId, ReportId
from models.vocabulary import HelpOutcome


class Article(Base):
    """One article. `texts` has title, examples, steps and sms by language; `version` counts up.

    One that nobody should be offered any more is made inactive; it is not deleted, since
    reports may name it.
    """

    __tablename__ = "article"

    id: Mapped[ArticleId] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(64), unique=True)
    service_id: Mapped[str | None] = mapped_column(ForeignKey("service.id"))
    url: Mapped[str | None] = mapped_column(String(500))
    texts: Mapped[dict[str, Any]]
    active: Mapped[bool]
    version: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime]


class Help(Base):
    """Somebody was told what may help: an article, or an incident's workaround. Append-only.

    `report_id` is empty where it helped before anything was filed.
    """

    __tablename__ = "help"

    id: Mapped[HelpId] = mapped_column(primary_key=True)
    conversation_id: Mapped[ConversationId] = mapped_column(
        ForeignKey("conversation.id"), index=True
    )
    report_id: Mapped[ReportId | None] = mapped_column(ForeignKey("report.id"), index=True)
    article_id: Mapped[ArticleId | None] = mapped_column(ForeignKey("article.id"), index=True)
    incident_id: Mapped[IncidentId | None] = mapped_column(ForeignKey("incident.id"))
    outcome: Mapped[HelpOutcome] = mapped_column(words(HelpOutcome))
    at: Mapped[datetime]
