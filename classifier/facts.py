"""What a text says outright: service, site, codes, hosts, people, since when; with its place.

Names come from the catalogue (spaCy's PhraseMatcher), patterns from `re`. Spans are
character offsets into the raw text: they are shown to staff as evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from classifier.catalogue import Catalogue
from classifier.log_reading import find_told
from classifier.log_templates import name_template
from classifier.people import find_counts
from classifier.signature_codes import find_codes, find_hosts
from classifier.signatures import SignatureKind, signature

_MAX_CHARACTERS: Final = 20_000
_NEGATION: Final = re.compile(
    r"(?i)\b(?:not|isn'?t|never|nicht|instead of|rather than|statt|anstatt|"
    r"(?:take|scrub|drop|forget|remove)(?: the| that)?)\s+(?:about\s|at\s|in\s|am\s|im\s|an\s|"
    r"das\s|der\s|die\s|with\s|mit\s)?"
    r"(?:the\s+|my\s+|our\s+|das\s|dem\s|der\s)?$"
)
_FINE: Final = re.compile(
    r"(?i)^(?:\s(?:itself|here|selbst|hier))?[\s,]{0,3}(?:is|are|seems|still|ist|läuft|geht|"
    r"looks)?\s{0,3}"
    r"(?:works?|working|fine|ok(?:ay)?|up|grand|good|all right|alright|in ordnung|einwandfrei|"
    r"funktioniert(?! nicht)|stimmt nicht|hab ich|habe ich|has all|off\b|"
    r"liegts? (?:es )?nicht|liegt(?: es|'s|s)? nicht|kann ich ausschließen|war (?:es |"
    r"das )?nicht|ist es nicht)\b"
)


class FactKind(StrEnum):
    """What kind of thing a phrase names."""

    SERVICE = "service"
    SITE = "site"
    CODE = "code"
    HOST = "host"
    IP = "ip"
    URL = "url"
    PEOPLE = "people"
    CROWD = "crowd"
    SINCE = "since"
    EXCEPTION = "exception"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class Fact:
    """One phrase and what it means. `text[start:end]` is the phrase.

    `negated` marks what the person says it is not ("not Teams") or says works.
    """

    kind: FactKind
    value: str
    start: int
    end: int
    text: str
    negated: bool = False

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "kind": self.kind.value}


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of a text, in order of appearance."""

    found: tuple[Fact, ...] = ()

    def values(self, kind: FactKind, *, negated: bool = False) -> tuple[str, ...]:
        """Distinct values of one kind, in order."""
        return tuple(
            dict.fromkeys(f.value for f in self.found if f.kind is kind and f.negated is negated)
        )

    @property
    def services(self) -> tuple[str, ...]:
        return self.values(FactKind.SERVICE)

    @property
    def negated_services(self) -> tuple[str, ...]:
        return self.values(FactKind.SERVICE, negated=True)

    @property
    def sites(self) -> tuple[str, ...]:
        return self.values(FactKind.SITE)

    @property
    def negated_sites(self) -> tuple[str, ...]:
        return self.values(FactKind.SITE, negated=True)

    @property
    def codes(self) -> tuple[str, ...]:
        return self.values(FactKind.CODE)

    @property
    def hosts(self) -> tuple[str, ...]:
        return self.values(FactKind.HOST)

    @property
    def people(self) -> int | None:
        """The greatest number of affected people the text counts.

        A crowd without a number ("my whole team") counts, cautiously, where there is none.
        """
        told = self.values(FactKind.PEOPLE) or self.values(FactKind.CROWD)
        return max(map(int, told), default=None)

    @property
    def counted(self) -> int | None:
        """The same, of numbers alone."""
        return max(map(int, self.values(FactKind.PEOPLE)), default=None)

    @property
    def since(self) -> str | None:
        phrases = [f.text for f in self.found if f.kind is FactKind.SINCE]
        return phrases[0] if phrases else None

    @property
    def signatures(self) -> tuple[str, ...]:
        """What two reports of one cause share to the letter, each with its kind."""
        return (
            *(signature(SignatureKind.CODE, one) for one in self.codes),
            *(signature(SignatureKind.HOST, one) for one in self.hosts),
            *(signature(SignatureKind.EXCEPTION, one) for one in self.values(FactKind.EXCEPTION)),
            *(
                signature(SignatureKind.TEMPLATE, name_template(one))
                for one in self.values(FactKind.TEMPLATE)
            ),
        )

    def to_json(self) -> list[dict[str, Any]]:
        return [fact.to_json() for fact in self.found]


_IPS: Final = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_URLS: Final = re.compile(r"(?i)\bhttps?://[^\s<>\"']{3,300}")
_SINCE: Final = re.compile(
    r"(?i)\b(?:since|seit|desde|as\sof|from)\s(?:about\s|around\s|ca\.?\s|etwa\s|as\s)?"
    r"(?:(?:this|yesterday|last|heute|gestern|early|late|ontem|esta|hoje|ayer|the)\s){0,2}"
    r"(?:\d{1,2}(?::\d{2}|\.\d{2})?\s?(?:am|pm|uhr|h|o'clock)?\b|morning|lunch(?:time)?|noon|"
    r"midday|afternoon|"
    r"yesterday|monday|tuesday|wednesday|thursday|friday|night|week(?:end)?|today|update|"
    r"morgen|mittag|gestern|heute|montag|dienstag|manhã|ontem|ayer|hoje|mañana)"
    r"|\bfor\s(?:the\s)?(?:last\s|past\s)?(?:about\s)?(?:an?|\d{1,3}|two|three|few|"
    r"half\san)\s?(?:minutes?|mins?|hours?|hrs?|days?|h)\b"
)


class FactFinder:
    """Finds facts by one catalogue. Safe for threads once built."""

    def __init__(self, catalogue: Catalogue) -> None:
        import spacy
        from spacy.matcher import PhraseMatcher

        self._nlp = spacy.blank("en")
        self._single: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._ordinary: dict[str, str] = {}
        self._lower = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._exact = PhraseMatcher(self._nlp.vocab, attr="ORTH")
        for service in catalogue.services:
            for alias in (service.title, *service.aliases):
                self._learn(f"service|{service.id}", alias)
        for site in catalogue.sites:
            for alias in (site.name, *site.aliases):
                self._learn(f"site|{site.id}", alias)
        for other, label in self._numbers.items():
            if len(other) >= _HEAD:
                self._lower.add(label, [self._nlp.make_doc(other)])

    def find(self, text: str) -> Facts:
        """All facts of `text`; past 20,000 characters nothing is looked for."""
        raw = text[:_MAX_CHARACTERS]
        found = [*self._named(raw), *_patterns(raw)]
        return Facts(tuple(sorted(found, key=lambda f: (f.start, -f.end))))

    def _learn(self, label: str, alias: str) -> None:
        """A single capitalised word that is an English word too must be written so (Teams)."""
        exact = alias in _ORDINARY
        matcher = self._exact if exact else self._lower
        matcher.add(label, [self._nlp.make_doc(alias)])
        if not exact and alias[-1:].isalpha():
            self._learn_other_number(alias.lower(), label)
        if exact:
            self._lower.add(label, [self._nlp.make_doc(f"{alias} app")])
            self._ordinary[alias.lower()] = label
        elif alias.isalpha() and len(alias) >= _HEAD:
            self._single.setdefault(alias.lower(), label)

    def _learn_other_number(self, alias: str, label: str) -> None:
        """Many "forklift terminals" beside the one; one of "payments", but not of "phones"."""
        if not alias.endswith("s"):
            self._numbers.setdefault(f"{alias}s", label)
        elif len(alias) > _HEAD + 2:
            self._numbers.setdefault(alias[:-1], label)

    def _compound(self, word: str) -> str | None:
        """The name that a longer word ends in: "emails", "Palettenetiketten", "Tischtelefon"."""
        folded = word.lower()
        if len(folded) <= _HEAD or not folded.isalpha():
            return None
        stems = (
            folded,
            folded.removesuffix("s"),
            folded.removesuffix("e"),
            folded.removesuffix("n"),
        )
        heads = (stem[start:] for stem in stems for start in range(len(stem) - _HEAD + 1))
        return next((self._single[head] for head in heads if head in self._single), None)

    def _named(self, raw: str) -> Iterator[Fact]:
        # Dashes and slashes glue words for the tokenizer ("wifi/vpn"); same length, same offsets.
        loose = raw.translate(_LOOSEN).encode("utf-8", "replace").decode()  # no half characters
        doc = self._nlp.make_doc(loose)
        spans = [
            (start, end, self._nlp.vocab.strings[key])
            for key, start, end in (*self._lower(doc), *self._exact(doc))
        ]
        spans += [
            (place, place + 1, self._ordinary["teams"])
            for place, token in enumerate(doc)
            if token.text in _SHOUTED and "teams" in self._ordinary and _is_program(doc, place)
        ]
        named = {place for start, end, _ in spans for place in range(start, end)}
        spans += [
            (place, place + 1, label)
            for place, token in enumerate(doc)
            if place not in named and (label := self._compound(token.text)) is not None
        ]
        taken = -1
        for start, end, label in sorted(spans, key=lambda s: (s[0], -(s[1] - s[0]))):
            if start < taken:
                continue  # the longest name wins where two overlap
            taken = end
            kind, _, value = label.partition("|")
            first, last = doc[start].idx, doc[end - 1].idx + len(doc[end - 1])
            negated = bool(_NEGATION.search(raw[max(0, first - 24) : first])) or bool(
                _FINE.match(raw[last : last + 24])
            )
            yield Fact(FactKind(kind), value, first, last, raw[first:last], negated)


_LOOSEN: Final = str.maketrans({"/": " ", "_": " ", "\u2019": "'", "\u2013": " ", "\u2014": " "})
_ORDINARY: Final = frozenset({"Teams", "Chat", "Word", "Drive", "Access", "Exchange"})
_SHOUTED: Final = frozenset({"teams", "TEAMS"})
_OF_PEOPLE: Final = frozenset(
    {"two", "three", "four", "our", "the", "all", "other", "both", "most", "many", "several",
     "those", "these", "different", "my", "some", "few", "beide", "alle", "zwei", "drei",
     "unsere", "die", "mehrere", "anderen"}
)  # fmt: skip
_DO: Final = frozenset(
    {"are", "have", "were", "of", "from", "that", "who", "can", "need", "want", "wait", "cannot"}
)
_HEAD: Final = 5
"""Letters a name must have to be found as the end of a longer word."""


def _is_program(doc: Any, place: int) -> bool:
    """Whether a small or shouted "teams" is the program: not "two teams", nor "teams are"."""
    before = doc[place - 1].text.lower() if place else ""
    after = doc[place + 1].text.lower() if place + 1 < len(doc) else ""
    return before not in _OF_PEOPLE and after not in _DO


def _patterns(raw: str) -> Iterator[Fact]:
    for hit in find_codes(raw):
        yield Fact(FactKind.CODE, hit.value, hit.start, hit.end, raw[hit.start : hit.end])
    for hit in find_hosts(raw):
        yield Fact(FactKind.HOST, hit.value, hit.start, hit.end, raw[hit.start : hit.end])
    for told in find_told(raw):
        kind = FactKind(told.kind.value)
        yield Fact(kind, told.value, told.start, told.end, raw[told.start : told.end])
    for match in _IPS.finditer(raw):
        if all(int(part) < 256 for part in match.group().split(".")):
            yield _fact(FactKind.IP, match.group(), match)
    for match in _URLS.finditer(raw):
        yield _fact(FactKind.URL, match.group().rstrip(".,;:!?)"), match)
    for count in find_counts(raw):
        phrase = raw[count.start : count.end]
        kind = FactKind.CROWD if count.guessed else FactKind.PEOPLE
        yield Fact(kind, str(count.people), count.start, count.end, phrase)
    for match in _SINCE.finditer(raw):
        yield _fact(FactKind.SINCE, " ".join(match.group().split()).lower(), match)


def _fact(kind: FactKind, value: str, match: re.Match[str]) -> Fact:
    return Fact(kind, value, match.start(), match.end(), match.group())
