"""Whether a new text of somebody who has a report is about that one, or another trouble. Pure.

Asked only when unsure. What is plainly a follow-up ("still down", "works again") never comes
here: the dialogue knows those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

_ANOTHER: Final = re.compile(
    r"(?i)\A\s*(?:new|neu)\b\s*[:!.-]|\b(?:another|a different|a second|a new|second|separate)\s"
    r"(?:problem|issue|thing|fault|report|one)\b|\bsomething else\b|\b(?:anderes|neues|weiteres|"
    r"zweites)\s(?:problem|thema)\b|\bnoch (?:etwas|was)\b|\b(?:ausserdem|au\u00dferdem)\b"
)
_IT: Final = re.compile(
    r"(?i)\A\s*(?:it|its|that|this|es|das)\b"
    r"|\b(?:still|again|same|also|too|noch|immer|wieder|auch)\b"
)


class SameOrNew(StrEnum):
    """What a text is about."""

    SAME = "same"
    NEW = "new"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class SamePolicy:
    """When a text is taken for more of the last report.

    The likeness is the cosine of the two texts' vectors. Numbers: 112 pairs of one incident and
    112 of two in training_data/stream.jsonl with the built-in encoder, 2026-11-25. A report of
    its own where it is the same costs little (grouping puts it there); the other way round
    would hide it.

    Attributes:
        soon: Within this, the same service is the same trouble.
        same_from: From this likeness on, soon after, it is the same: 1 % of pairs of two reach it.
        new_below: Below this likeness, and without a word that points back, it is another: two
            thirds of pairs of two are, and a third of pairs of one.

    """

    soon: timedelta = timedelta(hours=4)
    same_from: float = 0.42
    new_below: float = 0.20


@dataclass(frozen=True, slots=True)
class LastReport:
    """The report that this number told last.

    Attributes:
        ago: Since it was told or added to.
        category: Read surely, or None.
        likeness: Cosine of its text and the new one; None where one of them was not read.
        solved: Whether its incident is.

    """

    reference: str
    ago: timedelta
    service: str | None
    site: str | None
    codes: tuple[str, ...]
    category: str | None
    likeness: float | None
    solved: bool


def choose_same(
    text: str,
    facts: Mapping[str, Any],
    last: LastReport,
    policy: SamePolicy,
    *,
    category: str | None = None,
) -> SameOrNew:
    """What a text that tells of a trouble is about.

    Args:
        text: Its words.
        facts: services, sites, codes read in it.
        last: The report before it.
        policy: The numbers.
        category: Of the text, where it was read surely.

    """
    if _ANOTHER.search(text) or _conflicts(facts, last):
        return SameOrNew.NEW
    likeness = last.likeness if last.likeness is not None else policy.new_below
    shares = last.service in facts.get("services", ()) or bool(
        {*last.codes} & {*facts.get("codes", ())}
    )
    if category is not None and last.category not in {None, category} and not shares:
        return SameOrNew.NEW
    if last.solved:
        return SameOrNew.UNSURE if shares or likeness >= policy.same_from else SameOrNew.NEW
    if last.ago <= policy.soon and (shares or likeness >= policy.same_from):
        return SameOrNew.SAME
    if not shares and likeness < policy.new_below and not _IT.search(text):
        return SameOrNew.NEW
    return SameOrNew.UNSURE


def _conflicts(facts: Mapping[str, Any], last: LastReport) -> bool:
    """Another service or another place than the last report's, named outright."""
    return _differs(facts.get("services", ()), last.service) or _differs(
        facts.get("sites", ()), last.site
    )


def _differs(named: Sequence[str], held: str | None) -> bool:
    return held is not None and bool(named) and held not in named
