"""The candidates of a report as they would be if it named a service, or a site.

What a question is worth is how much these differ from the candidates as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from classifier.pair_candidates import Query
from classifier.pair_features import put_beside
from classifier.pair_scorer import PairScorer, Scored
from classifier.window import Window

Slot = Literal["service", "site"]
SLOTS: Final[tuple[Slot, ...]] = ("service", "site")
ANOTHER: Final = ""
"""An answer that no candidate's report names."""
_ANSWERS: Final = 6


@dataclass(frozen=True, slots=True)
class Supposed:
    """One question, answer by answer.

    Attributes:
        scored: Per answer the candidates, the most likely first. The answers are those that the
            candidates' reports name, the commonest `_ANSWERS` of them, and `ANOTHER`.
        named: Per candidate the share of each answer among its reports that name any.

    """

    scored: Mapping[str, Sequence[Scored]]
    named: Mapping[Hashable, Mapping[str, float]]


def suppose_answers(
    window: Window, scorer: PairScorer, query: Query, scored: Sequence[Scored]
) -> dict[Slot, Supposed]:
    """Score a report's candidates again under each answer that its facts do not hold yet.

    Args:
        window: What came before.
        scorer: The one that scored.
        query: The report.
        scored: Its candidates as it is.

    """
    unknown = [slot for slot in SLOTS if getattr(query.facts, slot) is None]
    candidates = [one.group for one in scored if one.group in window.groups]
    beside = put_beside(window, query, only=candidates) if candidates and unknown else None
    if beside is None:
        return {slot: Supposed({}, {}) for slot in unknown}
    found: dict[Slot, Supposed] = {}
    for slot in unknown:
        named = {group: _named(window, group, slot) for group in candidates}
        common = sum(named.values(), Counter[str]()).most_common(_ANSWERS)
        answers = [*sorted(answer for answer, _ in common), *([ANOTHER] if common else [])]
        supposed = {}
        for answer in answers:
            told = {"service": query.facts.service, "site": query.facts.site, slot: answer}
            supposed[answer] = scorer.rank(beside.naming(**told))
        found[slot] = Supposed(supposed, {group: _shares(named[group]) for group in candidates})
    return found


def _named(window: Window, group: Hashable, slot: Slot) -> Counter[str]:
    held = window.groups[group]
    return held.services if slot == "service" else held.sites


def _shares(counts: Counter[str]) -> dict[str, float]:
    total = counts.total()
    return {answer: count / total for answer, count in counts.items()} if total else {}
