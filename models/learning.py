"""What was learnt here: which artifact is in force since when, and what is never learnt from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.ids import EntryId, ReportId


class Promotion(Base):
    """An artifact that was put in force. The newest row (by `seq`) says what decides now.

    `artifact` and `previous` are names below `DATA_DIR/artifacts`; None is what set-up brought.
    `sha256` is the manifest's, whose rows are the files': nothing can be changed unseen.
    """

    __tablename__ = "promotion"

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    artifact: Mapped[str | None] = mapped_column(String(100))
    sha256: Mapped[str | None] = mapped_column(String(64))
    previous: Mapped[str | None] = mapped_column(String(100))
    actor: Mapped[str] = mapped_column(String(200))
    scores: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class HeldReport(Base):
    """A report that artifacts are judged on, and that none ever learns from."""

    __tablename__ = "held_report"

    report_id: Mapped[ReportId] = mapped_column(ForeignKey("report.id"), primary_key=True)
    at: Mapped[datetime]
