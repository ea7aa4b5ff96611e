"""What the assistant says: responses by name, with variants by channel and condition, by language.

English is the domain's own (`responses.yml`); another language lies over it whole
(`responses.de.yml`) and may neither miss nor invent anything.
"""

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from assistant.choices import parse_choice
from assistant.domain_parts import Document
from assistant.marked_yaml import unmarked
from assistant.nlg import PLACE, plain_braces

Variant = Mapping[str, Any]
ENGLISH: Final = "en"
_KEYS: Final = frozenset({"text", "buttons", "channel", "condition"})
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")


@dataclass(frozen=True, slots=True)
class Responses:
    """Every text, in every language that has one."""

    english: Mapping[str, Sequence[Variant]]
    languages: Mapping[str, Mapping[str, Sequence[Variant]]] = field(default_factory=dict)

    def __contains__(self, name: object) -> bool:
        return name in self.english

    def __getitem__(self, name: str) -> Sequence[Variant]:
        return self.english[name]

    def items(self) -> ItemsView[str, Sequence[Variant]]:
        return self.english.items()

    def variants(self, name: str, language: str | None) -> Sequence[Variant]:
        """The variants in this language; in English where it is not spoken here."""
        spoken = self.languages.get(language or ENGLISH) or self.languages.get(
            (language or ENGLISH)[:2], self.english
        )
        return spoken.get(name, ())


def parse_responses(
    document: Document, intents: frozenset[str], entities: frozenset[str], slots: frozenset[str]
) -> Responses:
    """The English texts.

    Raises:
        BadDialogueError: Rasa would read one otherwise, or choose one at random.

    """
    section = document.content.get("responses") or {}
    for name, variants in section.items():
        if not name.startswith("utter_"):
            raise document.refuse(f"call the response {name!r} utter_...", section, name)
        if not isinstance(variants, list) or not variants:
            raise document.refuse(f"{name!r} needs variants, as a list.", section, name)
        seen = set()
        for index, variant in enumerate(variants):
            _check_variant(document, name, variants, index, intents, entities)
            kind = _kind(variant)
            if kind in seen:
                raise document.refuse(
                    f"{name!r} has two variants for the same case; Rasa takes one by chance.",
                    variants,
                    index,
                )
            seen.add(kind)
            for condition in variant.get("condition") or ():
                if condition.get("name") not in slots:
                    raise document.refuse(
                        f"{name!r} waits for a slot that is not declared.", condition
                    )
        if (None, ()) not in seen:
            raise document.refuse(
                f"{name!r} needs one variant for any channel, without a condition.", section, name
            )
    return Responses(unmarked(section))


def parse_overlay(
    document: Document,
    language: str,
    responses: Responses,
    intents: frozenset[str],
    entities: frozenset[str],
) -> Responses:
    """The same responses with those of one more language.

    Raises:
        BadDialogueError: It misses or invents a response, a variant, a button or a placeholder.

    """
    if not _LANGUAGE.fullmatch(language) or language == ENGLISH:
        raise document.refuse(
            "name the file responses.LANGUAGE.yml, e.g. responses.de.yml; English is "
            "responses.yml.",
            document.content,
        )
    section = document.content.get("responses") or {}
    for name in section:
        if name not in responses:
            raise document.refuse(
                f"{name!r} is no response of responses.yml. Remove it.", section, name
            )
    for name, english in responses.items():
        if name not in section:
            raise document.refuse(f"{name!r} is missing. Translate it.", document.content)
        _check_same(document, section, name, english, intents, entities)
    spoken = {**responses.languages, language: unmarked(section)}
    return replace(responses, languages=spoken)


def _check_same(
    document: Document,
    section: Any,
    name: str,
    english: Sequence[Variant],
    intents: frozenset[str],
    entities: frozenset[str],
) -> None:
    variants = section[name]
    if not isinstance(variants, list):
        raise document.refuse(f"{name!r} needs variants, as a list.", section, name)
    asked = {_kind(one): one for one in english}
    for index, variant in enumerate(variants):
        _check_variant(document, name, variants, index, intents, entities)
        original = asked.pop(_kind(variant), None)
        if original is None:
            raise document.refuse(
                f"{name!r} has a variant that responses.yml does not have. Remove it.",
                variants,
                index,
            )
        if _places(variant) != _places(original):
            raise document.refuse(
                f"{name!r} must hold the placeholders {sorted(_places(original))}.", variants, index
            )
        if _payloads(variant) != _payloads(original):
            raise document.refuse(
                f"{name!r} must have the same buttons, in the same order, with the same payloads.",
                variants,
                index,
            )
    for channel, condition in asked:
        what = f"for {channel}" if channel else "for any channel"
        raise document.refuse(
            f"{name!r} misses the variant {what}{' with its condition' if condition else ''}.",
            section,
            name,
        )


def _check_variant(
    document: Document,
    name: str,
    variants: Any,
    index: int,
    intents: frozenset[str],
    entities: frozenset[str],
) -> None:
    variant = variants[index]
    if not isinstance(variant, dict) or not str(variant.get("text") or "").strip():
        raise document.refuse(f"{name!r} needs a text.", variants, index)
    for key in variant:
        if key not in _KEYS:
            raise document.refuse(f"{key!r} of {name!r} is not interpreted.", variant, key)
    for text in _texts(variant):
        if not _balanced(text):
            raise document.refuse(
                f"{name!r} has a brace that is no {{placeholder}}. Write {{{{ or }}}} for one.",
                variant,
            )
    for position, button in enumerate(variant.get("buttons") or ()):
        choice = parse_choice(plain_braces(str(button.get("payload") or "")))
        if choice is None or not button.get("title"):
            raise document.refuse(
                f"{name!r} has a button that is not read: it needs a title and a payload like "
                '/intent or \'/intent{{"entity": "value"}}\'.',
                variant["buttons"],
                position,
            )
        if choice.intent not in intents or not set(choice.entities) <= entities:
            raise document.refuse(
                f"{name!r} has a button with an intent or an entity that is not declared.",
                variant["buttons"],
                position,
            )


def _kind(variant: Variant) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    conditions = variant.get("condition") or ()
    return variant.get("channel"), tuple((str(c["name"]), repr(c["value"])) for c in conditions)


def _places(variant: Variant) -> set[str]:
    return {match[1] for text in _texts(variant) for match in PLACE.finditer(text) if match[1]}


def _payloads(variant: Variant) -> list[str]:
    return [str(button["payload"]) for button in variant.get("buttons") or ()]


def _texts(variant: Variant) -> Iterator[str]:
    yield str(variant["text"])
    for button in variant.get("buttons") or ():
        yield str(button.get("title") or "")
        yield str(button.get("payload") or "")


def _balanced(text: str) -> bool:
    rest = PLACE.sub("", text)
    return "{" not in rest and "}" not in rest
