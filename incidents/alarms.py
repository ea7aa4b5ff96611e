"""How surprising an incident must be to be proposed: learnt, within a budget of false alarms.

Staff set how many alarms a week may turn out to be nothing. The threshold comes from how
surprising past incidents became at their greatest, and which of them staff confirmed; until
there is a past, from what was measured on other desks.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import log10
from typing import Any, ClassVar, Final, Self

import numpy as np

from models.errors import DomainError

_SHIPPED_AT: Final = 6.0
"""Surprise at which one alarm a week is nothing (helpdesk set, dev, 2026-11, cross-fitted)."""
_PER_TENTH: Final = 2.5
"""How much more surprise makes false alarms a tenth (the same)."""
_PRIOR_WEEKS: Final = 4.0
_GRID: Final = np.arange(3.0, 12.01, 0.1)
_LEAST_BUDGET: Final = 0.01
ENOUGH_REPORTS: Final = 200
ENOUGH_DAYS: Final = 1.0


class BadAlarmPolicyError(DomainError):
    """Numbers that make no alarm policy."""

    code: ClassVar[str] = "policy.bad_alarms"


@dataclass(frozen=True, slots=True)
class AlarmPolicy:
    """What staff set.

    Attributes:
        budget: Alarms a week that may turn out to be nothing.
        people: Distinct people without whom there is no alarm; with `hours`, also the fixed
            rule that holds until there is enough past.
        hours: Within which they must have spoken.

    """

    budget: float = 1.0
    people: float = 4
    hours: float = 6

    def to_json(self) -> dict[str, float]:
        return {"budget": self.budget, "people": self.people, "hours": self.hours}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a stored or sent policy.

        Raises:
            BadAlarmPolicyError: A number is missing or out of range.

        """
        try:
            found = cls(*(float(data[name]) for name in ("budget", "people", "hours")))
        except (KeyError, TypeError, ValueError) as error:
            raise BadAlarmPolicyError(
                "An alarm policy has three numbers: budget, people and hours."
            ) from error
        if not (0 < found.budget <= 100 and 2 <= found.people <= 1000 and 0 < found.hours <= 72):
            raise BadAlarmPolicyError(
                "Choose a budget of up to 100 a week, 2 to 1,000 people, and up to 72 hours."
            )
        return found


@dataclass(frozen=True, slots=True)
class Peak:
    """How surprising one past incident became, and whether staff said it was a major one.

    `reports` were counted then: two incidents that count the same ones are one alarm.
    """

    surprise: float
    confirmed: bool
    reports: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class Threshold:
    """The surprise from which an incident is proposed, and what it was chosen from."""

    surprise: float
    peaks: int = 0
    unconfirmed: int = 0
    weeks: float = 0.0


def choose_threshold(peaks: Iterable[Peak], days: float, budget: float) -> Threshold:
    """The least surprise that would have kept unconfirmed alarms within the budget.

    What other desks saw counts as four weeks, so that a short past moves it a little.

    Args:
        peaks: Of incidents with enough people, whether they were proposed or not.
        days: Over which they were gathered.
        budget: Unconfirmed alarms a week.

    """
    told = _told_once(peaks)
    if not any(peak.confirmed for peak in told):
        # Nobody ever said which alarm was right, so none can be counted as wrong.
        return Threshold(_clipped(_SHIPPED_AT - _PER_TENTH * log10(max(budget, _LEAST_BUDGET))))
    weeks = days / 7
    wrong = np.array([peak.surprise for peak in told if not peak.confirmed])
    for least in _GRID:
        elsewhere = 10 ** ((_SHIPPED_AT - float(least)) / _PER_TENTH)
        seen = np.count_nonzero(wrong >= least)
        if (seen + _PRIOR_WEEKS * elsewhere) / (weeks + _PRIOR_WEEKS) <= budget:
            break
    return Threshold(float(least), len(told), int(np.count_nonzero(wrong >= least)), weeks)


def _told_once(peaks: Iterable[Peak]) -> list[Peak]:
    """The greatest first; one that counts mostly reports counted before says nothing new."""
    kept: list[Peak] = []
    counted: set[Hashable] = set()
    for peak in sorted(peaks, key=lambda peak: (-peak.surprise, not peak.confirmed)):
        if not peak.reports or 2 * len(peak.reports & counted) < len(peak.reports):
            kept.append(peak)
        counted |= peak.reports
    return kept


def _clipped(surprise: float) -> float:
    return min(max(surprise, float(_GRID[0])), float(_GRID[-1]))
