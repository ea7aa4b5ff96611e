"""Secrets and personal numbers in people's words, masked before the words go anywhere.

Simple recognisers with linear patterns; names are not looked for. What helps to repair
something (error codes, hosts, addresses of machines, asset tags, versions) stays.
"""

from __future__ import annotations

import re
from typing import Final

_GUARDED: Final = (
    r"(?:pass(?:word|wd|phrase|code|wort)|kennwort|passwort|pwd|pw|pin|puk|tan|token|secret"
    r"|api[ _-]?key|access[ _-]?key|client[ _-]?secret|otp)"
)
_NO_VALUE: Final = (
    r"not|never|still|too|also|wrong|incorrect|invalid|correct|expired|expiring|locked|rejected"
    r"|refused|being|required|reset|unknown|on|in|at|a|an|the|my|our|your|his|her|same|set|now|gone"
    r"|out|of|only|here|there|no|ok|fine|good|stored|saved|shared|asked|nicht|nie|immer|falsch"
    r"|abgelaufen|gesperrt|ung\w{1,20}|unbekannt|auf|im|am|ein\w{0,2}|der|die|das|kein\w{0,2}|weg|richtig"
)
_SIMPLE: Final[tuple[tuple[str, re.Pattern[str], str], ...]] = (
    (
        "-----BEGIN",
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,8000}?"
            r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)"
        ),
        "<key>",
    ),
    ("://", re.compile(r"(?<=://)[^\s/@:]{1,100}:[^\s/@]{1,200}(?=@)"), "<secret>"),
    ("@", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "<email>"),
    (
        "",
        re.compile(r"(?i)\b(bearer|basic)(\s{1,3})[A-Za-z0-9._~+/-]{16,4000}={0,2}"),
        r"\1\2<token>",
    ),
    (
        "",
        re.compile(
            rf"(?i)(?<![a-z0-9])({_GUARDED})\b"
            r"(\s{0,3}(?:[:=]\s{0,3}|\b(?:is|ist|lautet|war|was)\b\s{0,3}"
            rf"(?![\"'„“]?(?:{_NO_VALUE})(?:[\s,;:!?\"'“]|\.?(?:\s|\Z)))))"
            r"(?!<(?:secret|token|email|key|card|phone|iban)>)(\S{1,200})"
        ),
        r"\1\2<secret>",
    ),
    ("eyJ", re.compile(r"\beyJ[\w-]{10,2000}\.[\w-]{10,4000}\.[\w-]{5,1000}"), "<token>"),
    (
        "",
        re.compile(
            r"\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|whsec|AIza|AKIA|ASIA|SG|npm|pypi)"
            r"[-_.]?[A-Za-z0-9_-]{16,200}"
        ),
        "<token>",
    ),
    ("", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), "<iban>"),
)
_PHONES: Final = (
    (re.compile(r"(?<![\w.])\+\d[\d ()/-]{7,18}\d(?!\w)"), "<phone>"),
    (re.compile(r"(?<![\w.+-])\(\d{3}\) ?\d{3}[ -]\d{4}(?![\w-])"), "<phone>"),
    (
        re.compile(
            r"(?i)(\b(?:tel|telefon|phone|mobile|mobil|handy|cell|call(?: me)?(?: at| on)?"
            r"|ruf\w{0,4}|reach(?: me)?(?: at| on)|text me(?: at| on)?|durchwahl|fax"
            r"|whatsapp|sms)\b[ .:]{1,4}"
            r"(?:(?:number|nr|is|ist|unter|an|under)\b[ .:]{0,3}){0,2})"
            r"\(?\d[\d ()/.-]{5,18}\d(?!\w)"
        ),
        r"\1<phone>",
    ),
)
_DIGITS: Final = re.compile(r"(?<![\w.])(?:\d[ -]?){12,40}\d(?![\w])")
_GROUP: Final = re.compile(r"\d+")
_CARD: Final = re.compile(
    r"4\d{12}(?:\d{3}){0,2}\Z|(?:5[1-5]|2[2-7])\d{14}\Z|3[47]\d{13}\Z|3(?:0[0-5]|[68]\d)\d{11}\Z"
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12}\Z|35\d{14}\Z|62\d{14,17}\Z"
)


def mask(text: str) -> str:
    """`text` with mail addresses, phone and card numbers, passwords, keys and tokens masked."""
    for needed, pattern, replacement in _SIMPLE:
        if needed in text:
            text = pattern.sub(replacement, text)
    text = _DIGITS.sub(_without_cards, text)
    for pattern, replacement in _PHONES:
        text = pattern.sub(replacement, text)
    return text


def _without_cards(match: re.Match[str]) -> str:
    """The run of digits, with each card in it masked; a card begins and ends at a group."""
    run = match[0]
    groups = [(one.start(), one.end()) for one in _GROUP.finditer(run)]
    found = _first_card(run, groups)
    if found is None:
        return run
    start, end = found
    rest = run[end:]
    return f"{run[:start]}<card>{_DIGITS.sub(_without_cards, rest) if rest else ''}"


def _first_card(run: str, groups: list[tuple[int, int]]) -> tuple[int, int] | None:
    for number, (start, _) in enumerate(groups):
        for _, end in groups[number:]:
            digits = re.sub(r"\D", "", run[start:end])
            if len(digits) > 19:
                break
            if len(digits) >= 13 and _CARD.match(digits) and _adds_up(digits):
                return start, end
    return None


def _adds_up(digits: str) -> bool:
    """Luhn's check."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
