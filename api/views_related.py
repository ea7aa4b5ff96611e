"""Other incidents beside one incident: proposed to be merged, or merely looking related."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from incidents.grouping import GroupingPolicy
from incidents.proposing import MergeProposal
from models.incident import Incident

_MORE_LIKELY_THAN_NOT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Related:
    """One other incident. `percent` only where it may be read as one."""

    incident: Incident
    likeness: str
    percent: int | None
    reasons: str
    proposed: bool


def render_related(
    proposed: Sequence[MergeProposal],
    looked: Sequence[tuple[Incident, float]],
    policy: GroupingPolicy,
    *,
    apart: Collection[Hashable],
) -> list[Related]:
    """Proposals first, then what members looked like when they came; never what is kept apart."""
    found = [
        _render(one.incident, one.probability, policy, "; ".join(one.reasons), proposed=True)
        for one in proposed
    ]
    known = {one.incident.id for one in found}
    found += [
        _render(other, probability, policy, "", proposed=False)
        for other, probability in looked
        if other.id not in known and other.id not in apart
    ]
    return found


def _render(
    other: Incident, probability: float, policy: GroupingPolicy, reasons: str, *, proposed: bool
) -> Related:
    return Related(
        incident=other,
        likeness=_likeness(probability, policy),
        percent=round(100 * probability) if policy.calibrated else None,
        reasons=reasons,
        proposed=proposed,
    )


def _likeness(probability: float, policy: GroupingPolicy) -> str:
    """In words; a number of less than a half is not called likely."""
    if probability < policy.join:
        return "looks related"
    if policy.calibrated and probability < _MORE_LIKELY_THAN_NOT:
        return "may be the same"
    return "likely the same"
