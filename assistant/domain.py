"""The dialogue's domain, rules and texts: a part of Rasa 3.6's format, read once at the start.

What is not interpreted is refused with its file and line; what loads here, Rasa 3.6 trains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from assistant.domain_parts import (
    BadDialogueError,
    Document,
    Form,
    Slot,
    check_asks,
    parse_entities,
    parse_forms,
    parse_names,
    parse_session,
    parse_slots,
)
from assistant.domain_rules import check_covered, parse_rules
from assistant.marked_yaml import read_marked, unmarked
from assistant.phrases import load_phrases
from assistant.responses import Responses, parse_overlay, parse_responses
from assistant.rules import Clash, Rule, RuleBook, check_contradictions

__all__ = ["FOLDER", "BadDialogueError", "Domain", "load_domain"]

FOLDER: Final = Path(__file__).parent
_DOMAIN_KEYS: Final = frozenset(
    {"version", "session_config", "intents", "entities", "slots", "forms", "actions"}
)
_VERSION: Final = "3.1"


@dataclass(frozen=True, slots=True)
class Domain:
    """What the assistant knows to say and do.

    Attributes:
        raw: The domain as Rasa sends it to an action: plain mappings and lists.
        slots: By name, in the order in which messages fill them.

    """

    raw: Mapping[str, Any]
    intents: frozenset[str]
    entities: frozenset[str]
    slots: Mapping[str, Slot]
    forms: Mapping[str, Form]
    actions: frozenset[str]
    responses: Responses
    rules: tuple[Rule, ...]
    book: RuleBook

    def initial_slots(self) -> dict[str, Any]:
        return {name: slot.initial for name, slot in self.slots.items()}

    def knows(self, action: str) -> bool:
        return action in self.actions or action in self.responses


def load_domain(folder: Path = FOLDER) -> Domain:
    """Read domain.yml, responses.yml, rules.yml, and the files of other languages.

    Raises:
        BadDialogueError: They use what is not interpreted, or name what does not exist.

    """
    domain = _open(folder / "domain.yml", _DOMAIN_KEYS)
    texts = _open(folder / "responses.yml", {"version", "responses"})
    parse_session(domain)
    entities = parse_entities(domain)
    intents = parse_names(domain, "intents")
    actions = parse_names(domain, "actions")
    slots = parse_slots(domain, entities, intents, actions)
    forms = parse_forms(domain, slots, intents)
    responses = parse_responses(texts, intents, entities, frozenset(slots))
    for path in sorted(folder.glob("responses.*.yml")):
        language = path.name.split(".")[1]
        responses = parse_overlay(
            _open(path, {"version", "responses"}), language, responses, intents, entities
        )
    load_phrases(folder)
    check_asks(domain, forms, actions, frozenset(responses.english))
    known = actions | frozenset(responses.english)
    rule_file = _open(folder / "rules.yml", {"version", "rules"})
    rules = parse_rules(rule_file, intents=intents, forms=forms, slots=slots, known=known)
    try:
        book = RuleBook(rules)
        check_contradictions(
            book,
            {name: seen for name, slot in slots.items() if (seen := slot.features(slot.initial))},
        )
    except Clash as clash:
        raise BadDialogueError(
            f"{clash.other.where}: rule {clash.other.name!r} says otherwise than rule "
            f"{clash.one.name!r} ({clash.one.where}) of the same message. Keep one of them."
        ) from clash
    check_covered(rule_file, rules, intents, forms)
    raw = {**unmarked(domain.content), "responses": unmarked(texts.content["responses"])}
    return Domain(
        raw=raw,
        intents=intents,
        entities=entities,
        slots=slots,
        forms=forms,
        actions=actions,
        responses=responses,
        rules=rules,
        book=book,
    )


def _open(path: Path, keys: frozenset[str] | set[str]) -> Document:
    try:
        content = read_marked(path)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise BadDialogueError(
            f"{path.name}:{line}: this is not readable YAML ({error.problem}). Mend it."
        ) from error
    document = Document(path.name, content if isinstance(content, dict) else {})
    for key in document.content:
        if key not in keys:
            raise document.refuse(
                f"{key!r} is not interpreted. Remove it, and say it with rules.",
                document.content,
                key,
            )
    if document.content.get("version") != _VERSION:
        raise document.refuse(
            f'write version: "{_VERSION}" at the top, as Rasa 3 does.', document.content, "version"
        )
    return document
