"""How bad and how pressing: priority by the editable matrix, severity of reports and incidents.

The numbers are a first policy, chosen by hand on the shipped stream (2026-11): a department
without one service is SEV3, several sites or forty people are SEV2, a tier-1 service lost
on several sites or for a hundred people is SEV1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar

from models.errors import DomainError
from models.vocabulary import Priority, Severity

_ORDER = list(Priority)


class BadMatrixError(DomainError):
    """A priority matrix that lacks a cell or names an unknown priority."""

    code: ClassVar[str] = "policy.bad_matrix"


def _default() -> Mapping[tuple[int, int], Priority]:
    cells = {(i, u): _ORDER[i + u - 2] for i in (1, 2, 3) for u in (1, 2, 3)}
    return MappingProxyType(cells)


@dataclass(frozen=True, slots=True)
class PriorityMatrix:
    """ITIL: impact 1-3 by urgency 1-3 gives P1-P5. Default `impact + urgency - 1`."""

    cells: Mapping[tuple[int, int], Priority] = field(default_factory=_default)

    def priority(self, impact: int, urgency: int) -> Priority:
        return self.cells[impact, urgency]

    def to_json(self) -> dict[str, str]:
        return {f"{i}{u}": self.cells[i, u].value for i in (1, 2, 3) for u in (1, 2, 3)}

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> PriorityMatrix:
        """From `{"11": "P1", "12": "P2", ...}`: all nine cells.

        Raises:
            BadMatrixError: A cell is missing or its value is no priority.

        """
        try:
            cells = {(i, u): Priority(data[f"{i}{u}"]) for i in (1, 2, 3) for u in (1, 2, 3)}
        except (KeyError, ValueError) as error:
            raise BadMatrixError(
                f"The priority matrix needs nine cells of P1-P5: {error}"
            ) from error
        return cls(MappingProxyType(cells))


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """Where breadth turns into severity.

    Attributes:
        people: Distinct reporters, or people counted in a report, from which an incident is
            at least SEV3, SEV2, SEV1. One reporter speaks for about `speaks_for` people.
        sites: Sites from which it is at least SEV3, SEV2.
        speaks_for: Field studies of service desks put one report to 5-20 affected; low end.
        words: Chance of SEV1 or SEV2 by the words, from which they raise an account to SEV3.

    """

    people: tuple[int, int, int] = (15, 60, 200)
    sites: tuple[int, int] = (2, 3)
    speaks_for: int = 5
    words: float = 0.5


_POLICY = SeverityPolicy()
_LEVELS = (Severity.SEV4, Severity.SEV3, Severity.SEV2, Severity.SEV1)


def report_severity(
    *,
    impact: int,
    urgency: int,
    tier: int | None,
    people: int | None,
    words: float | None = None,
) -> Severity:
    """Severity of one account by itself; monotone in each argument.

    One voice alone never makes SEV1: what it says of many people counts one step less than
    the same number of people heard.

    Args:
        impact: 1 to 3, told or read.
        urgency: The same.
        tier: Importance of the service; None where unknown.
        people: How many the account counts as affected.
        words: Chance, by the words alone, that this is SEV1 or SEV2. A weak prior: where nothing
            else speaks for more, it makes the account SEV3 and never more.

    """
    level = 0
    if impact <= 2 and urgency <= 2:
        level = 1
    if impact == 1 and urgency == 1:
        level = 2 if tier in {1, 2} else 1
    if people is not None and people >= _POLICY.people[1]:
        level = max(level, 2)
    elif (people or 0) >= _POLICY.people[0] or (words or 0.0) >= _POLICY.words:
        level = max(level, 1)
    return _LEVELS[level]


def incident_severity(
    *, reporters: int, sites: int, tier: int | None, people: int, worst: Severity
) -> Severity:
    """Severity of an incident as it grows; monotone in breadth, never below its worst report.

    Args:
        reporters: Distinct people who reported.
        sites: Distinct sites they named or work at.
        tier: Importance of the service, 1 (most) to 3; None where unknown.
        people: The greatest number of affected people that any report counted.
        worst: The severest of the reports.

    """
    heard = max(people, reporters * _POLICY.speaks_for if reporters > 1 else 0)
    level = sum(heard >= limit for limit in _POLICY.people)
    if reporters > 1:
        level = max(level, sum(sites >= limit for limit in _POLICY.sites))
    if tier == 1 and level == 2 and heard >= _POLICY.people[1] and sites >= 2:
        level = 3
    if tier == 3 and level > 2:
        level = 2  # losing a minor service everywhere is still a minor service
    return max(_LEVELS[level], worst, key=lambda severity: severity.rank)
