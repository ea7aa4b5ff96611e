"""A pasted log told apart from the words around it: what a person says, and what a machine said."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from classifier.log_exceptions import find_exceptions, is_of_stack
from classifier.log_reading import is_log_line, is_machine_line

_FEWEST: Final = 2
_LONGEST: Final = 2_000
_LINES: Final = 5_000
_WORDS: Final = re.compile(r"(?:[^\W\d_]{2,}\W+){2}[^\W\d_]{2,}")
_SPOKEN: Final = re.compile(r"[\"'(\u201e]?[^\W\d_][^{}<>=|\\\[\]]*$")
"""Not indented, begins with a letter, and has none of the signs that programs write with."""


class Told(NamedTuple):
    """What stands in a message: a person's own words, and a machine's, each in order."""

    words: str
    log: str


def split_log(text: str) -> Told:
    """Words and log of a message; all of it is words where either is missing.

    A log is two lines or more that a program wrote: a level in front, a stack, an exception, or a
    time together with one of them or with its source, there or on the line beside it. A time
    alone a person writes too. What stands between belongs to the log, but for spoken words.
    """
    lines = text.splitlines()
    if not _FEWEST < len(lines) <= _LINES:
        return Told(text, "")
    thrown = {each.line for each in find_exceptions([line[:_LONGEST] for line in lines])}
    sure = {
        number
        for number, line in enumerate(lines)
        if number in thrown or is_machine_line(line[:_LONGEST]) or is_of_stack(line[:_LONGEST])
    }
    machine = [
        number
        for number, line in enumerate(lines)
        if number in sure or (is_log_line(line[:_LONGEST]) and {number - 1, number + 1} & sure)
    ]
    if len(machine) < _FEWEST:
        return Told(text, "")
    first, last, known = machine[0], machine[-1], set(machine)
    log = [
        number
        for number in range(first, last + 1)
        if number in known or not _is_spoken(lines[number][:_LONGEST])
    ]
    logged = set(log)
    words = "\n".join(line for number, line in enumerate(lines) if number not in logged).strip()
    if not _WORDS.search(words):
        return Told(text, "")
    return Told(words, "\n".join(lines[number] for number in log))


def _is_spoken(line: str) -> bool:
    """Whether a line between two of a log is a person's: a sentence, or a time and a sentence."""
    if is_log_line(line):
        return not is_machine_line(line)
    return _SPOKEN.match(line) is not None
