"""When an incident is shown in the staff's queue; until then it waits in a quieter list.

Nothing is hidden: the waiting list is one click away, counted and searched, and programs see
both. Once published, always published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from incidents.candidates import in_words, knows_the_usual, render_usual
from incidents.weighing import Weighing
from models.vocabulary import Audience, MajorState, Severity

PEOPLE: Final = 3
SURPRISE: Final = 3.5
"""-log10 of chance. Helpdesk set (dev, 2026-11, cross-fitted): pairwise F1 of what is published
.51 instead of .40; 3 to 4 do about the same, and nothing is lost on storm."""


@dataclass(frozen=True, slots=True)
class PublishRule:
    """How many people, and how surprising (-log10 of chance) once it is known what is usual."""

    people: float = PEOPLE
    surprise: float = SURPRISE


_RULE: Final = PublishRule()


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an incident bears on publishing, beside its people."""

    reporters: int
    severity: Severity
    major: MajorState
    audience: Audience
    touched: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """Why an incident was published; `why` is people, severity, major, restricted or staff."""

    why: str
    sentence: str


def choose_publication(standing: Standing, weighing: Weighing | None) -> Publication | None:
    """Whether an incident belongs in the queue, and why.

    Args:
        standing: The incident.
        weighing: Its people against what is usual; None where nothing of it was read.

    """
    at_once = _at_once(standing)
    if at_once is not None:
        return at_once
    if weighing is None:
        if standing.reporters < PEOPLE:
            return None
        return Publication("people", f"{standing.reporters} people reported it.")
    return choose_by_people(weighing)


def choose_by_people(weighing: Weighing, rule: PublishRule = _RULE) -> Publication | None:
    """Whether enough of its own people spoke lately, and more than usual."""
    own = weighing.own
    if own.distinct < rule.people:
        return None
    within = in_words(round(own.minutes))
    if not knows_the_usual(weighing):
        return Publication("people", f"{own.distinct} people in {within}.")
    if own.surprise < rule.surprise:
        return None
    return Publication(
        "people",
        f"{own.distinct} people in {within}; such reports usually come {render_usual(own)}.",
    )


def _at_once(standing: Standing) -> Publication | None:
    """What does not wait for people."""
    if standing.major is not MajorState.NONE:
        return Publication("major", "It is, or was, proposed or declared as a major incident.")
    if standing.severity.rank >= Severity.SEV2.rank:
        return Publication("severity", f"It is serious: {standing.severity.value}.")
    if standing.audience is Audience.RESTRICTED:
        return Publication("restricted", "It is restricted, so few can look for it.")
    if standing.touched:
        return Publication("staff", "Staff worked on it.")
    return None
