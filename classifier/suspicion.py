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
    r"[- ]?mail|betrugsmail\w*)\b"
    r"|\b(?:phish\w*|scam|betrugsmail\w*)\b.{0,40}\b(?:received|arrived|came|inbox|mailbox|clicked|"
    r"opened|bekommen|erhalten|postfach|geklickt)\b"
    rf"|\b{_MAIL} .{{0,60}}\b(?:looks? like|smells like|might be|could be|seems?|sieht nach)\b"
    r".{0,20}\b(?:phish\w*|scam|fraud|fake|attack|betrug)\b"
    rf"|\b{_MAIL}\b.{{0,80}}\b(?:ask(?:s|ed|ing)? (?:me )?(?:to|for)|wants? me to|will|wollte?|"
    r"forder\w+)\b.{0,40}\b(?:confirm|verify|enter|type|password|credentials|bank details|gift "
    r"cards?|passwort|zugangsdaten|bestätigen)\b"
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
    return _SUSPICIOUS.search(text[:_READ]) is not None


def mentions_mail(text: str) -> bool:
    """Whether a mail, a message or what hangs on one is spoken of at all."""
    return _ANY_MAIL.search(text[:_READ]) is not None


def looks_like_attack(mail: str) -> bool:
    """Whether a mail's own words press its reader as such mails do, in at least two ways."""
    found = {match.group().lower() for match in _LURES.finditer(mail[:_READ])}
    return len(found) >= _FEWEST
