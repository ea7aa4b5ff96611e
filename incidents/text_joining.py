"""Which waiting texts of one number are one message, and how long to wait for the rest. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from incidents.segments import is_full
from incidents.text_policy import TextPolicy
from models.ids import TextId

GAP: Final = "[...]"
"""Stands where a part never came."""
MOST_PARTS: Final = 32
_TOGETHER: Final = 10
_GOES_ON: Final = re.compile(
    r"(?i)(?:[,:;(/&+\-\u2013\u2014]|\.\.\.|\u2026|\b(?:and|or|but|because|the|a|an|to|of|in|on|at|with|"
    r"for|from|my|our|is|are|not|und|oder|aber|weil|dass|der|die|das|den|dem|ein|eine|einen|im|in|"
    r"am|an|auf|mit|bei|f\u00fcr|von|zu|mein|meine|unser|unsere|ist|sind|nicht))\s*\Z"
)


@dataclass(frozen=True, slots=True)
class WaitingText:
    """A text that came and was not heard.

    Attributes:
        series: Names the longer text that this is a part of; with `part` (from 1) and `parts`.
        at: When it came.

    """

    id: TextId
    text: str
    at: datetime
    series: str | None = None
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Joining:
    """What is heard next, as one message; or, with no texts, until when to wait.

    Attributes:
        texts: In the order of their words; the first is the head.
        text: All their words.

    """

    texts: tuple[TextId, ...] = ()
    text: str = ""
    wait_until: datetime | None = None


def is_cut(text: str) -> bool:
    """Whether a text stops inside a sentence: full to the brim, or on a word like "and"."""
    plain = text.strip()
    return bool(plain) and (is_full(text) or _GOES_ON.search(plain) is not None)


def choose_message(waiting: Sequence[WaitingText], policy: TextPolicy, now: datetime) -> Joining:
    """The next message of one number.

    Args:
        waiting: All that waits, in the order it was said; the first is never overtaken.
        policy: How long to wait.
        now: For waits.

    """
    if not waiting:
        return Joining()
    first = waiting[0]
    if first.series is not None and first.parts > 1:
        return _series(first, waiting, policy, now)
    together = [first]
    for one in waiting[1:_TOGETHER]:
        last = together[-1]
        soon = one.at - last.at <= policy.continued_within
        if not (is_cut(last.text) and soon and one.series is None):
            break
        together.append(one)
    last = together[-1]
    until = last.at + policy.continued_within
    alone = len(together) == len(waiting) < _TOGETHER
    if alone and is_cut(last.text) and now < until:
        return Joining(wait_until=until)
    return Joining(tuple(one.id for one in together), _in_one(together))


def _series(
    first: WaitingText, waiting: Sequence[WaitingText], policy: TextPolicy, now: datetime
) -> Joining:
    ours = [one for one in waiting if one.series == first.series]
    by_part = {one.part: one for one in reversed(ours)}
    until = min(one.at for one in ours) + policy.part_patience
    if len(by_part) < first.parts and now < until:
        return Joining(wait_until=until)
    words = [by_part[n].text if n in by_part else f" {GAP} " for n in range(1, first.parts + 1)]
    order = [by_part[n] for n in sorted(by_part)]
    doubled = [one for one in ours if one not in order]
    return Joining(tuple(one.id for one in (*order, *doubled)), "".join(words).strip())


def _in_one(together: Sequence[WaitingText]) -> str:
    """A text that is full to the brim was cut inside a word, perhaps; any other at its end."""
    text = together[0].text
    for before, one in pairwise(together):
        text += one.text if is_full(before.text) else f" {one.text}"
    return text
