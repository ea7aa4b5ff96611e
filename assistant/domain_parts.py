"""Slots, forms and names of a domain file, each checked where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from assistant.marked_yaml import line_of, unmarked
from models.errors import DomainError

REQUESTED: Final = "requested_slot"
_SLOT_TYPES: Final = frozenset({"text", "bool", "categorical", "float", "list", "any"})
_SLOT_KEYS: Final = frozenset(
    {"type", "initial_value", "influence_conversation", "mappings", "values", "min_value",
     "max_value"}
)  # fmt: skip
_MAPPING_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "custom": frozenset({"action"}),
    "from_intent": frozenset({"intent", "not_intent", "value", "conditions"}),
    "from_text": frozenset({"intent", "not_intent", "conditions"}),
    "from_entity": frozenset({"entity", "intent", "not_intent", "conditions"}),
}
_BUILT_IN: Final = {"restart": "start_over", "back": "go_back", "session_start": "begin"}
_OTHER: Final = "__other__"


class BadDialogueError(DomainError):
    """The domain or the rules use something this engine does not interpret."""

    code: ClassVar[str] = "dialogue.unsupported"


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its name, and what it holds with the lines where it stands."""

    name: str
    content: dict[str, Any]

    def refuse(
        self, sentence: str, holder: object, key: str | int | None = None
    ) -> BadDialogueError:
        return BadDialogueError(f"{self.name}:{line_of(holder, key)}: {sentence}")


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing to know, and what fills it."""

    name: str
    kind: str
    initial: Any
    influences: bool
    mappings: tuple[Mapping[str, Any], ...]
    values: tuple[str, ...] = ()
    lowest: float = 0.0
    highest: float = 1.0

    def features(self, value: Any) -> tuple[float, ...]:
        """What rules see of a value, as Rasa does; empty where they see nothing."""
        if not self.influences or value is None:
            return ()
        if self.kind == "bool":
            truth = _truth(value)
            return () if truth is None else (1.0, float(truth))
        if self.kind == "categorical":
            kinds = (*self.values, _OTHER)
            found = str(value).lower()
            chosen = found if found in self.values else _OTHER
            return tuple(float(one == chosen) for one in kinds)
        if self.kind == "float":
            return self._scaled(value)
        if self.kind == "list":
            return (1.0,) if value else ()
        return (1.0,)

    def _scaled(self, value: Any) -> tuple[float, ...]:
        try:
            capped = max(self.lowest, min(self.highest, float(value)))
        except (TypeError, ValueError):
            return ()
        return (1.0, (capped - self.lowest) / (self.highest - self.lowest))


@dataclass(frozen=True, slots=True)
class Form:
    """A form: the slots it asks for, and intents that answer none of them."""

    name: str
    required: tuple[str, ...]
    ignored: frozenset[str]


def parse_session(domain: Document) -> None:
    """Conversations never expire: a draft is kept, and Rasa must keep it too."""
    held = domain.content.get("session_config")
    wanted = {"session_expiration_time": 0, "carry_over_slots_to_new_session": True}
    if held is not None and unmarked(held) != wanted:
        raise domain.refuse(
            "conversations do not expire here. Write session_config: "
            "{session_expiration_time: 0, carry_over_slots_to_new_session: true}.",
            domain.content,
            "session_config",
        )


def parse_names(domain: Document, section: str) -> frozenset[str]:
    """Intents or actions: a list of plain names."""
    held = domain.content.get(section) or []
    for index, name in enumerate(held):
        if not isinstance(name, str):
            raise domain.refuse(f"write {section} as plain names.", held, index)
        if section == "intents" and name in _BUILT_IN:
            raise domain.refuse(
                f"intent {name!r} is Rasa's own and overrules every rule. "
                f"Call it {_BUILT_IN[name]!r}.",
                held,
                index,
            )
    return frozenset(held)


def parse_entities(domain: Document) -> frozenset[str]:
    held = domain.content.get("entities") or []
    for index, name in enumerate(held):
        if not isinstance(name, str):
            raise domain.refuse("entities have no roles or groups here: write a name.", held, index)
    return frozenset(held)


def parse_slots(
    domain: Document,
    entities: frozenset[str],
    intents: frozenset[str],
    actions: frozenset[str],
) -> dict[str, Slot]:
    section = domain.content.get("slots") or {}
    found = {}
    for name, spec in section.items():
        if not isinstance(spec, dict) or spec.get("type") not in _SLOT_TYPES:
            raise domain.refuse(
                f"slot {name!r} must be one of {', '.join(sorted(_SLOT_TYPES))}; "
                "classes of your own are not loaded.",
                section,
                name,
            )
        for key in spec:
            if key not in _SLOT_KEYS:
                raise domain.refuse(f"{key!r} of slot {name!r} is not interpreted.", spec, key)
        if "mappings" not in spec:
            raise domain.refuse(
                f"slot {name!r} names no mappings. Write mappings: [{{type: custom}}] for one that "
                "only actions fill.",
                section,
                name,
            )
        for index, mapping in enumerate(spec["mappings"]):
            _check_mapping(domain, name, spec["mappings"], index, mapping, entities, intents)
            action = mapping.get("action")
            if action is not None and action not in actions:
                raise domain.refuse(
                    f"slot {name!r} is filled by {action!r}: add it to actions.", mapping, "action"
                )
        found[name] = Slot(
            name=name,
            kind=spec["type"],
            initial=unmarked(spec.get("initial_value")),
            influences=bool(spec.get("influence_conversation", True)) and spec["type"] != "any",
            mappings=tuple(unmarked(spec["mappings"])),
            values=tuple(str(one).lower() for one in spec.get("values") or () if one is not None),
            lowest=float(spec.get("min_value", 0.0)),
            highest=float(spec.get("max_value", 1.0)),
        )
    return found


def parse_forms(
    domain: Document, slots: Mapping[str, Slot], intents: frozenset[str]
) -> dict[str, Form]:
    section = domain.content.get("forms") or {}
    found = {}
    for name, spec in section.items():
        required = spec.get("required_slots") if isinstance(spec, dict) else None
        if not isinstance(required, list):
            raise domain.refuse(f"form {name!r} needs required_slots: [...].", section, name)
        for index, slot in enumerate(required):
            if slot not in slots:
                raise domain.refuse(f"form {name!r} asks for {slot!r}, no slot.", required, index)
        for key in spec:
            if key not in {"required_slots", "ignored_intents"}:
                raise domain.refuse(f"{key!r} of form {name!r} is not interpreted.", spec, key)
        ignored = frozenset(as_list(spec.get("ignored_intents")))
        if not ignored <= intents:
            raise domain.refuse(f"form {name!r} ignores an intent that is not declared.", spec)
        found[name] = Form(name, tuple(required), ignored)
    return found


def check_asks(
    domain: Document, forms: Mapping[str, Form], actions: frozenset[str], responses: frozenset[str]
) -> None:
    """Every slot that a form requires can be asked for."""
    section = domain.content.get("forms") or {}
    for form in forms.values():
        for index, slot in enumerate(form.required):
            if not any(name in actions | responses for name in ask_names(form.name, slot)):
                raise domain.refuse(
                    f"nothing asks for {slot!r}. Add the response utter_ask_{slot}.",
                    section[form.name]["required_slots"],
                    index,
                )


def ask_names(form: str, slot: str) -> tuple[str, ...]:
    """What may ask for a slot; the first that exists does."""
    return (
        f"action_ask_{form}_{slot}",
        f"utter_ask_{form}_{slot}",
        f"action_ask_{slot}",
        f"utter_ask_{slot}",
    )


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _check_mapping(
    domain: Document,
    slot: str,
    mappings: Any,
    index: int,
    mapping: Any,
    entities: frozenset[str],
    intents: frozenset[str],
) -> None:
    kind = str(mapping.get("type")) if isinstance(mapping, dict) else ""
    if kind not in _MAPPING_KEYS:
        raise domain.refuse(
            f"slot {slot!r} is mapped {kind!r}; write one of {', '.join(_MAPPING_KEYS)}.",
            mappings,
            index,
        )
    for key in set(mapping) - {"type"} - _MAPPING_KEYS[kind]:
        raise domain.refuse(f"{key!r} of slot {slot!r} ({kind}) is not interpreted.", mapping, key)
    if kind == "from_entity" and mapping.get("entity") not in entities:
        raise domain.refuse(
            f"slot {slot!r} ({kind}) names the entity {mapping.get('entity')!r}: "
            "add it to entities.",
            mapping,
        )
    if kind == "from_intent" and mapping.get("value") is None:
        raise domain.refuse(f"slot {slot!r} ({kind}) needs a value.", mapping)
    named = {*as_list(mapping.get("intent")), *as_list(mapping.get("not_intent"))}
    if not named <= intents:
        raise domain.refuse(
            f"slot {slot!r} ({kind}) names an intent that is not declared.", mapping
        )
    for condition in mapping.get("conditions") or ():
        if not set(condition) <= {"active_loop", REQUESTED}:
            raise domain.refuse(
                f"a condition of slot {slot!r} names active_loop and requested_slot alone.",
                condition,
            )


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool | int | float):
        return value == 1
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())
