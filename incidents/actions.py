"""What staff can do to incidents, as values; `incidents.review` performs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from models.vocabulary import Category, Priority, Severity


@dataclass(frozen=True, slots=True)
class Target:
    """An incident and the version of it that the person saw; None where it does not matter."""

    reference: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Accept:
    """The candidate is a major incident."""

    incident: Target


@dataclass(frozen=True, slots=True)
class Declare:
    """It is a major incident, proposed or not."""

    incident: Target


@dataclass(frozen=True, slots=True)
class Reject:
    """The candidate is not a major incident."""

    incident: Target
    reason: str


@dataclass(frozen=True, slots=True)
class Merge:
    """The sources are the same disturbance as the incident; they are absorbed by it."""

    incident: Target
    sources: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Some of the members are another disturbance."""

    incident: Target
    reports: tuple[str, ...]
    title: str | None


@dataclass(frozen=True, slots=True)
class MoveReport:
    """One report belongs to another incident."""

    incident: Target
    report: str
    to: str


@dataclass(frozen=True, slots=True)
class KeepApart:
    """Two incidents are not the same, however alike they look."""

    incident: Target
    other: str


@dataclass(frozen=True, slots=True)
class KeepTogether:
    """Some of the members belong to the incident, however different they look."""

    incident: Target
    reports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SayCause:
    """A past incident had the same cause, or another one; neither is merged."""

    incident: Target
    past: str
    same: bool


@dataclass(frozen=True, slots=True)
class SetLock:
    """A locked incident takes no more reports by itself."""

    incident: Target
    locked: bool


@dataclass(frozen=True, slots=True)
class Resolve:
    """It is over."""

    incident: Target


@dataclass(frozen=True, slots=True)
class Reopen:
    """It is not over after all."""

    incident: Target


@dataclass(frozen=True, slots=True)
class Retitle:
    """A title by staff; None brings back the one made from facts."""

    incident: Target
    title: str | None


@dataclass(frozen=True, slots=True)
class SetSeverity:
    """A severity by staff; None brings back the scored one."""

    incident: Target
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class SetPriority:
    """A priority by staff; None brings back that of the most pressing report."""

    incident: Target
    priority: Priority | None


@dataclass(frozen=True, slots=True)
class SetCategory:
    """A category by staff; None brings back that of most reports."""

    incident: Target
    category: Category | None


@dataclass(frozen=True, slots=True)
class SetWorkaround:
    """What people can do meanwhile; shown to reporters."""

    incident: Target
    workaround: str | None


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back an earlier review, or an earlier undo."""

    token: UUID


Action: TypeAlias = (
    Accept
    | Declare
    | Reject
    | Merge
    | Split
    | MoveReport
    | KeepApart
    | SayCause
    | KeepTogether
    | SetLock
    | Resolve
    | Reopen
    | Retitle
    | SetSeverity
    | SetPriority
    | SetCategory
    | SetWorkaround
    | Undo
)
