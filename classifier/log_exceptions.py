"""Exceptions in a log: which class, with which message, and in which function of one's own.

Java, .NET, Python, JavaScript, Go, PHP and Ruby write them differently; what is told is the
same. Numbers, names and addresses in the message are masked as in a template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from classifier.log_templates import MAX_LINE, general_tokens

_CLASS: Final = re.compile(
    r"(?<![\w.$/-])(?P<package>(?:[A-Za-z_][\w$]{0,60}[.\\]){0,10})"
    r"(?P<name>[A-Z][A-Za-z0-9_$]{0,70}(?:Exception|Error|Fault|Failure|Timeout|Interrupt|Panic))\b"
    r"(?P<colon>\s?(?:\([^()\n]{0,40}\))?:\s{0,3}|\s-\s)?"
)
_BARE: Final = re.compile(r"^(?:Uncaught\s)?(?:\(in promise\)\s)?(?P<name>Error|Exception): ")
_PANIC: Final = re.compile(r"^\s{0,8}(?:panic|fatal error): ")
_JAVA: Final = re.compile(r"^\s{1,12}at (?P<frame>[\w$.<>]{3,200})\((?P<file>[^()]{0,120})\)")
_DOTNET: Final = re.compile(
    r"^\s{1,12}at (?P<frame>[\w`.<>+]{3,200})\([^()]{0,300}\)(?: in (?P<file>[^\n]{1,200}))?"
)
_SCRIPT: Final = re.compile(
    r"^\s{1,12}at (?:(?:async |new )?(?P<frame>[\w$.<>]{1,100})(?: \[as [\w$]{1,60}\])? \()?"
    r"(?P<file>[^\s()]{3,200}?):\d{1,6}:\d{1,6}\)?$"
)
_PYTHON: Final = re.compile(
    r'^\s{1,8}File "(?P<file>[^"]{1,300})", line \d{1,7}, in (?P<frame>[\w<>]{1,100})'
)
_GO: Final = re.compile(r"^(?P<frame>[\w.*()/-]{3,200})\((?:0x[0-9a-f]|\{0x|\.\.\.|\))")
_STACK: Final = re.compile(
    r"\s{1,12}at [\w$.<(]|\s{1,8}File \"|\s{2,12}raise |Traceback |goroutine "
)
_FOREIGN: Final = re.compile(
    r"^(?:java|javax|jakarta|jdk|sun|com\.(?:sun|mysql|zaxxer)|oracle|okhttp|reactor|kotlin|scala"
    r"|org\.(?:springframework|apache|hibernate|eclipse|postgresql|junit|jboss|slf4j)|akka|groovy"
    r"|io\.(?:netty|grpc|reactivex)|System|Microsoft|Newtonsoft|Npgsql|runtime|net/http|internal"
    r"|testing|syscall|reflect|sync|Module|process|Function|Object|Promise)\b[./]?"
)
_LIBRARY: Final = re.compile(
    r"site-packages|dist-packages|lib/python|node_modules|node:internal|^internal/|^node:|<frozen"
    r"|/usr/lib/|\bvendor/|^<anonymous>"
)
_DIGITS: Final = re.compile(r"\d+")
_ANYTHING_TEXT: Final = (
    "panic Exception Error RuntimeException RuntimeError NullPointerException "
    "NullReferenceException TypeError ValueError KeyError IndexError AttributeError "
    "ReferenceError IllegalStateException IllegalArgumentException InvalidOperationException "
    "IOException IOError OSError AssertionError ApplicationException SystemException "
    "ServletException ExecutionException InvocationTargetException SyntaxError "
    "FileNotFoundException InterruptedException NoClassDefFoundError ClassNotFoundException "
    "NamingException ImportError ModuleNotFoundError ArgumentException FormatException "
    "HttpException TimeoutException SocketException SQLException"
)
_ANYTHING: Final = frozenset(_ANYTHING_TEXT.split())
"""Classes that by themselves say nothing of the cause."""
_MESSAGE_TOKENS: Final = 16
_MAX_VALUE: Final = 160
_BEHIND: Final = 60


@dataclass(frozen=True, slots=True)
class Thrown:
    """One exception. `line` is the number of its line, from 0; `values` its signatures' values."""

    line: int
    start: int
    end: int
    values: tuple[str, ...]


def find_exceptions(lines: Sequence[str]) -> Iterator[Thrown]:
    """Exceptions in order of appearance; a cause comes after what it caused.

    With a message it is told by class and message, with a stack (also) by class and the
    innermost function that is no library's, without both by its class where that says something.
    """
    for number, raw in enumerate(lines):
        line = raw[:MAX_LINE]
        found = _named(line)
        if found is None:
            continue
        name, start, end = found
        message = general_tokens(line[end:], _MESSAGE_TOKENS)
        frame = _own_frame(lines, number)
        values = []
        if any(not token.startswith("<") for token in message):
            values.append(f"{name}: {' '.join(message)}"[:_MAX_VALUE].rstrip())
        if frame:
            values.append(f"{name} at {frame}"[:_MAX_VALUE])
        if not values and name not in _ANYTHING:
            values.append(name)
        if values:
            yield Thrown(number, start, end, tuple(values))


def is_of_stack(line: str) -> bool:
    """Whether a line is a part of an exception's account: its name, a frame, a piece of source."""
    return _named(line) is not None or _STACK.match(line) is not None


def _named(line: str) -> tuple[str, int, int] | None:
    """Class name, its start, and where the message begins."""
    bare = _BARE.search(line)
    if bare is not None:
        return bare["name"], bare.start("name"), bare.end()
    panic = _PANIC.search(line)
    if panic is not None:
        return "panic", panic.start(), panic.end()
    for match in _CLASS.finditer(line):
        if match["colon"] is None and match["name"] in _ANYTHING:
            continue
        if match["colon"] is None and _STACK.match(line) is not None:
            break  # the name of a class in a frame or a piece of source
        end = match.end() if match["colon"] else len(line)
        return _DIGITS.sub("", match["name"]), match.start("name"), end
    return None


def _own_frame(lines: Sequence[str], number: int) -> str | None:
    """The innermost function of one's own: below the exception, or above it in Python."""
    for line in lines[number + 1 : number + 1 + _BEHIND]:
        frame = _frame(line[:MAX_LINE])
        if frame is None:
            if line.strip() and not line[:1].isspace() and "goroutine" not in line:
                break
            continue
        if frame:
            return frame
    for line in reversed(lines[max(0, number - _BEHIND) : number]):
        match = _PYTHON.match(line[:MAX_LINE])
        if match is not None and not _LIBRARY.search(match["file"]):
            return _spelled(f"{_stem(match['file'])}.{match['frame']}")
        if line.strip() and not line[:1].isspace():
            break
    return None


def _frame(line: str) -> str | None:
    """One's own function, empty for a library's; None where the line is no frame."""
    for shape in (_SCRIPT, _JAVA, _DOTNET):
        match = shape.match(line)
        if match is None:
            continue
        name, file = match["frame"] or "", match["file"] or ""
        if _FOREIGN.match(name) or _LIBRARY.search(file.replace("\\", "/")):
            return ""
        return _spelled(f"{_stem(file)}.{name}" if shape is _SCRIPT else name)
    match = _GO.match(line)
    if match is not None:
        return (
            ""
            if _FOREIGN.match(match["frame"]) or _LIBRARY.search(match["frame"])
            else _spelled(match["frame"])
        )
    return None


def _stem(file: str) -> str:
    return re.split(r"[\\/]", file)[-1].rsplit(".", 1)[0][:60]


def _spelled(frame: str) -> str:
    """Without the numbers that a compiler gives."""
    return _DIGITS.sub("", frame).strip(".")
