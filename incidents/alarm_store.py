"""The alarm policy that staff set, stored; and the threshold it leads to here, read live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.alarms import (
    ENOUGH_DAYS,
    ENOUGH_REPORTS,
    AlarmPolicy,
    Peak,
    Threshold,
    choose_threshold,
)
from incidents.candidates import CandidateRule, greatest_tally
from incidents.weighing import Gathering, Weighing
from models.ids import EntryId, IncidentId, new_id
from models.incident import Incident
from models.staff import Policy, PolicyChange
from models.vocabulary import MajorState

ALARMS: Final = "alarms"
_LEARNT_FROM: Final = timedelta(days=90)
_REMEMBERED: Final = 40


class Scales(Protocol):
    """What weighs an incident against what is usual: the live window."""

    def catch_up(self, session: Session, *, now: datetime) -> int:
        """Take in what was committed."""
        ...

    def weigh(
        self, incident: IncidentId, gathering: Gathering, *, unverified: float
    ) -> Weighing | None:
        """Who speaks of it now, against how often such reports come."""
        ...

    def past(self, now: datetime) -> tuple[int, float]:
        """How many past reports, over how many days."""
        ...


class LiveAlarms:
    """What decides about candidates in this process."""

    def __init__(self) -> None:
        self.policy = AlarmPolicy()
        self.threshold = choose_threshold((), 0.0, self.policy.budget)
        self.scales: Scales | None = None

    def watch(self, scales: Scales) -> None:
        """Weigh with these from now on; without any only the fixed rule holds."""
        self.scales = scales

    def take(self, policy: AlarmPolicy, threshold: Threshold) -> None:
        self.policy, self.threshold = policy, threshold

    @property
    def rule(self) -> CandidateRule:
        return CandidateRule.of(self.policy)


@dataclass(frozen=True, slots=True)
class InForce:
    """Which rule proposes candidates now, and why, in one sentence."""

    learned: bool
    sentence: str


def read_alarm_policy(session: Session) -> AlarmPolicy:
    """What staff set, or the default.

    Raises:
        BadAlarmPolicyError: What is stored is no policy.

    """
    stored = session.get(Policy, ALARMS)
    return AlarmPolicy() if stored is None else AlarmPolicy.from_json(stored.value)


def record_alarm_policy(
    session: Session, policy: AlarmPolicy, *, actor: str, now: datetime
) -> None:
    """Store it; who set it when stays on record."""
    value = policy.to_json()
    session.merge(Policy(name=ALARMS, value=value, actor=actor, at=now))
    session.add(PolicyChange(id=EntryId(new_id()), name=ALARMS, value=value, actor=actor, at=now))
    session.flush()


def read_alarm_changes(session: Session, *, limit: int = 20) -> Sequence[PolicyChange]:
    """Who set what when, the latest first."""
    return session.scalars(
        select(PolicyChange)
        .where(PolicyChange.name == ALARMS)
        .order_by(PolicyChange.at.desc(), PolicyChange.id.desc())
        .limit(limit)
    ).all()


def read_threshold(session: Session, policy: AlarmPolicy, *, now: datetime) -> Threshold:
    """The surprise to ask for, from the peaks of past incidents and what staff said of them."""
    since = now - _LEARNT_FROM
    rows = session.execute(
        select(Incident.peak, Incident.major_state).where(
            Incident.opened_at > since, Incident.peak.is_not(None)
        )
    )
    peaks = [
        Peak(
            float(row.peak["surprise"]),
            row.major_state is MajorState.DECLARED,
            frozenset(row.peak["reports"]),
        )
        for row in rows
        if row.peak and row.peak["surprise"] > 0
    ]
    first = session.execute(
        select(func.min(Incident.opened_at)).where(Incident.opened_at > since)
    ).scalar()
    days = (now - first).total_seconds() / 86_400 if first is not None else 0.0
    return choose_threshold(peaks, days, policy.budget)


def take_alarms(session: Session, alarms: LiveAlarms, *, now: datetime) -> None:
    """From now on by what stands in the database."""
    policy = read_alarm_policy(session)
    alarms.take(policy, read_threshold(session, policy, now=now))


def peak_of(weighing: Weighing, rule: CandidateRule) -> dict[str, object] | None:
    """What is remembered of an incident's surprise; None where too few people speak of it."""
    tally = greatest_tally(weighing, rule)
    if tally is None:
        return None
    reports = [str(key) for key in tally.keys[:_REMEMBERED]]
    return {"surprise": round(tally.surprise, 2), "reports": reports}


def describe_rule(alarms: LiveAlarms, now: datetime) -> InForce:
    """Which rule is in force and why."""
    policy, threshold = alarms.policy, alarms.threshold
    hours = "an hour" if policy.hours == 1 else f"{policy.hours:g} hours"
    fixed = f"{policy.people:g} people in {hours}"
    reports, days = alarms.scales.past(now) if alarms.scales is not None else (0, 0.0)
    if reports < ENOUGH_REPORTS or days < ENOUGH_DAYS:
        return InForce(
            learned=False,
            sentence=(
                f"The fixed rule is in force ({fixed}): {reports} past reports are known, and "
                f"{ENOUGH_REPORTS} over at least a day are needed to know what is usual here."
            ),
        )
    if threshold.peaks:
        why = (
            f"{threshold.peaks} past alarms in {threshold.weeks:.0f} weeks, of which "
            f"{threshold.unconfirmed} this strict would have been nothing"
        )
    else:
        why = "what other desks saw, until staff have accepted a first candidate here"
    return InForce(
        learned=True,
        sentence=(
            f"The learned rule is in force: at least {fixed}, and more than is usual for their "
            f"matter in the last {days:.0f} days ({reports} reports). How much more follows from "
            f"{why}; {alarms_a_week(policy.budget)} may be nothing."
        ),
    )


def alarms_a_week(budget: float) -> str:
    """A budget in words."""
    return "one alarm a week" if budget == 1 else f"{budget:g} alarms a week"
