"""For whom somebody reports, where it is not themselves: "my colleague Anna cannot log in".

General knowledge of English and German; linear patterns only: the words are anybody's. A
person named beside the teller ("Anna has it too") is none.
"""

from __future__ import annotations

import re
from typing import Final

_ROLE: Final = (
    r"(?:colleague|co-?worker|team ?mate|boss|manager|supervisor|assistant|secretary|director|"
    r"intern|"
    r"trainee|apprentice|kolleg(?:e|en|in)|chefin|chefs?|vorgesetzten?|azubi|praktikant(?:in|en)?|"
    r"mitarbeiter(?:in|s)?|assistentin)"
)
_MINE: Final = r"(?:my|our|a|one of my|mein(?:e[nmr]?)?|unser(?:e[nmr]?)?|eine[nr]?)"
_TITLE: Final = r"(?:mrs?|ms|miss|dr|frau|herrn?)\.?"
_NO_NAME: Final = (
    r"(?:in|at|from|on|of|who|whose|that|he|she|they|her|his|their|my|mine|our|ours|your|unser\w*|"
    r"mein\w*|is|has|had|was|can|cannot|cant|"
    r"can't|could|does|doesn't|doesnt|did|gets?|and|or|but|with|while|because|as|too|also|the|a|"
    r"an|it|"
    r"this|again|here|there|today|now|please|because|kann|kommt|hat|ist|die|der|das|sie|er|aus|im|"
    r"und|nicht|auch|us|me|you|them|him|all|everyone|everybody|since|over|next|ffs|shes|hes)"
)
_CUE: Final = r"(?=[,:;.]|\s(?i:in|from|at|s?he|s?hes|whose|who|aus|im)\b)"
_WORD: Final = r"[^\W\d_][\w'-]{1,20}"
_NAME: Final = (
    rf"(?!(?i:{_NO_NAME})\b)(?:[A-ZÄÖÜ][a-zß-ÿ][\w'-]{{0,20}}|{_WORD}"
    rf"(?: (?!(?i:{_NO_NAME})\b){_WORD})?{_CUE})"
)
_SECOND: Final = r"(?: [A-ZÄÖÜ][a-zäöüß'-][\w'-]{1,20})?"
_TOO: Final = re.compile(
    r"(?i)\b(?:too|as well|either|also|not for me|and (?:me|i|myself)|auch|und (?:ich|mir|mich))\b"
)
_NEAR: Final = 60
_FOR: Final = re.compile(
    rf"(?i)(?<!works )(?<!fine )(?<!ok )\b(?:for|4|on behalf of|für|im namen (?:von|meiner|"
    rf"meines)) "
    rf"(?P<role>(?:{_MINE} )?{_ROLE})\b"
    rf"(?:,? (?P<name>(?-i:{_TITLE} )?(?-i:{_NAME}{_SECOND})))?"
)
_WRITING: Final = re.compile(
    r"(?i)\b(?:reporting|writing|texting|filing|i report|ich (?:melde|schreibe))"
    r" (?:(?:this|it|das|a problem|an issue|something|es) )?(?:for|4|on behalf of|für|"
    r"im namen von) "
    rf"(?P<name>(?:{_TITLE} )?(?-i:{_NAME}{_SECOND}))"
)
_TROUBLED: Final = (
    r"(?:can'?t|cannot|can not|could ?n'?t|is (?:locked|stuck|unable|not able)|isn'?t able|has no|"
    r"has lost|lost|keeps? getting|gets?|doesn'?t get|does not get|is getting|kann .{0,40}\bnicht|"
    r"kommt "
    r"(?:\S{1,20} ){0,3}nicht|hat kein\w*)"
)
_SUBJECT: Final = re.compile(
    rf"(?i)(?:^|[.!?,:;\n]\s{{0,3}}|\b(?:that|because|but|and|dass|hi|hello|hey|hallo) )"
    rf"(?P<role>{_MINE} {_ROLE})\b"
    rf"(?:,? (?P<name>(?-i:{_NAME}{_SECOND}))(?:,| (?:in|from|at|aus|im|in der) [\w-]{{2,20}},?)?)?"
    rf" {_TROUBLED}\b"
)
_FOR_THEM: Final = re.compile(
    r"(?i)\b(?:report(?:ing)?|writing|filing|texting|asking|melde(?:n)?|schreibe)\b.{0,20}"
    r"\b(?:for|4|on behalf of|für) (?:her|him|them|sie|ihn)\b"
)
_NAMED_FIRST: Final = re.compile(
    rf"(?i)^\W{{0,3}}(?:(?:hi|hello|hey|hallo)\W{{1,3}})?(?P<name>(?:{_TITLE} )?{_NAME})"
    rf"(?: (?:in|from|at|aus) [\w-]{{2,20}},?)? {_TROUBLED}\b"
)
_THEY: Final = re.compile(
    r"(?i)\b(?:s?he|her|his|s?he'?s|whose|ihr(?:e[mnrs]?)?|sein(?:e[mnrs]?)?|sie (?:kommt|kann|hat|"
    r"sieht|bekommt)|er (?:kommt|kann|hat|sieht|bekommt))\b"
)
_LONGEST: Final = 4_000


def find_behalf(text: str) -> str | None:
    """Whom the words are about, as the teller names them; None: the teller, or nobody single."""
    told = text[:_LONGEST]
    for pattern in (_FOR, _SUBJECT):
        for match in pattern.finditer(told):
            if _TOO.search(told, match.start(), match.end() + _NEAR):
                continue
            role = " ".join(match["role"].split())
            return _shown(match["name"]) or (role.lower() if role.isupper() else role)
    written = _WRITING.search(told)
    if written is not None and (name := _shown(written["name"])) is not None:
        return name
    first = _NAMED_FIRST.search(told) if _FOR_THEM.search(told) else None
    return _shown(first["name"]) if first is not None else None


def is_about_one(text: str) -> bool:
    """Whether the trouble is told of one other person: "she cannot", "his laptop"."""
    return _THEY.search(text[:_LONGEST]) is not None


def _shown(name: str | None) -> str | None:
    """A name as names are written, whatever the rest was shouted or mumbled in."""
    if not name or re.fullmatch(_NO_NAME, name.split()[0], re.IGNORECASE):
        return None
    parts = name.split()
    return " ".join(
        part.capitalize() if part.isupper() or part.islower() else part for part in parts
    )
