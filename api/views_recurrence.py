"""What a page and a program see of past incidents with the same cause, and of later ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from incidents.recurrence_reasons import render_span
from incidents.recurrence_view import Seen, came_back, seen_before
from models.incident import Incident


@dataclass(frozen=True, slots=True)
class SeenRow:
    """Another incident of the same cause, in words.

    `when` says how long before or after, and how long it lasted; `helped` what people could do.
    """

    reference: str
    title: str
    percent: int | None
    sentence: str
    when: str
    helped: str | None


@dataclass(frozen=True, slots=True)
class Recurring:
    """Both directions of one incident."""

    before: tuple[SeenRow, ...]
    after: tuple[SeenRow, ...]


def read_recurring(session: Session, incident: Incident) -> Recurring:
    """The past incidents of the same cause, and the later ones."""
    return Recurring(
        tuple(_row(one, incident, "ago") for one in seen_before(session, incident)),
        tuple(_row(one, incident, "later") for one in came_back(session, incident)),
    )


def recurring_data(session: Session, incident: Incident) -> dict[str, Any]:
    """The same for programs."""
    return {
        "seen_before": _data(seen_before(session, incident)),
        "came_back": _data(came_back(session, incident)),
    }


def _row(seen: Seen, own: Incident, direction: str) -> SeenRow:
    other = seen.incident
    apart = abs((_start(own) - _start(other)).total_seconds())
    when = f"{render_span(apart)} {direction}"
    if seen.resolved_at is not None:
        lasted = max((seen.resolved_at - _start(other)).total_seconds(), 0.0)
        when += f", resolved after {render_span(lasted)}"
    elif direction == "ago":
        when += ", never resolved"
    percent = None if seen.probability is None else round(100 * seen.probability)
    return SeenRow(other.reference, other.title, percent, seen.sentence, when, other.workaround)


def _data(found: Iterable[Seen]) -> list[dict[str, Any]]:
    return [
        {
            "incident": one.incident.reference,
            "title": one.incident.title,
            "probability": one.probability,
            "author": one.author.value,
            "sentence": one.sentence,
            "first_report_at": _moment(one.incident.first_at),
            "resolved_at": _moment(one.resolved_at),
            "workaround": one.incident.workaround,
        }
        for one in found
    ]


def _start(incident: Incident) -> datetime:
    return incident.first_at or incident.opened_at


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
