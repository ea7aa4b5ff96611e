"""A log, read once: the few lines that say what went wrong, as signatures.

Errors and exceptions come first, then warnings; of equals the rarer line in this log. What a
program says when all is well is never a signature: everybody's log holds it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from classifier.log_exceptions import find_exceptions, is_of_stack
from classifier.log_templates import MAX_LINE, name_template, template_of
from classifier.signature_codes import Hit, find_codes, find_far_hosts
from classifier.signatures import SignatureKind, signature


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """How much of a log is looked at, and how much may come of it.

    Attributes:
        head: Characters from the beginning.
        tail: Characters from the end, where the trouble mostly is.
        lines: Telling lines that are read closely; half from each end.
        most: Signatures of one log.
        of_kind: Of those, how many of each kind.

    """

    head: int = 1 << 20
    tail: int = 3 << 20
    lines: int = 1_000
    most: int = 12
    exceptions: int = 5
    codes: int = 4
    templates: int = 4
    hosts: int = 2


_LEVEL: Final = re.compile(
    r"\b(?P<level>FATAL|CRIT(?:ICAL)?|EMERG|ALERT|SEVERE|PANIC|ERROR|ERR|FEHLER|WARN(?:ING)?|WARNUNG"
    r"|NOTICE|INFO(?:RMATION)?|DEBUG|TRACE|VERBOSE|FINE|FINER|FINEST)\b"
    r"|(?i:\b(?:level|lvl|severity)\W{1,4}(?P<said>[a-z]{3,11})\b)"
    r"|^.{0,40}?\b(?P<titled>Fatal|Critical|Error|Warn(?:ing)?|Notice|Info(?:rmation)?|Debug|Trace)"
    r"\b ?[(:\]]"
    r"|[\[<(](?P<boxed>(?i:fatal|crit|critical|emerg|error|err|warn|warning|notice|info|debug|trace))[\]>)]"
)
_LEVEL_WITHIN: Final = 160
_ERRORS: Final = "FATAL CRIT CRITICAL EMERG ALERT SEVERE PANIC ERROR ERR FEHLER"
_WARNINGS: Final = "WARN WARNING WARNUNG"
_ALL_WELL: Final = "NOTICE INFO INFORMATION DEBUG TRACE VERBOSE FINE FINER FINEST"
_RANKS: Final = {
    **dict.fromkeys(_ERRORS.split(), 2),
    **dict.fromkeys(_WARNINGS.split(), 1),
    **dict.fromkeys(_ALL_WELL.split(), -1),
}
_TROUBLE: Final = re.compile(
    r"(?i)fail|error|exception|refus|time[ds]?[ -]?out|denied|unreachable|cannot|could ?n[o']t"
    r"|unable|panic|not found|abort|crash|reset by|no route|no space|exceeded|rejected|expired"
    r"|invalid|corrupt|unavailable|disconnect|lost|fehler|verweigert|nicht (?:gefunden|erreichbar)"
    r"|abgelehnt|killed"
)
_TELLING: Final = re.compile(
    rf"{_TROUBLE.pattern}|warn|fatal|crit|severe|alert|emerg"
    r"|0x[0-9a-f]{6}|\b50[0-4]\b|event id|Backoff|\bat |File \""
)
_STAMP: Final = (
    r"\[?\d{4}[-/.]\d\d[-/.]\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[ ]?[+-]\d\d:?\d\d)?\]?"
    r"|\[?\d{1,2}[-/.](?:\d{1,2}|[A-Z][a-z]{2})[-/.]\d{2,4}[,:T ]{1,2}\d\d:\d\d(?::\d\d)?"
    r"(?:[.,]\d{1,9})?(?: ?[AP]M)?(?: [+-]\d{4})?\]?"
    r"|[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d(?: \d{4})?"
    r"|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?|<\d{1,3}>1? ?"
)
_HEAD: Final = re.compile(
    rf"(?:{_STAMP}"
    r"|\[[^\[\]]{1,80}\]|\((?:[\w.-]{1,60}|pid \d+)\)"
    r"|(?:FATAL|CRIT|CRITICAL|SEVERE|ERROR|ERR|WARN|WARNING|INFO|DEBUG|FEHLER|WARNUNG)\b"
    r"|(?:level|lvl|severity|time|ts|logger|thread|caller)=(?:\"[^\"]{0,120}\"|\S{1,120})"
    r"|(?:msg|message|error|err)=\"?"
    r"|(?:Fatal|Critical|Error|Warn|Warning|Info|Debug)(?:\(\s{0,4}\d{1,6}\)|(?=: ))"
    r"|[\w.-]{1,60} (?=[\w./-]{1,40}(?:\[\d{1,8}\])?: )"
    r"|[\w./-]{1,60}\[\d{1,8}\]:?|[\w.$-]{1,100} ?(?:-|:{1,2})(?= )|\d{1,8}(?= )|---|-|:|\|)\s{0,8}"
)
_HEADS: Final = 9
_JSON_MESSAGE: Final = re.compile(
    r'"(?:message|msg|error|@m|log)"\s{0,2}:\s{0,2}"(?P<message>(?:[^"\\]|\\.){3,600})"'
)
_STARTS: Final = re.compile(
    rf"\s{{0,4}}(?:{_STAMP})|\s{{0,4}}\[?(?:FATAL|CRITICAL|SEVERE|ERROR|WARN|WARNING)\]?\b[\s:]"
)
_TIMED: Final = re.compile(rf"\s{{0,4}}(?P<stamp>{_STAMP})")
_TO_THE_INSTANT: Final = re.compile(r"<|.*:\d\d(?:[.,]\d{3,9}|Z|[+-]\d\d)|.*\dT\d")
_SOURCE: Final = re.compile(
    r"\W{0,4}(?:\[[^\[\]]{1,80}\]|(?:[\w.-]{1,60} )?(?:[\w./-]{1,60}\[\d{1,8}\]|kernel): ?"
    r"|[A-Za-z_][\w$]{0,40}(?:\.[A-Za-z_][\w$]{0,60}){2,12}\b|pid \d|0x[0-9a-f])"
    r"|[^=]{0,200}\b\w{1,40}=[\w\"'/]"
)
_QUOTED: Final = re.compile(r"[\"“„«](?P<said>[^\"“”„«»\n]{12,200})[\"”“»]")
_QUOTED_WORDS: Final = 4


@dataclass(frozen=True, slots=True)
class Line:
    """A telling line: its message, without time, level and place. Offsets are into the text."""

    rank: int
    message: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a person quoted from a machine; `value` is the template, or the exception's value."""

    kind: SignatureKind
    value: str
    start: int
    end: int


def read_log(text: str, policy: LogPolicy | None = None) -> tuple[str, ...]:
    """The signatures of a log or another attached text, most telling first.

    The work is bounded whatever the text is; the same text gives the same signatures.
    """
    bounds = policy or LogPolicy()
    lines = _few_lines(text, bounds)
    telling = [(raw, line) for raw in lines if (line := _read_line(raw, 0)) is not None]
    coded = [(_level(raw) or 0, raw) for raw in lines]
    chosen: dict[str, None] = {}

    def take(kind: SignatureKind, values: Iterator[str] | list[str], most: int) -> None:
        fresh = list(dict.fromkeys(signature(kind, value) for value in values))
        chosen.update(dict.fromkeys(fresh[:most]))

    thrown = [each.values for each in find_exceptions(lines)]
    take(
        SignatureKind.EXCEPTION,
        [v for values in reversed(thrown) for v in values],
        bounds.exceptions,
    )
    found = [(rank, hit) for rank, raw in coded if rank >= 0 for hit in find_codes(raw)]
    take(SignatureKind.CODE, _worst_first(found), bounds.codes)
    plain = [line for raw, line in telling if not is_of_stack(raw)]
    take(SignatureKind.TEMPLATE, _templates(plain), bounds.templates)
    named = [(line.rank, hit) for raw, line in telling for hit in find_far_hosts(raw)]
    take(SignatureKind.HOST, _worst_first(named), bounds.hosts)
    return tuple(chosen)[: bounds.most]


def find_told(text: str) -> Iterator[Told]:
    """Exceptions and messages in the midst of what a person wrote, with their places.

    A message is a log line or stands in quotes; a person's own words are none. At most a few.
    """
    lines = text.splitlines(keepends=True)
    starts = list(accumulate((len(line) for line in lines), initial=0))
    bounds = LogPolicy()
    thrown = list(find_exceptions([line.rstrip("\r\n") for line in lines]))
    for each in thrown[-bounds.exceptions :]:
        start = starts[each.line]
        for value in each.values:
            yield Told(SignatureKind.EXCEPTION, value, start + each.start, start + each.end)
    taken = {starts[each.line] for each in thrown}
    found: dict[str, Line] = {}
    for line in _find_lines(lines, starts, taken):
        template = template_of(line.message)
        if template is not None:
            found.setdefault(template, line)
    worst = sorted(found.items(), key=lambda pair: -pair[1].rank)
    for template, line in worst[: bounds.templates]:
        yield Told(SignatureKind.TEMPLATE, template, line.start, line.end)


def is_log_line(line: str) -> bool:
    """Whether a program wrote this line: it begins with a time or a level."""
    return _STARTS.match(line) is not None


def is_machine_line(line: str) -> bool:
    """Whether only a program writes so: a level in front, or a time with a level or a source.

    A time that is told to the instant is a program's; any other a person writes too.
    """
    timed = _TIMED.match(line)
    if timed is None:
        return is_log_line(line)
    rest = line[timed.end() :].lstrip()
    if _TO_THE_INSTANT.match(timed["stamp"]) or _SOURCE.match(rest):
        return True
    levelled = _LEVEL.match(rest) if rest.isupper() else _LEVEL.search(rest[:_LEVEL_WITHIN])
    return levelled is not None


def _find_lines(lines: list[str], starts: list[int], taken: set[int]) -> Iterator[Line]:
    for raw, start in zip(lines, starts, strict=False):
        bare = raw.rstrip("\r\n")
        if start in taken or is_of_stack(bare):
            continue
        line = _read_line(bare, start) if _STARTS.match(bare) else None
        if line is not None and len(line.message.split()) >= _QUOTED_WORDS:
            yield line
            continue
        for match in _QUOTED.finditer(bare[:MAX_LINE]):
            said = match["said"]
            if len(said.split()) >= _QUOTED_WORDS and _TROUBLE.search(said):
                yield Line(2, said, start + match.start("said"), start + match.end("said"))


def _few_lines(text: str, bounds: LogPolicy) -> list[str]:
    """Lines that could tell something, cut; from both ends where they are many."""
    if len(text) > bounds.head + bounds.tail:
        text = text[: bounds.head] + "\n" + text[-bounds.tail :]
    lines = [raw for raw in (line[:MAX_LINE] for line in text.splitlines()) if _TELLING.search(raw)]
    half = bounds.lines // 2
    return lines if len(lines) <= bounds.lines else lines[:half] + lines[-half:]


def _read_line(raw: str, start: int) -> Line | None:
    """The message of a line and how bad it is; None where it says that all is well."""
    cut = raw[:MAX_LINE]
    level = _level(cut)
    if level is not None and level < 0:
        return None
    written = _JSON_MESSAGE.search(cut)
    first, last = (
        (written.start("message"), written.end("message")) if written else (_head(cut), len(cut))
    )
    message = cut[first:last]
    if level is None and not _TROUBLE.search(message):
        return None
    return Line(1 if level is None else level, message, start + first, start + last)


def _level(line: str) -> int | None:
    match = _LEVEL.search(line[:_LEVEL_WITHIN])
    if match is None:
        return None
    return _RANKS.get(
        (match["level"] or match["said"] or match["boxed"] or match["titled"] or "").upper()
    )


def _head(line: str) -> int:
    """Where the message begins: after time, level, thread, process and logger."""
    at = len(line) - len(line.lstrip())
    for _ in range(_HEADS):
        match = _HEAD.match(line, at)
        if match is None or match.end() >= len(line):
            break
        at = match.end()
    return at


def _templates(lines: list[Line]) -> list[str]:
    """Worst first, then those that stand in the log least often, then as they come."""
    counted: Counter[str] = Counter()
    worst: dict[str, int] = {}
    for line in lines:
        template = template_of(line.message)
        if template is not None:
            counted[template] += 1
            worst[template] = max(worst.get(template, 0), line.rank)
    ranked = sorted(counted, key=lambda one: (-worst[one], counted[one]))
    return [name_template(one) for one in ranked]


def _worst_first(hits: list[tuple[int, Hit]]) -> list[str]:
    """From the worst lines first, then the rarest in this log, then as they come."""
    counted = Counter(hit.value for _, hit in hits)
    worst: dict[str, int] = {}
    for rank, hit in hits:
        worst[hit.value] = max(worst.get(hit.value, 0), rank)
    return sorted(counted, key=lambda value: (-worst[value], counted[value]))
