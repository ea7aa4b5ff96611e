"""Words that may be rare enough to mean something: for comparing two reports word by word."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W_](?:[\w.-]{0,40}[^\W_])?")
_MAX_CHARACTERS: Final = 4_000
_COMMON: Final = frozenset(
    """a about after again all also am an and any anyone are as at back be because been before
    but by can cannot can't cant could day did do does doesn't doesnt doing don't dont down
    else even every everyone for from get gets getting go going got had has have having he
    hello help here hi how i i'm ich if im in into is isn't isnt it it's its just keeps know
    last like me mine more morning my need no not nothing now of off on one only or our out
    please problem same says seems since so some someone something still stuck sure than
    thanks that the their them then there they thing this time to today too tried try trying
    under up us use very was we were what when where which while who why will with won't wont
    work working works would you your der die das und ist nicht mein bei kein keine auf mit
    für hat nicht wir uns es geht funktioniert bitte não está el la no de que em para
    issue issues error unable tell fails failed failing since yet""".split()
)


def rare_words(text: str) -> frozenset[str]:
    """Lower-case words of a text without the ones everybody uses; names and codes stay."""
    found = (match.group().lower() for match in _WORD.finditer(text[:_MAX_CHARACTERS]))
    return frozenset(word for word in found if len(word) > 1 and word not in _COMMON)
