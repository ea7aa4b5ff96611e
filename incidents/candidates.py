"""When an incident is proposed as major: a visible rule on distinct people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class CandidateRule:
    """At least `people` distinct reporters within any `window`.

    Attributes:
        people: Weighted: a verified reporter counts 1, another by policy.
        window: DESIGN 6's fixed rule: 4 people in 6 hours.

    """

    people: float = 4
    window: timedelta = timedelta(hours=6)

    @classmethod
    def parse(cls, text: str) -> CandidateRule:
        """From `N/HOURS`, e.g. `4/6`."""
        people, _, hours = text.partition("/")
        return cls(float(people), timedelta(hours=float(hours)))


@dataclass(frozen=True, slots=True)
class Voice:
    """One report as the rule counts it."""

    reporter: str
    weight: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """Why an incident is proposed as major."""

    people: float
    hours: float
    minutes: int
    sentence: str


def choose_proposal(voices: Iterable[Voice], rule: CandidateRule) -> Proposal | None:
    """Whether the people who spoke within the rule's window are enough.

    One person counts once, with the greatest weight any of their reports has.
    """
    ordered = sorted(voices, key=lambda voice: voice.at)
    start = 0
    speaking: Counter[tuple[str, float]] = Counter()  # few of them, however often each spoke
    for newest in ordered:
        speaking[newest.reporter, newest.weight] += 1
        while newest.at - ordered[start].at > rule.window:
            gone = ordered[start].reporter, ordered[start].weight
            speaking[gone] -= 1
            if not speaking[gone]:
                del speaking[gone]
            start += 1
        weights: dict[str, float] = {}
        for reporter, weight in speaking:
            weights[reporter] = max(weights.get(reporter, 0.0), weight)
        total = sum(weights.values())
        if total >= rule.people:
            minutes = round((newest.at - ordered[start].at).total_seconds() / 60)
            hours = rule.window.total_seconds() / 3600
            return Proposal(
                people=total,
                hours=hours,
                minutes=minutes,
                sentence=(
                    f"{len(weights)} different people reported it within {_in_words(minutes)} "
                    f"(the rule: {rule.people:g} people in {hours:g} hours)."
                ),
            )
    return None


def _in_words(minutes: int) -> str:
    return {0: "a minute", 1: "a minute"}.get(minutes, f"{minutes} minutes")
