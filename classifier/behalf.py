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
    rf"(?i)\b(?P<cue>for|4|on behalf of|für|im namen (?:von|meiner|meines)) "
    rf"(?P<role>(?:{_MINE} )?{_ROLE})\b(?!['\u2019]s\b)"
    rf"(?:,? (?P<name>(?-i:{_TITLE} )?(?-i:{_NAME}{_SECOND})))?"
)
_CLAUSE_ENDS: Final = re.compile(r"(?i)[.,;:!?\n]|\b(?:and|but|because|since|und|aber|weil|denn)\b")
_OPENS: Final = re.compile(
    r"(?i)\W*(?:(?:hi|hello|hey|hallo|moin|good (?:morning|day)|guten (?:tag|morgen)|please|bitte|"
    r"sorry|urgent|ok|no|nein|yes|ja|well|oh|actually|there|team|all)\W+){0,4}"
    r"(?:(?:this|that|it|das|es) (?:is|ist)\s|it['\u2019]?s\s)?(?:only |just |nur )?"
    r"(?:(?:an?|ein\w*) )?(?:(?:problem|issue|request|ticket|question|störung|frage)\s)?"
)
_REPORTS: Final = re.compile(
    r"(?i)(?<!\ba )(?<!\bthe )\b(?:report(?:ing)?|writ(?:e|ing)|fil(?:e|ing)|ask(?:ing)?|"
    r"text(?:ing)?|call(?:ing)?|rais(?:e|ing)|log(?:ging)?|open(?:ing)?|creat(?:e|ing)|melden?|"
    r"schreiben?|fragen?|(?:fil(?:e|ing)|mak(?:e|ing)|rais(?:e|ing)) a report|help|hilfe)"
    r"(?: (?:this|it|that|something|here|you|das|es|dies|hier|(?:an?|eine?n?) (?:\w{1,20} )?"
    r"(?:problem|issue|ticket|incident|fault|outage|fehler|störung)))? $"
)
_REQUESTS: Final = re.compile(r"(?i)^\W{0,3}(?:(?:i am )?requesting|request for|please|bitte)\b")
_FAILING: Final = re.compile(
    r"(?i)\b(?:down|broken|dead|locked|stuck|offline|gone|crash(?:es|ed|ing)?|fail(?:s|ed|ing)?|"
    r"freezes|jams|kaputt|gesperrt|(?:not|n['\u2019]t|nt) "
    r"(?:work(?:ing)?|open|start|load|print|connect)|geht nicht|funktioniert nicht) $"
)
_I: Final = re.compile(
    r"(?i)\b(?:i|ich)\b(?! (?:am |would like to |want to |wish to |möchte |will )?"
    r"(?:report|writ|fil|ask|text|melde|schreib|frag))"
)
_MY_OWN: Final = re.compile(
    r"(?i)\b(?:i|ich|my|mein\w*)\b"
    r"(?! (?:am requesting|need|want|would like|brauche|möchte) (?!(?:it|this|that|es)\b))"
    r"|\b(?:waiting|wait|warten?)\b"
)
_CANNOT: Final = re.compile(
    r"(?i)\b(?:can(?:no|['\u2019])?t|can not|could ?n['\u2019]?t|unable|not able|when|while|"
    r"wenn|während)\b"
)
_TELLERS: Final = re.compile(
    r"(?i)\b(?:reach|call|hear|see|find|contact|mail|message|text|ring|join|from|to|von) me\b"
    r"|\b(?:mich|mir) (?:\S{1,20} )?nicht\b"
    r"|\b(?:because|since|as|weil|da|denn) (?:my|i|mein\w*|ich)\b"
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
_CLAUSE: Final = 160
_LONGEST: Final = 4_000


def find_behalf(text: str) -> str | None:
    """Whom the words are about, as the teller names them; None: the teller, or nobody single."""
    told = text[:_LONGEST]
    for pattern, is_theirs in ((_FOR, _is_meant_for), (_SUBJECT, _is_their_trouble)):
        for match in pattern.finditer(told):
            if _TOO.search(told, match.start(), match.end() + _NEAR):
                continue
            if not is_theirs(told, match):
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


def _is_meant_for(text: str, match: re.Match[str]) -> bool:
    """Whether the report is for them, and not only what the teller was about to do."""
    if match["cue"].lower() not in {"for", "4", "für"}:
        return True
    before = text[max(0, match.start() - _CLAUSE) : match.start()]
    clause = _CLAUSE_ENDS.split(before)[-1]
    if _REPORTS.search(clause) is not None:
        return _CANNOT.search(clause) is None
    if _OPENS.fullmatch(clause) and (match.start() < _CLAUSE or clause.strip()):
        return _I.search(_clause_after(text, match.end())) is None
    if _MY_OWN.search(clause) is not None:
        return False
    asked = _FAILING.search(clause) or _REQUESTS.search(clause)
    return asked is not None or is_about_one(text)


def _is_their_trouble(text: str, match: re.Match[str]) -> bool:
    """Whether they have it: "my boss can't reach me, my Teams is down" is the teller's."""
    rest = re.split(r"[.;!?\n]", text[match.start() : match.end() + _CLAUSE])[0]
    return _TELLERS.search(rest) is None


def _clause_after(text: str, at: int) -> str:
    return _CLAUSE_ENDS.split(text[at : at + _CLAUSE])[0]


def _shown(name: str | None) -> str | None:
    """A name as names are written, whatever the rest was shouted or mumbled in."""
    if not name or re.fullmatch(_NO_NAME, name.split()[0], re.IGNORECASE):
        return None
    parts = name.split()
    return " ".join(
        part.capitalize() if part.isupper() or part.islower() else part for part in parts
    )
