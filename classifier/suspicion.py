"""Whether somebody tells of a mail that looks like an attack, or whether a mail is one.

General knowledge of English and German; linear patterns only: the words are anybody's. What
is taken for one too often is only shown to fewer people.
"""

from __future__ import annotations

import re
from typing import Final

_MAILS: Final = r"e-?mails?|mails?|messages?|texts?|sms|nachrichten?|links?|attachments?|anhang"
_MAIL: Final = rf"(?:{_MAILS})"
_SUSPICIOUS: Final = re.compile(
    rf"(?i)\b(?:suspicious|dodgy|fishy|phishy|shady|sketchy|fraudulent|fake|scam|spoofed|malicious|"
    rf"verdächtige\w*|dubiose\w*|gefälschte\w*|betrügerische\w*|seltsame\w*)(?: looking)? "
    rf"(?:[\w-]{{1,20}} ){{0,2}}{_MAIL}\b"
    r"|\b(?:got|get|getting|received?|receiving|had|is this|is that|is it|this is|clicked|opened|"
    r"sent me|fell for|bekommen|erhalten|habe|ist das|gelandet)\b.{0,40}\b(?:phish\w*|scam|spam"
    r"[- ]?mail|betrugsmail\w*)\b(?!\?? (?:no|nope|nein)\b(?! (?:idea|clue)\b))"
    r"|\b(?:phish\w*|scam|betrugsmail\w*)\b.{0,40}\b(?:received|arrived|came|inbox|mailbox|clicked|"
    r"opened|bekommen|erhalten|postfach|geklickt)\b"
    rf"|\b{_MAIL} .{{0,60}}\b(?:looks? like|smells like|might be|could be|seems?|sieht nach)\b"
    r".{0,20}\b(?:phish\w*|scam|fraud|fake|attack|betrug)\b"
)
_LETTER: Final = (
    rf"{_MAIL}\b(?![ -](?:account|client|app|program|programm|server|address|profile|postfach)\b)"
)
_ASKS: Final = (
    r"(?<!keep )(?<!keeps )(?<!kept )\b(?:ask(?:s|ed|ing)? (?:me |us )?(?:to|for)|"
    r"wants? (?:me|us) to|will,? dass ich|forder\w+)\b.{0,40}"
)
_WANTED: Final = (
    r"\b(?:confirm|verify|enter|type|password|credentials|bank details|gift cards?|passwort|"
    r"zugangsdaten|bestätigen)\b"
)
_STRANGE: Final = r"(?!(?:no|any|my|our|the|error|keine?n?|meine?n?)\b)[\w-]{1,20} "
_REAL: Final = r"(?:real|genuine|legit(?:imate)?|echt|seriös)\b"
_DEMANDING: Final = re.compile(
    # one that came
    rf"(?i)\b(?:got|received|receiving|getting|sent (?:me|us)) (?:{_STRANGE}){{0,3}}{_LETTER}"
    rf".{{0,80}}{_ASKS}{_WANTED}"
    rf"|\b(?:an?|one|some|eine) (?:{_STRANGE}){{0,2}}{_LETTER}.{{0,40}}\b(?:came|(?:has|have) come|"
    rf"arrived|pretend\w*|bekommen|erhalten)\b.{{0,80}}{_ASKS}{_WANTED}"
    # one that itself asks: a mail program asks too, but is not called "a mail" or "this mail"
    rf"|\b(?:an?|one|some|this|that|these|eine|diese) (?:{_STRANGE}){{0,2}}(?:e-?mails?|mails?|"
    rf"texts?|sms)(?: (?:that|which|who|from|von|vom) [^,.;:?!\n]{{1,40}}?| that| which)?"
    rf" {_ASKS}{_WANTED}"
    rf"|\b{_LETTER} (?:from|von|vom) (?!my |our |mein|unser)[^,.;:?!\n]{{1,40}} {_ASKS}{_WANTED}"
    # what no mail program asks for, and a doubt whether it is real
    rf"|\b{_LETTER}.{{0,80}}{_ASKS}\b(?:gift cards?|bank details)\b"
    rf"|\b(?:is|are|ist|sind) (?:this|that|these|the|diese|die) {_LETTER} {_REAL}"
    rf"|\b{_LETTER}.{{0,80}}{_ASKS}{_WANTED}.{{0,60}}\b(?:is|ist) "
    rf"(?:it|this|that|das|die|sie) {_REAL}"
)
_LURES: Final = re.compile(
    r"(?i)\b(?:verify|confirm|update|validate|re-?activate|unlock) your (?:account|identity|"
    r"mailbox|"
    r"password|payroll|details|information)\b"
    r"|\byour (?:account|mailbox|password|e-?mail|access)\b.{0,40}\b(?:will be |has been |"
    r"is about to "
    r"be )?(?:suspended|closed|locked|deactivated|disabled|expires?|expired|terminated)\b"
    r"|\bunusual (?:sign-?in|activity|log-?in)\b|\bgift cards?\b|\bwire transfer\b|\bact (?:now|"
    r"immediately)\b|\bwithin (?:12|24|48) hours\b|\bclick (?:here|below|the (?:link|button))\b"
    r"|\b(?:bestätigen|überprüfen|aktualisieren) sie (?:ihr|ihre|ihren)\b|\bihr (?:konto|postfach|"
    r"passwort|zugang)\b.{0,40}\b(?:gesperrt|läuft ab|abgelaufen|geschlossen)\b|\bhier klicken\b"
)
_ANY_MAIL: Final = re.compile(rf"(?i)\b(?:{_MAILS}|phish\w*|scam|[a-z]{{2,20}}mails?)\b")
_FEWEST: Final = 2
_READ: Final = 20_000


def is_suspicious_mail(text: str) -> bool:
    """Whether a person's words tell of a mail or a message that looks like an attack."""
    told = text[:_READ]
    return _SUSPICIOUS.search(told) is not None or _DEMANDING.search(told) is not None


def mentions_mail(text: str) -> bool:
    """Whether a mail, a message or what hangs on one is spoken of at all."""
    return _ANY_MAIL.search(text[:_READ]) is not None


def looks_like_attack(mail: str) -> bool:
    """Whether a mail's own words press its reader as such mails do, in at least two ways."""
    found = {match.group().lower() for match in _LURES.finditer(mail[:_READ])}
    return len(found) >= _FEWEST
