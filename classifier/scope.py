"""How far a disturbance reaches by its words: one person, several, or a site and more.

General knowledge of English and German, and a little of three more; linear patterns only: the
words are anybody's.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.people import MANY

_SITE_WORDS: Final = (
    r"(?:site|office|company|building|floor|branch|warehouse|depot|dock|terminal|plant|business|"
    r"region|country|place)"
)
_FAR: Final = re.compile(
    rf"(?i)\b(?:whole|entire|complete|every)[\s-]?(?:[a-z]{{2,12}}\s)?{_SITE_WORDS}\b"
    r"|\b(?:company[- ]wide|all users|all sites|all offices|nationwide|worldwide)\b"
    r"|\b(?:all|all the|all our|any|none of (?:the|our)|no) (?:[a-z]{2,12} )?"
    r"(?:customers|clients|shoppers|buyers|callers|visitors|drivers|trucks)\b"
    r"|\b(?:every|each|every single) (?:customer|client|shopper|buyer|caller|visitor|driver|"
    r"truck)\b(?! (?:page|record|account))"
    r"|\bevery (?:single )?one of us\b"
    r"|\b(?:alle|keine?|jede[rm]?|sämtliche) (?:kund\w+|besteller\w*|anrufer\w*|standorte)\b"
    r"|\b(?:de[rm]|das|die) ganzen? (?:standort|büro|gebäude|lager|firma|haus|etage|betrieb|"
    r"laden|halle|stock(?:werk)?|werk|flur|filiale|niederlassung|zentrale)\b"
    r"|\bclientes\b"
)
_EVERYBODY: Final = re.compile(
    r"(?i)\b(?:everyone|everybody|every ?one|every ?body|all of us|all of them|nobody|no one|alle|"
    r"allen|niemand|keiner|jeder|todos|ninguém|nadie|iedereen)\b|^\s*(?:all|alle)[\s.!]*$"
)
_EVERYBODY_HERE: Final = re.compile(
    r"(?i)\b(?:everyone|everybody|nobody|no one|none of us) (?:here|in|at|on|can|is able|gets?|"
    r"has|sees?|of us)\b"
    r"|\b(?:for|4|to|with|hits?|affects?) (?:everyone|everybody|all of us)\b|\bwe all\b"
    r"|\b(?:bei|für|von) (?:uns )?allen?\b|\b(?:niemand|keiner) (?:hier|kann|kommt|bei uns|"
    r"von uns|im|in)\b"
    r"|\b(?:wir|uns) alle[nr]?\b|\balle (?:hier|im|bei uns|kolleg\w+|mitarbeiter\w*)\b"
)
_NOBODY_ELSE: Final = re.compile(
    r"(?i)\b(?:nobody|no one|noone|none|no-one) else\b|\bsonst (?:niemand|keiner|keine)\b"
    r"|\b(?:the )?others? (?:are|is|were|seem|can|have it|look|work)\b|\ball the others\b"
    r"|\beveryone else (?:is|can|seems)\b|\b(?:bei )?(?:den|die|alle) anderen?\b.{0,20}\b(?:gut|"
    r"geht|ordnung|läuft|gehen|"
    r"laufen|funktioniert|surfen)\b|\bninguém mais\b|\bnadie más\b"
)
_TEAM: Final = re.compile(
    r"(?i)\b(?:team|department|dept|group|crew|shift|desk|colleagues?|coworkers?|mates?|several|"
    r"few of us|some of us|others? too|us all|we all|both|couple of|a few|abteilung|schicht|"
    r"kolleg\w+|mehrere|einige|beide|truppe|dispo|equipa|colegas|equipo)\b|^\s*we[\s.!]*$"
    r"|\b(?:we|wir|us|uns)\b(?! (?:know|can see|think|wissen|glauben))"
)
_ALONE: Final = re.compile(
    r"(?i)\b(?:just|only|merely|nur|bloß|bloss|lediglich|apenas|só|solo|alleen|einzig|sole)\b"
    r"|\b(?:myself|ich allein|me alone|by myself|alleine?|one (?:person|customer|user|laptop|pc|"
    r"phone|desk)|"
    r"a single|eine?r? (?:kund\w+|person)|ein einzelne[rs]?)\b"
    r"|^\s*my \w+[\s.!,]|\bmine\b"
    r"|^\s*(?:it's |its |that's |thats )?(?:me|mine|ich|mir|eu|yo|her|him|she|he|ik|"
    r"mich)\b(?! and| und| too| auch)"
    r"|\bfor me(?! and| too)\b|\bbei mir(?! und| auch)\b"
)
_NOT_ALONE: Final = re.compile(
    r"(?i)\b(?:not|nicht) allein\b|\b(?:just|only|nur) (?:me|ich|bei mir)?\s?"
    r"(?:or|oder)\b|\b(?:is it|liegt (?:das|es)|isses|ist es|geht es|does it|am i|bin ich)\b.{0,12}"
    r"\b(?:just|only|nur)\b"
)
_NOT_ONLY: Final = re.compile(
    r"(?i)\b(?:not|nicht|no longer|isn'?t) (?:just|only|nur|bloß)\b"
    r"|\b(?:forget|never mind|vergiss|vergessen sie)[\w ']{0,16} (?:about|being|said|was|dass|mit)"
    r"[\w ']{0,12} (?:just|only|nur|bloß)\b"
)
_IN_A_TEAM: Final = re.compile(
    r"(?i)\b(?:team|department|crew|shift|desk|abteilung|schicht|dispo|equipa)\b"
)
_PLAIN_TEAM: Final = re.compile(
    r"(?i)\b(?:(?:my|our|the|whole|entire) (?:team|department|crew)|several of us|few of us|"
    r"some of us|us all|(?:whole|entire) (?:[a-z]{2,12} )?(?:team|department|crew)|"
    r"we both|both of us|(?:my|our) (?:colleagues|coworkers)|(?:mein|unser|d)\w* ganzen? (?:team|"
    r"abteilung|schicht)|(?:mein|unser)\w* (?:team|abteilung)|(?:meine|unsere)n? "
    r"(?:kollegen|kolleginnen)|mehrere von uns|"
    r"wir beide|a minha equipa|mi equipo)\b"
)
_ALONE_OUTRIGHT: Final = re.compile(
    r"(?i)\b(?:just|only|nur|bloß|só|solo)\s(?:for |on |with |bei |für )?(?:me|mine|myself|ich|"
    r"mir|mich|"
    r"eu|yo|him|her|she|he|sie|er|ihm|ihr|seins|meiner)\b|\b(?:just|only) my \w+|"
    r"\bnur mein\w* \w+|\b(?:me alone|ich alleine?)\b"
    r"|^\s*(?:me|mine|mich|ich|eu|yo)(?:[\s.!]*$|[.!,])"
    r"|\b(?:only (?:on )?mine|only i\b|only this (?:one|phone|pc|laptop|machine|screen|printer)|"
    r"mine alone|"
    r"(?:i'?m|i am|bin|ich bin) (?:the only|die einzige|der einzige))\b"
    r"|^\W*(?:im moment |bisher |so far |soweit |at the moment )?(?:only|just|nur) (?!the other|"
    r"if|when|wenn|dass|want|wanted|say|started|after|before|got|as|in time|stopped|spins|gone|"
    r"about|went|came|tried|like|now|since|half|noch|kurz)"
)
_CUSTOMERS: Final = re.compile(r"(?i)\b(?:customers|clients|kunden|clientes)\b(?! of mine)")


def read_scope(text: str, people: int | None, *, answering: bool = False) -> str | None:
    """ITIL impact by what is said outright: 1 a site or more, 2 several, 3 one; None unsaid.

    Args:
        text: The words.
        people: A number they name.
        answering: Whether they answer the question who is affected: then a bare "only the
            cabin" is an answer. Else only what cannot mean anything else counts.

    """
    counted = people or 0
    alone = _is_alone(text, answering=answering)
    everybody = (_EVERYBODY if answering else _EVERYBODY_HERE).search(text)
    far = _FAR.search(text) or (answering and _CUSTOMERS.search(text))
    in_a_team = _IN_A_TEAM.search(text)
    said = (  # the first that holds
        (counted >= MANY, "1"),
        (_NOBODY_ELSE.search(text), "2" if counted else "3"),
        (far and not (alone and not counted), "1"),
        (counted > 1, "2"),
        (alone, "3"),
        (everybody, "2" if in_a_team else "1"),
        ((_TEAM if answering else _PLAIN_TEAM).search(text), "2"),
    )
    return next((scope for holds, scope in said if holds), None)


def _is_alone(text: str, *, answering: bool) -> bool:
    if _NOT_ONLY.search(text):
        return False
    if answering:
        return bool(_ALONE.search(text))
    return bool(_ALONE_OUTRIGHT.search(text)) and not _NOT_ALONE.search(text)
