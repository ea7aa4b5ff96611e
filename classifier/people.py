"""How many people a text counts, in numbers and in words.

General knowledge of English and German, and a little of three more; linear patterns only: the
words are anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MANY: Final = 25
"""Distinct people from which it is as good as a site."""
_LARGEST: Final = 50_000

_ONES: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "fuenf": 5, "sechs": 6, "sieben": 7, "acht": 8,
    "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14,
    "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17, "achtzehn": 18, "neunzehn": 19,
    "dois": 2, "duas": 2, "três": 3, "quatro": 4, "cinco": 5, "seis": 6, "oito": 8, "dez": 10,
    "dos": 2, "tres": 3, "cuatro": 4, "ocho": 8, "diez": 10,
    "twee": 2, "drie": 3, "vijf": 5, "zes": 6, "tien": 10,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_GERMAN_TENS: Final = {
    "zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70,
    "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_WHOLE: Final = {
    "half a dozen": 6, "a dozen": 12, "two dozen": 24, "three dozen": 36, "a hundred": 100,
    "one hundred": 100, "two hundred": 200, "hundred": 100, "ein halbes dutzend": 6,
    "ein dutzend": 12, "zwei dutzend": 24, "hundert": 100, "a couple": 2,
}  # fmt: skip
_TOGETHER: Final = {
    "zweit": 2, "dritt": 3, "viert": 4, "fünft": 5, "sechst": 6, "siebt": 7, "acht": 8,
    "neunt": 9, "zehnt": 10,
}  # fmt: skip


def _numbers() -> dict[str, int]:
    found = {**_ONES, **_TENS, **_GERMAN_TENS, **_WHOLE}
    digits = list(_ONES.items())[:8]
    for tens, value in _TENS.items():
        found |= {f"{tens}{gap}{one}": value + n for one, n in digits for gap in ("-", " ")}
        found |= {f"{tens}{gap}one": value + 1 for gap in ("-", " ")}
    german = {"ein": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7}
    for tens, value in _GERMAN_TENS.items():
        found |= {
            f"{one}und{tens}": value + n for one, n in {**german, "acht": 8, "neun": 9}.items()
        }
    return found


_WORDS: Final = _numbers()
_NUMBER: Final = (
    r"(?P<count>\d{1,5}|" + "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)) + ")"
)
_PERSONS: Final = (
    r"(?:people|persons?|colleagues|coworkers|co-workers|users|employees|agents|staff|drivers|guys|"
    r"folks?|girls|gals|lads|pickers|packers|dispatchers|clerks|planners|engineers|developers|"
    r"analysts|technicians|team ?mates|members|students|interns|others|men|women|head|heads|desks|"
    r"leuten?|kolleg(?:en|innen)|personen|mitarbeiter(?:n|innen)?|fahrern?|männer|frauen|mann|"
    r"kommissionierer|kunden|weiteren?|plätzen?|"
    r"pessoas|colegas|personas|usuarios|compañeros|collega'?s|mensen|man)\b"
)
_WE: Final = (
    "(?:we are|we're|were|there are|there's|us|wir sind|sind wir|wir|uns|somos|estamos|we zijn)"
)
_NO_TIME: Final = (
    r"(?!\s?(?:hours?|minutes?|mins?|days?|times|o'clock|uhr|stunden|minuten|tage|%|prozent|am|pm))"
)
_COUNTED: Final = tuple(
    re.compile(r"(?i)" + pattern)
    for pattern in (
        rf"\b{_NUMBER}\s{{1,2}}of\s(?:us|them|my|our|the)\b",
        rf"\b{_NUMBER}\s{{1,2}}von\s(?:uns|ihnen|meinen)\b",
        rf"\b(?:team|crew|shift|gruppe|schicht)\s(?:of|von|mit)\s(?:about\s)?{_NUMBER}\b{_NO_TIME}",
        rf"\b{_NUMBER}\s{{1,2}}(?:[^\W\d]{{2,14}}\s)?{_PERSONS}",
        rf"\b{_WE}\s(?:just\s|with\s|about\s|all\s|zu\s|etwa\s|alle\s|met\s){{0,2}}{_NUMBER}\b{_NO_TIME}",
        rf"\ball\s{_NUMBER}\b(?!\s?(?:hours?|minutes?|days?|times))",
        rf"\balle\s{_NUMBER}\b(?!\s?(?:stunden|minuten|tage))",
        rf"\b{_NUMBER}\s(?:here|hier)\b",
    )
)
_PAIR: Final = re.compile(
    r"(?i:\b(?:both of us|us both|we both|the pair of us|wir beiden?|uns beide[nm]?|"
    r"bei uns beiden)\b)"
    r"|\b(?i:me|myself|mir|ich|mich) (?:and|und|plus) (?:bei |my |meine[rm]? )?(?:colleague\b|"
    r"[Kk]olleg\w+|[A-ZÄÖÜ][a-zà-ÿ]{2,20})"
    r"|\b[A-ZÄÖÜ][a-zà-ÿ]{2,20} and (?:me|I|myself)\b(?! (?:think|guess|was|have|had|am|can))"
    r"|\b(?i:mir|ich) und (?:der|die|dem|ein|eine|einer|meine|meiner|meinem) (?i:kolleg\w*|"
    r"chef\w*|frau|herrn?)\b"
)
_AND_ME: Final = re.compile(
    rf"(?i)\b(?:me|myself|that's me|mir|ich|i) (?:and|und|plus) (?:the )?{_NUMBER}\b"
)
_BY: Final = re.compile(r"(?i)\bzu (?P<by>" + "|".join(_TOGETHER) + r")\b")
_CROWD: Final = re.compile(
    r"(?i)\b(?P<who>(?:the\s|my\s|our\s)?(?:whole|entire)\s(?:[a-z]{3,12}\s)?(?:team|office|"
    r"floor|department|building|"
    r"site|warehouse|company|shift|dock)|everyone|everybody|all\sof\sus|"
    r"(?:das|die|dem|der|mein\w{0,2}|unser\w{0,2})\sganzen?\s(?:team|büro|abteilung|schicht|dispo|firma|lager)|alle|"
    r"toda\sa\sequipa|todos)\b"
)
_WIDE: Final = ("office", "building", "site", "warehouse", "company", "büro", "firma", "lager")
_BARE: Final = re.compile(
    rf"(?i)(?<![\w.:/-]){_NUMBER}(?![\w:/-])(?!\s?(?:hours?|minutes?|mins?|days?|times|o'clock|"
    rf"uhr|stunden|minuten|tage|%|"
    r"prozent|am|pm|mal|euro|km)\b)(?!\.\d)"
)
_JUST_BEFORE: Final = 16
_NO_COUNT: Final = re.compile(
    r"(?i)\b(?:till|until|at|by|since|from|after|before|um|bis|ab|seit|gegen|nach|vor|no|nr|"
    r"number|nummer|hall|halle|gate|"
    r"dock|door|line|linie|floor|room|raum|truck|rampe|tor|tour|level|step|version|windows|"
    r"phone|extension|durchwahl|page|seite|error|fehler|code|ticket|tag|asset|case|order|auftrag|"
    r"port|build|printer|drucker|scanner|device|gerät)\.?\s$"
)
_AROUND: Final = frozenset(
    {"about", "all", "alle", "als", "are", "around", "at", "ca", "circa", "colleagues", "es",
     "etwa", "fast", "in", "is", "it", "kollegen", "least", "leute", "maybe", "mehr",
     "mindestens", "more", "nearly", "oder", "of", "or", "others", "over", "people", "personen",
     "persons", "plus", "roughly", "rund", "sind", "so", "than", "there", "total", "ungefähr",
     "uns", "us", "users", "vielleicht", "von", "we", "wir", "über"}
)  # fmt: skip
_ALONE: Final = 1_000
"""A number that stands alone and is larger counts no people: it is a ticket's, or a device's."""
_OTHERS: Final = re.compile(r"(?i)\b(?:other|more|andere\w*|weitere\w*)\b")
"""Others than the speaker, who is one more."""


@dataclass(frozen=True, slots=True)
class Count:
    """A phrase that counts people; `guessed` where it names a crowd without a number."""

    people: int
    start: int
    end: int
    guessed: bool = False


def find_counts(text: str) -> Iterator[Count]:
    """Every phrase that says how many people are affected."""
    for pattern in _COUNTED:
        for match in pattern.finditer(text):
            count = _value(match["count"]) + bool(_OTHERS.search(match.group()))
            if 1 < count <= _LARGEST:
                yield Count(count, match.start(), match.end())
    for match in _AND_ME.finditer(text):
        yield Count(_value(match["count"]) + 1, match.start(), match.end())
    for match in _BY.finditer(text):
        yield Count(_TOGETHER[match["by"].lower()], match.start(), match.end())
    for match in _PAIR.finditer(text):
        yield Count(2, match.start(), match.end())
    for match in _CROWD.finditer(text):
        wide = any(word in match["who"].lower() for word in _WIDE)
        yield Count(40 if wide else 8, match.start(), match.end(), guessed=True)


def count_answer(text: str) -> int | None:
    """A bare number in an answer to how many are affected: "the nine in the room"."""
    told = (
        _value(match["count"])
        for match in _BARE.finditer(text)
        if not _NO_COUNT.search(text, max(0, match.start() - _JUST_BEFORE), match.start())
    )
    return max((count for count in told if 1 < count <= _LARGEST), default=None)


def count_alone(text: str) -> int | None:
    """The number that is all an answer says: "about 40", "12!!"; None for "error 4711"."""
    counted = count_answer(text)
    rest = re.findall(r"[^\W\d_]+", _BARE.sub(" ", text.lower()))
    if counted is None or counted > _ALONE or not _AROUND.issuperset(rest):
        return None
    return counted


def _value(word: str) -> int:
    folded = " ".join(word.lower().split())
    return int(folded) if folded.isdigit() else _WORDS[folded]
