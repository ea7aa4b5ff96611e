"""When an incident is proposed as major: more people than usual for its matter.

Until there is enough past to know what is usual, a visible fixed rule on distinct people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from incidents.alarms import ENOUGH_DAYS, ENOUGH_REPORTS, AlarmPolicy, Threshold
from incidents.weighing import Tally, Weighing

_RARE: Final = 0.05


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

    @classmethod
    def of(cls, policy: AlarmPolicy) -> CandidateRule:
        return cls(policy.people, timedelta(hours=policy.hours))


@dataclass(frozen=True, slots=True)
class Voice:
    """One report as the rule counts it."""

    reporter: str
    weight: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """Why an incident is proposed as major.

    Attributes:
        people: Distinct, weighted.
        hours: Of the rule.
        minutes: In which they spoke.
        sentence: The same for people.
        rule: `fixed` or `learned`.
        expected: Such reports a day, as the past has it; None under the fixed rule.
        surprise: -log10 of the chance of so many; None under the fixed rule.

    """

    people: float
    hours: float
    minutes: int
    sentence: str
    rule: str = "fixed"
    expected: float | None = None
    surprise: float | None = None


def choose_proposal(voices: Iterable[Voice], rule: CandidateRule) -> Proposal | None:
    """Whether the people who spoke within the fixed rule's window are enough.

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
                    f"{len(weights)} different people reported it within {in_words(minutes)} "
                    f"(the rule: {rule.people:g} people in {hours:g} hours)."
                ),
            )
    return None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A proposal and what was counted for it.

    Attributes:
        proposal: The reason.
        keys: The reports that were counted.
        by_thread: Whether it takes reports that only follow each other to reach the rule.

    """

    proposal: Proposal
    keys: tuple[Hashable, ...]
    by_thread: bool


def is_told_already(alarm: Alarm, told: Collection[Hashable]) -> bool:
    """Whether an alarm says again what is proposed already.

    Args:
        alarm: The alarm.
        told: Reports that were counted when other incidents were proposed, or are in them.
            One is enough where only a thread leads there; else half of them.

    """
    again = sum(key in told for key in alarm.keys)
    return again > 0 if alarm.by_thread else 2 * again >= len(alarm.keys)


def choose_fixed(
    weighing: Weighing | None,
    voices: Iterable[Voice],
    own: Collection[Hashable],
    rule: CandidateRule,
) -> Alarm | None:
    """The fixed rule: enough of the group's own people, or of all who tell alike now."""
    proposal = choose_proposal(voices, rule)
    if proposal is not None:
        return Alarm(proposal, tuple(own), by_thread=False)
    if weighing is None or weighing.alike.people < rule.people:
        return None
    if _elsewhere(weighing.alike, own) * 2 > len(weighing.alike.keys):
        return None  # it is about another incident
    alike, hours = weighing.alike, rule.window.total_seconds() / 3600
    sentence = (
        f"{alike.people:g} people within {in_words(round(alike.minutes))}"
        f"{_also(alike, own)} (the rule: {rule.people:g} people in {hours:g} hours)."
    )
    proposal = Proposal(alike.people, hours, round(alike.minutes), sentence)
    return Alarm(proposal, alike.keys, by_thread=False)


def knows_the_usual(weighing: Weighing) -> bool:
    """Whether there is enough past for the learned rule."""
    return weighing.past_reports >= ENOUGH_REPORTS and weighing.past_days >= ENOUGH_DAYS


def choose_alarm(
    weighing: Weighing, own: Collection[Hashable], rule: CandidateRule, threshold: Threshold
) -> Alarm | None:
    """Whether more people than usual speak of a group's matter.

    Args:
        weighing: The group now.
        own: The group's own reports; the sentence says how many are counted from elsewhere.
        rule: The least number of people, and their time.
        threshold: How surprising it must be.

    """
    for tally, by_thread in ((weighing.alike, False), (weighing.thread, True)):
        if tally.people >= rule.people and tally.surprise >= threshold.surprise:
            proposal = Proposal(
                people=tally.people,
                hours=rule.window.total_seconds() / 3600,
                minutes=round(tally.minutes),
                sentence=_sentence(tally, own),
                rule="learned",
                expected=round(tally.rate.expected, 2),
                surprise=round(tally.surprise, 2),
            )
            return Alarm(proposal, tally.keys, by_thread)
    return None


def greatest_tally(weighing: Weighing, rule: CandidateRule) -> Tally | None:
    """The more surprising of the counts that have enough people; None where none has."""
    counts = (weighing.alike, weighing.thread)
    enough = [tally for tally in counts if tally.people >= rule.people]
    return max(enough, key=lambda tally: tally.surprise, default=None)


def render_usual(tally: Tally) -> str:
    """How often such reports come, for people."""
    expected = tally.rate.expected
    if expected < _RARE:
        return "hardly ever"
    return f"{expected:.1f} a day" if expected < 10 else f"{expected:.0f} a day"


def in_words(minutes: int) -> str:
    return {0: "a minute", 1: "a minute"}.get(minutes, f"{minutes} minutes")


def _sentence(tally: Tally, own: Collection[Hashable]) -> str:
    return (
        f"{tally.people:g} people within {in_words(round(tally.minutes))}"
        f"{_also(tally, own)}; such reports usually come {render_usual(tally)}."
    )


def _elsewhere(tally: Tally, own: Collection[Hashable]) -> int:
    return sum(key not in own for key in tally.keys)


def _also(tally: Tally, own: Collection[Hashable]) -> str:
    count = _elsewhere(tally, own)
    if not count:
        return ""
    reports = "report" if count == 1 else "reports"
    return f", counting {count} {reports} of incidents that may be the same"
