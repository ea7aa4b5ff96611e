"""A pasted log told apart from the words around it: what a person says, and what a machine said."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from classifier.log_exceptions import find_exceptions, is_of_stack
from classifier.log_reading import is_log_line

_FEWEST: Final = 2
_LONGEST: Final = 2_000
_LINES: Final = 5_000
_WORDS: Final = re.compile(r"(?:[^\W\d_]{2,}\W+){2}[^\W\d_]{2,}")


class Told(NamedTuple):
    """What stands in a message: a person's own words, and a machine's, each in order."""

    words: str
    log: str


def split_log(text: str) -> Told:
    """Words and log of a message; all of it is words where either is missing.

    A log is two lines or more that a program wrote (a time or a level in front, a stack, an
    exception); what stands between two of them belongs to it.
    """
    lines = text.splitlines()
    if not _FEWEST < len(lines) <= _LINES:
        return Told(text, "")
    thrown = {each.line for each in find_exceptions([line[:_LONGEST] for line in lines])}
    machine = [
        number
        for number, line in enumerate(lines)
        if number in thrown or is_log_line(line[:_LONGEST]) or is_of_stack(line[:_LONGEST])
    ]
    if len(machine) < _FEWEST:
        return Told(text, "")
    first, last = machine[0], machine[-1]
    words = "\n".join((*lines[:first], *lines[last + 1 :])).strip()
    if not _WORDS.search(words):
        return Told(text, "")
    return Told(words, "\n".join(lines[first : last + 1]))
