"""Error codes and hosts: what a machine calls a trouble or itself, found by its shape.

One table of shapes for people's words and for logs. Every repeat is bounded, so that the
work grows with the length of the text and with nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Hit(NamedTuple):
    """A code or host: its one spelling, and where it stands."""

    value: str
    start: int
    end: int


_SYMBOLS: Final = (
    "ACCES ADDRINUSE AI_AGAIN CONNABORTED CONNREFUSED CONNRESET DQUOT HOSTDOWN HOSTUNREACH "
    "MFILE NETDOWN NETUNREACH NOENT NOSPC NOTFOUND PERM PIPE PROTO ROFS STALE TIMEDOUT"
)
_ERRNO: Final = "|".join(_SYMBOLS.split())
_TROUBLE: Final = (
    r"(?:ERR|ERROR|FAIL|FAILED|FAILURE|DENIED|TIMEOUT|TIMED|REFUSED|RESET|UNREACHABLE|INVALID"
    r"|EXPIRED|NXDOMAIN|ABORT|ABORTED|PANIC|FAULT|VIOLATION|CORRUPT|CORRUPTION|EXCEPTION"
    r"|DISCONNECTED|EXCEEDED|NOT_(?:LESS|FOUND|ALLOWED|AVAILABLE|RESPONDING|REGISTERED|HANDLED))"
)
_PARTS: Final = (
    ("hex", r"\b0x[0-9A-Fa-f]{6,8}\b"),
    ("negative", r"(?<![\w.])-214\d{7}\b"),
    ("cisco", r"%[A-Z][A-Z0-9_]{1,20}-\d-[A-Z0-9_]{2,40}\b"),
    (
        "vendor",
        (r"\b(?:ERR|NS_ERROR|ORA|SQL|KB|EVENT|AADSTS|TNS|DNS_PROBE|PLS|RMAN|SSL_ERROR"
        r"|SEC_ERROR)[_-][A-Z0-9_]{2,40}\b"
        r"|\b(?:AADSTS|KB)\d{4,8}\b|\bCAA[0-9A-F]{5}\b|\bcaa[0-9a-f]{5}\b|\bSQL\d{4,5}N\b"),
    ),
    ("errno", rf"\bE(?:{_ERRNO})\b"),
    ("shout", (rf"\b(?=[A-Z0-9_]{{9,60}}\b)(?:[A-Z][A-Z0-9]{{0,20}}_){{1,6}}"
        rf"(?:{_TROUBLE})(?:_[A-Z0-9]{{1,20}}){{0,5}}\b")),
    ("pod", r"\b(?:CrashLoopBackOff|ImagePullBackOff|ErrImagePull|OOMKilled|Evicted)\b"),
    (
        "http",
        (r"\b(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD)\s(?P<path>/[^\s\"?#]{0,200})(?:[?#][^\s\"]{0,300})?"
        r"(?:\sHTTP/\d(?:\.\d)?\"?)?\s{1,3}(?:->\s|=>\s|returned\s|status=)?(?P<status>5\d\d)\b"),
    ),
    ("gateway", (r"\b(?P<named>50[0-4])\s(?:Bad Gateway|Service (?:Temporarily )?Unavailable"
     r"|Gateway Time-?out|Internal Server Error)\b")),
    ("smtp", r"\b(?P<smtp>[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3})\b"),
    ("event", r"(?i:\bevent[\s-]{0,2}id\s{0,2}[:=#]?\s{0,2})(?P<event>[1-9]\d{0,4})\b"),
    ("state", r"(?i:\bsqlstate\s{0,2}[:=]?\s{0,2}\[?)(?P<state>[0-9A-Z]{5})\b"),
    ("sqlcode", r"(?i:\bsqlcode\s{0,2}[:=]?\s{0,2})(?P<sqlcode>-?\d{2,5})\b"),
    ("msg", r"\bMsg (?P<msg>\d{3,5}), Level \d{1,2}\b"),
    ("curl", r"\bcurl:\s\((?P<curl>\d{1,2})\)"),
    (
        "sap",
        (r"\b(?:(?i:message|meldung|nachricht)\s(?i:no|nr|number|nummer)\.?\s{0,2})"
        r"(?P<sap>[A-Z][A-Z0-9_]{0,3}\s?\d{3})\b"),
    ),
    (
        "named_error",
        (r"(?i:\b(?:error(?:[\s-]code)?|fehler(?:code)?|erro|stop code)\s{0,2}[:#]?\s{0,2})"
        r"(?P<letters>[A-Z]{1,4}-?\d{2,6}(?:-\d{1,5})?|\d{2}\.[0-9A-F]{2,4}(?:\.\d{2})?)(?![\w.-])"),
    ),
    (
        "number",
        (r"(?i:\b(?:error|fehler|code|http|status|erro)\s{0,2}[:#]?\s{0,2})"
        r"(?P<number>[1-9]\d{2,5})\b"),
    ),
)  # fmt: skip
_CODES: Final = re.compile("|".join(f"(?P<is_{name}>{shape})" for name, shape in _PARTS))
_HOSTS: Final = re.compile(
    r"(?i)\b(?:srv|hv|lt|pc|ws|sql|db|app|web|sw|ap|prn|prt|fs|dc|vm|esx|rtr|fw|scan|tab)"
    r"-[a-z0-9]{1,12}(?:-[a-z0-9]{1,12}){0,2}\b"
    r"|(?<![\w@.-])(?:[a-z0-9_](?:[a-z0-9_-]{0,40}[a-z0-9])?\.){1,5}"
    r"(?:local|corp|lan|internal|intern|intra)\b(?![\w-]|\.\w)"
)
_PUBLIC: Final = re.compile(
    r"(?<![\w@./-])(?!(?:java|javax|jakarta|org|com|net|io|de|sun|system)\.)"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,5}"
    r"(?:com|net|org|io|de|eu|uk|es|fr|pt|nl|at|ch|be|it|pl|us|cloud|app|example|test)\b(?![\w(-]|\.\w)"
)
_CLIENT: Final = re.compile(r"(?:lt|pc|ws|tab)-")
_LINK: Final = re.compile(r"(?i)\bhttps?://(?P<host>[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?)")
_VARIABLE: Final = re.compile(r"(?!v\d{1,2}$)(?:.*\d)|^[0-9a-f-]{16,}$|^[A-Za-z0-9_-]{24,}$")


def find_codes(text: str) -> Iterator[Hit]:
    """Error codes in order, each in the one spelling that all writers of it share."""
    for match in _CODES.finditer(text):
        kind = (match.lastgroup or "").removeprefix("is_")
        if kind == "number":
            yield Hit(f"error {match['number']}", match.start(), match.end())
            continue
        yield Hit(_spelling(kind, match), match.start(), match.end())
        if kind == "http":
            yield Hit(f"error {match['status']}", match.start("status"), match.end("status"))


def find_hosts(text: str) -> Iterator[Hit]:
    """Names of machines: prefixed ones with a number, and those of inner domains."""
    for match in _HOSTS.finditer(text):
        if "." in match.group() or any(sign.isdigit() for sign in match.group()):
            yield Hit(match.group().lower(), match.start(), match.end())


def find_far_hosts(line: str) -> Iterator[Hit]:
    """Machines that a log line names, of any domain; the writer's own computer is none."""
    for hit in find_hosts(line):
        if not _CLIENT.match(hit.value):
            yield hit
    for match in _PUBLIC.finditer(line):
        yield Hit(match.group(), match.start(), match.end())


def find_link_hosts(text: str) -> Iterator[Hit]:
    """Where links lead to: one mail that many got leads all of them to one place."""
    for match in _LINK.finditer(text):
        host = match["host"].lower().removeprefix("www.")
        if "." in host:
            yield Hit(host, match.start("host"), match.end("host"))


def is_host(value: str) -> bool:
    """Whether a signature that was stored without its kind is a host."""
    return _HOSTS.fullmatch(value) is not None


def steady_path(path: str) -> str:
    """A path without the parts that differ from call to call: `/orders/<id>/lines`."""
    parts = path.split("/")[:8]
    return "/".join("<id>" if _VARIABLE.match(part) else part[:40] for part in parts).lower()


def _spelling(kind: str, match: re.Match[str]) -> str:  # noqa: PLR0911 - one line per shape
    found = match.group()
    if kind == "hex":
        return found.upper().replace("0X", "0x")
    if kind == "negative":
        return f"0x{int(found) & 0xFFFFFFFF:08X}"
    if kind == "http":
        return f"http {match['status']} {steady_path(match['path'])}"
    if kind == "gateway":
        return f"error {match['named']}"
    if kind == "smtp":
        return "smtp " + re.sub(r"[-#]+", " ", match["smtp"]).replace("  ", " ")
    if kind == "sap":
        return "sap " + re.sub(r"(?<=\D)\s?(?=\d{3}$)", " ", match["sap"])
    if kind == "named_error":
        named = match["letters"].upper()
        return named if named[0].isalpha() else f"error {named}"
    if kind in {"event", "state", "sqlcode", "msg", "curl"}:
        word = {"state": "sqlstate"}.get(kind, kind)
        return f"{word} {match[kind]}"
    return found if kind == "pod" else found.upper()
