"""Which signatures of a report still prove something here: those that few others show.

An error code that every machine prints, or a line that stands in everybody's log, says
nothing of the cause. How common one is, is counted in this installation's own window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from classifier.signatures import SignatureKind, kind_of, of_kind
from classifier.window import PairFacts, Window


@dataclass(frozen=True, slots=True)
class RarityPolicy:
    """When a signature is rare. To be re-tuned by staff's corrections; set by hand, 2026-11-25.

    Attributes:
        share: Of the reports that show any signature: few people attach a log, so a share of
            all reports would call a line rare that stands in every log.
        few: So many reports may always show it.
        before: So many may have shown it before this burst (the window's gap): what comes
            back every day is everyday noise, also where it came into one group each time.

    """

    share: float = 0.02
    few: int = 3
    before: int = 3


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who shows a signature: rows of the window, oldest first."""

    signature: str
    rows: Sequence[int]


RARITY: Final = RarityPolicy()
_MESSAGES: Final = (SignatureKind.TEMPLATE, SignatureKind.EXCEPTION)


def rare_signatures(
    window: Window, facts: PairFacts, at: float, policy: RarityPolicy = RARITY
) -> list[Sharing]:
    """The report's signatures that others show too and that are rare, rarest first.

    Rows that speak of other machines are left out where only a message is shared: one
    message from two servers is two troubles.
    """
    moments = window.moments()
    hosts = of_kind(facts.signatures, SignatureKind.HOST)
    found = []
    for signature in sorted(facts.signatures):
        rows = [row for row in window.rows_with_signature(signature) if moments[row] <= at]
        rows = [row for row in rows if moments[row] > at - window.look_back]
        before = sum(moments[row] <= at - window.gap for row in rows)
        if before > policy.before or _everywhere(window, rows, policy):
            continue
        if kind_of(signature) in _MESSAGES and hosts:
            rows = [row for row in rows if not _elsewhere(hosts, window.facts[row])]
        if rows:
            found.append(Sharing(signature, rows))
    return sorted(found, key=lambda one: len(one.rows))


def _everywhere(window: Window, rows: Sequence[int], policy: RarityPolicy) -> bool:
    """Whether many show it and they are not of one incident."""
    if len(rows) <= policy.few or len({window.group_of[window.keys[row]] for row in rows}) <= 1:
        return False
    showing = sum(1 for facts in window.facts if facts.signatures)
    return len(rows) > policy.share * showing


def _elsewhere(hosts: frozenset[str], other: PairFacts) -> bool:
    """Whether another report names machines too, and none of these."""
    theirs = of_kind(other.signatures, SignatureKind.HOST)
    return bool(theirs) and not theirs & hosts
