"""Signatures: what two reports of one cause share to the letter, each with its kind.

A signature is stored as `kind:value`. Older rows hold codes and hosts without their kind;
`as_signature` reads both, so that nothing stored has to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from itertools import chain
from typing import Final

from classifier.signature_codes import is_host

MOST: Final = 40
"""Of one report; a log gives twelve."""


class SignatureKind(StrEnum):
    """What was found. A stored word: add, never rename."""

    CODE = "code"
    HOST = "host"
    EXCEPTION = "exception"
    TEMPLATE = "template"


_KINDS: Final = {kind.value: kind for kind in SignatureKind}
_BARE: Final = frozenset({SignatureKind.CODE, SignatureKind.HOST})
_DIGEST: Final = re.compile(r"[0-9a-f]{12} ")


def signature(kind: SignatureKind, value: str) -> str:
    """As it is stored and compared."""
    return f"{kind.value}:{value}"


def as_signature(stored: str) -> str:
    """A stored signature with its kind; those from before kinds were codes or hosts."""
    if stored.partition(":")[0] in _KINDS:
        return stored
    return signature(SignatureKind.HOST if is_host(stored) else SignatureKind.CODE, stored)


def merge_signatures(told: Iterable[str], *attached: Iterable[str]) -> tuple[str, ...]:
    """Those of the words, then those of each file, each once; so many at most."""
    return tuple(dict.fromkeys(chain(told, *attached)))[:MOST]


def kind_of(stored: str) -> SignatureKind:
    """The kind of a signature, old or new."""
    return _KINDS[as_signature(stored).partition(":")[0]]


def of_kind(signatures: Iterable[str], *kinds: SignatureKind) -> frozenset[str]:
    """Those of some kinds, e.g. the hosts."""
    return frozenset(one for one in signatures if kind_of(one) in kinds)


def shown(stored: str) -> str:
    """What people read of it: the code, the host, the class with its message, the log line."""
    kind, _, value = as_signature(stored).partition(":")
    return _DIGEST.sub("", value, count=1) if kind == SignatureKind.TEMPLATE else value


def published(signatures: Iterable[str], *, restricted: bool = False) -> list[str]:
    """As records and the API have them: codes and hosts bare, as ever, the others with a kind.

    Of a restricted report, what is made of words is left out.
    """
    told = [as_signature(one) for one in signatures]
    if restricted:
        told = [one for one in told if kind_of(one) in _BARE]
    return [shown(one) if kind_of(one) in _BARE else one for one in told]


def render_agreement(stored: str) -> str:
    """What two reports agree in, as the middle of a sentence."""
    text = shown(stored)
    match kind_of(stored):
        case SignatureKind.CODE:
            return f"both show {text}"
        case SignatureKind.HOST:
            return f"both name {text}"
        case SignatureKind.EXCEPTION:
            return f"both show the same exception `{text}`"
        case SignatureKind.TEMPLATE:
            return f"both show the same log line `{text}`"
