"""Words for comparing reports: the rare ones that mean something, and chores that stay alone."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W_](?:[\w.-]{0,40}[^\W_])?")
_MAX_CHARACTERS: Final = 4_000
_COMMON_TEXT: Final = (
    "a about after again all also am an and any anyone are as at back be because been before "
    "but by can cannot can't cant could day did do does doesn't doesnt doing don't dont down "
    "else even every everyone for from get gets getting go going got had has have having he "
    "hello help here hi how i i'm ich if im in into is isn't isnt it it's its just keeps know "
    "last like me mine more morning my need no not nothing now of off on one only or our out "
    "please problem same says seems since so some someone something still stuck sure than "
    "thanks that the their them then there they thing this time to today too tried try trying "
    "under up us use very was we were what when where which while who why will with won't wont "
    "work working works would you your der die das und ist nicht mein bei kein keine auf mit "
    "für hat wir uns es geht funktioniert bitte não está el la de que em para "
    "issue issues error unable tell fails failed failing yet"
)
_COMMON: Final = frozenset(_COMMON_TEXT.split())


def rare_words(text: str) -> frozenset[str]:
    """Lower-case words of a text without the ones everybody uses; names and codes stay."""
    found = (match.group().lower() for match in _WORD.finditer(text[:_MAX_CHARACTERS]))
    return frozenset(word for word in found if len(word) > 1 and word not in _COMMON)


_CHORE: Final = (
    r"(?:forg[eo]t(?:ten)?|reset|expired?|unlock|locked|vergessen|zurücksetzen"
    r"|gesperrt|abgelaufen|esqueci|olvidé|bloquead[oa]|caducad[oa]|expirou)"
)
_ACCOUNT: Final = (
    r"(?:pass ?words?|passwd|pwd|pin|passcode|pass ?phrase|account|log-?in|passwort"
    r"|kennwort|konto|senha|palavra-passe|contraseña|clave|cuenta|conta|authenticator|mfa)\b"
)
_OWN_CHORE: Final = re.compile(
    rf"{_CHORE}.{{0,60}}\b{_ACCOUNT}|\b{_ACCOUNT}.{{0,60}}{_CHORE}", re.DOTALL
)
_MANY: Final = re.compile(
    r"\b(?:every\w*|nobody|no ?one|all of us|we all|we can'?t|whole (?:team|office|site|floor"
    r"|department)|several|others?|colleagues?|team|users|people|alle|niemand|kollegen|keiner"
    r"|wir|todos|ninguém|nadie|colegas|equipa|outage|is down|database|timeout|server|phishing"
    r"|scam|suspicious|clicked|link|mail|e-mail|payments?|card|customers?|money|transfer)\b"
)
_CHORE_CHARACTERS: Final = 600


def is_own_account_chore(text: str) -> bool:
    """Whether it is one person's own password, PIN or locked account, and speaks of nobody else.

    Ten of these on a Monday are ten small matters, however alike they sound. Long accounts
    and those that name others are left to be compared.
    """
    if len(text) > _CHORE_CHARACTERS:
        return False
    low = text.lower()
    return bool(_OWN_CHORE.search(low)) and not _MANY.search(low)
