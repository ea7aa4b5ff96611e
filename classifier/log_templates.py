"""A log line without what differs from time to time: the same trouble gives the same words.

Drain and its relatives (drain3, logparser) learn templates with a tree that grows as lines
come: what a cluster is called depends on which lines came before, in which process, and a
template changes after it was stored. People send us a few lines each, to any of several
processes, and a stored signature must mean the same next week. So only the first half of
Drain is done here: known kinds of values (and each token with a digit, as Drain does) are
replaced by their kind, and what is left is the template. It needs no state, and no value of
the line survives in it. The price: a variable part that looks like an ordinary word stays a
word, so that two lines may not meet; they never meet wrongly.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

MAX_LINE: Final = 600
"""Characters of a line that are looked at."""
_MAX_TOKENS: Final = 28
_MAX_WORD: Final = 40
_SHOWN: Final = 140
_FEWEST_WORDS: Final = 3

_KIND_TEXT: Final = "code guid hash host id ip link mac mail num path text time user"
_KINDS: Final = tuple(_KIND_TEXT.split())
_VALUES: Final = frozenset(f"<{kind}>" for kind in _KINDS if kind not in {"text", "user", "path"})
_PROGRAM: Final = (
    r"[a-z][a-z_-]{0,30}\.(?:dll|exe|sys|so|jar|jsp|py|js|ts|java|cs|go|php|rb|sh|ps|conf|ini|xml"
    r"|ora)"
)
_PARTS: Final = (
    ("kept", rf"<(?:{'|'.join(_KINDS)}|\*)>|<file:{_PROGRAM}>"),
    ("link", r"\b[a-z][a-z0-9+]{1,9}://[^\s<>\"']{1,500}|\bjdbc:[^\s<>\"']{1,300}"),
    ("mail", r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}"),
    ("guid", r"\{?\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b\}?"),
    (
        "time",
        (r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[t ]\d{1,2}:\d{2}(?::\d{2})?(?:[.,:]\d{1,9})?)?"
        r"(?:z\b|[ ]?[+-]\d{2}:?\d{2}\b)?"
        r"|\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(?:,?[t ]\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?)?"
        r"|\b\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,9})?(?:[ ]?[ap]m\b|z\b)?"),
    ),
    ("ip", (r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?![\w.])"
           r"|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])")),
    ("mac", r"\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b"),
    (
        "path",
        (r"(?:(?<!\w)[a-z]:|(?<![\w\\])\\)\\[^\s\"'<>|:;,]{0,300}"
        r"|(?<![\w./<-])~?/(?:[^\s\"'<>|:;,()\[\]/]{1,120}/){0,20}[^\s\"'<>|:;,()\[\]/]{1,120}"),
    ),
    ("text", (r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»"
            r"|`[^`\n]{1,300}[`']"
             r"|(?<!\w)'[^'\n]{1,200}'(?!\w)")),
    ("account", r"\b[a-z][\w-]{1,30}\\[\w.$-]{1,60}"),
    (
        "host",
        (r"\b(?:[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?\.){1,5}"
        r"(?:com|net|org|io|de|eu|uk|es|fr|pt|nl|at|ch|be|it|pl|us|local|corp|lan|internal|intern"
        r"|intra|cloud|app|dev|test|example|invalid|home|svc)(?::\d{1,5})?\b(?![\w-]|\.\w)"),
    ),
    ("word", r"[\w$][\w.$'/%@+-]{0,2000}"),
)  # fmt: skip
_SCAN: Final = re.compile("|".join(f"(?P<{name}>{shape})" for name, shape in _PARTS))
_PACKAGES: Final = frozenset(
    {"java", "javax", "jakarta", "org", "com", "net", "io", "de", "sun", "system"}
)
_HOST: Final = re.compile(dict(_PARTS)["host"])
_BETWEEN: Final = re.compile(r"[^\W\d_]+(?:[.'_-][^\W\d_]+){0,6}")
_NUMBER: Final = re.compile(r"[\d.,%+/-]+")
_HEX: Final = re.compile(r"(?:0x)?[0-9a-f]{8,}")
_CODE: Final = re.compile(r"[a-z]{1,8}[-_]?\d{2,8}[a-z]?")
_WHO_TEXT: Final = (
    "user username users account login logon owner uid upn benutzer benutzername nutzer konto "
    "usuario"
)
_WHO: Final = frozenset(_WHO_TEXT.split())
_NO_NAME_TEXT: Final = (
    "a an and are account at by can cannot could credentials data denied directory does "
    "exists failed failure for from group has id in invalid is it locked login logon name no "
    "not of on or password profile session the to unknown was wird with nicht ist "
    "authentication error accounts service manager database table settings agent already"
)
_NO_NAME: Final = frozenset(_NO_NAME_TEXT.split())


def mask(line: str) -> str:
    """The line in lower case, every value replaced by its kind, words parted by one space.

    Masking what is masked already changes nothing.
    """
    return " ".join(_named_people(_tokens(_plain(line[:MAX_LINE]))))


def template_of(message: str) -> str | None:
    """The template of a message; None where too few words are left to mean anything."""
    tokens = general_tokens(message, _MAX_TOKENS)
    words = {token for token in tokens if not token.startswith("<") and len(token) > 1}
    if len(words) < _FEWEST_WORDS or words <= _GENERIC:
        return None
    return " ".join(tokens)


def general_tokens(message: str, most: int) -> list[str]:
    """The first tokens of a masked message, its values made alike.

    One program names a machine where another gives its address, a number or an id: these are
    one kind here, a row of them is one, and what stands first or last is left away.
    """
    tokens: list[str] = []
    for token in mask(message).split(" "):
        general = "<*>" if token in _VALUES else token
        if general != "<*>" or (tokens and tokens[-1] != general):
            tokens.append(general)
    tokens = tokens[:most]
    while tokens and tokens[-1].startswith("<"):
        tokens.pop()  # "refused", and "refused (10.1.2.3:5432)"
    return [token for token in tokens if token]


def name_template(template: str) -> str:
    """The same name in every process: a short hash of all of it, then as much as can be shown."""
    digest = hashlib.blake2b(template.encode(), digest_size=6).hexdigest()
    return f"{digest} {template[:_SHOWN].rstrip()}"


_GENERIC_TEXT: Final = (
    "an the error errors occurred has have been failed failure to operation unknown "
    "unexpected request please try again later something went wrong contact your "
    "administrator not found is a warning exception in at of and or for was with could cannot "
    "can be this that fatal internal server bad access denied invalid ein fehler ist "
    "aufgetreten bitte"
)
_GENERIC: Final = frozenset(_GENERIC_TEXT.split())


def _plain(line: str) -> str:
    """Lower case, one form for each sign, no marks that stand alone."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", line).lower())
    return "".join(sign for sign in plain if not unicodedata.category(sign).startswith(("M", "C")))


def _tokens(plain: str) -> Iterator[str]:
    for match in _SCAN.finditer(plain):
        kind, found = match.lastgroup or "word", match.group()
        if kind == "kept":
            yield found
        elif kind == "word":
            yield from _word(found)
        elif kind == "account":
            yield "<user>"
        elif kind == "path":
            yield _path(found)
        elif kind == "host" and found.split(".", 1)[0] in _PACKAGES:
            yield from _word(found)
        elif kind == "text" and match.start() == 0 and match.end() == len(plain):
            yield from _tokens(found[1:-1])  # the whole message stands in quotes
        else:
            yield f"<{kind}>"


def _word(found: str) -> Iterator[str]:
    """A token with a digit is a value, whatever else is in it (Drain's own rule)."""
    if any(sign.isnumeric() for sign in found):
        kinds = (("num", _NUMBER), ("hash", _HEX), ("code", _CODE))
        yield next((f"<{kind}>" for kind, shape in kinds if shape.fullmatch(found)), "<id>")
        return
    if "@" in found:
        yield "<mail>"
        return
    if len(found) > _MAX_WORD:
        yield "<id>"
        return
    for match in _BETWEEN.finditer(found):
        piece = match.group()
        named = "." in piece and _HOST.fullmatch(piece) and piece.split(".", 1)[0] not in _PACKAGES
        yield "<host>" if named else piece


def _path(found: str) -> str:
    """What kind of program a path leads to may be told; whose folder it is in may not."""
    last = re.split(r"[\\/]", found.rstrip("\\/."))[-1]
    return f"<file:{last}>" if re.fullmatch(_PROGRAM, last) else "<path>"


def _named_people(tokens: Iterator[str]) -> Iterator[str]:
    """`user bob` says nothing of the trouble; the word after `user` is a name unless known."""
    before = ""
    for token in tokens:
        named = before in _WHO and not token.startswith("<") and token not in _NO_NAME | _WHO
        yield "<user>" if named else token
        before = token
