"""The candidates of a report as they would be if it named a service, or a site.

What a question is worth is how much these differ from the candidates as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from classifier.pair_features import Query, take_glance
from classifier.pair_scorer import PairScorer, Scored
from classifier.window import PairFacts, Window

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
    if not candidates or not unknown:
        return {slot: Supposed({}, {}) for slot in unknown}
    glance = take_glance(window, query)
    found: dict[Slot, Supposed] = {}
    for slot in unknown:
        told = {group: _named(window, group, slot) for group in candidates}
        common = sum(told.values(), Counter[str]()).most_common(_ANSWERS)
        answers = [*sorted(answer for answer, _ in common), *([ANOTHER] if common else [])]
        supposed = {}
        for answer in answers:
            asked = replace(query, facts=_with(query.facts, slot, answer))
            supposed[answer] = scorer.score(window, asked, only=candidates, glance=glance)
        found[slot] = Supposed(supposed, {group: _shares(told[group]) for group in candidates})
    return found


def _with(facts: PairFacts, slot: Slot, answer: str) -> PairFacts:
    return replace(facts, service=answer) if slot == "service" else replace(facts, site=answer)


def _named(window: Window, group: Hashable, slot: Slot) -> Counter[str]:
    held = window.groups[group]
    return held.services if slot == "service" else held.sites


def _shares(counts: Counter[str]) -> dict[str, float]:
    total = counts.total()
    return {answer: count / total for answer, count in counts.items()} if total else {}
