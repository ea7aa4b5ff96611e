"""The dialogue's domain and rules, in Rasa's format (a subset), read once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from models.errors import DomainError

FOLDER: Final = Path(__file__).parent
_DOMAIN_KEYS: Final = frozenset({"version", "intents", "slots", "forms", "actions"})


class BadDialogueError(DomainError):
    """The domain or the rules use something this engine does not interpret."""

    code: ClassVar[str] = "dialogue.unsupported"


@dataclass(frozen=True, slots=True)
class Rule:
    """On this intent (in this form, or None for outside any), run these actions."""

    name: str
    intent: str
    loop: str | None
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """What the assistant knows to say and do."""

    raw: Mapping[str, Any]
    slots: Mapping[str, Any]
    responses: Mapping[str, Sequence[Mapping[str, Any]]]
    actions: frozenset[str]
    forms: frozenset[str]
    rules: tuple[Rule, ...]
    submit: Mapping[str, tuple[str, ...]]

    def rule(self, intent: str, loop: str | None) -> Rule | None:
        return next((r for r in self.rules if r.intent == intent and r.loop == loop), None)

    def initial_slots(self) -> dict[str, Any]:
        return {name: (spec or {}).get("initial_value") for name, spec in self.slots.items()}


def load_domain(folder: Path = FOLDER) -> Domain:
    """Read domain.yml, responses.yml and rules.yml.

    Raises:
        BadDialogueError: They use what is not interpreted, or name what does not exist.

    """
    raw = _load(folder / "domain.yml", _DOMAIN_KEYS)
    raw["responses"] = _load(folder / "responses.yml", {"version", "responses"})["responses"]
    _check_slots(raw["slots"])
    rules: list[Rule] = []
    submit: dict[str, tuple[str, ...]] = {}
    forms = frozenset(raw.get("forms", {}))
    known = {*raw.get("actions", ()), *raw["responses"], *forms, "action_listen"}
    for entry in _load(folder / "rules.yml", {"version", "rules"})["rules"]:
        steps = entry["steps"]
        actions = tuple(step["action"] for step in steps if "action" in step)
        loop = next(
            (c["active_loop"] for c in entry.get("condition", ()) if "active_loop" in c), None
        )
        unknown = [action for action in actions if action not in known]
        if unknown:
            raise BadDialogueError(
                f"Rule {entry['rule']!r} names {unknown[0]!r}: add it to domain.yml."
            )
        if "intent" in steps[0]:
            rules.append(Rule(entry["rule"], steps[0]["intent"], loop, actions))
        elif actions and actions[0] in forms:
            submit[actions[0]] = actions[1:]
        else:
            raise BadDialogueError(f"Rule {entry['rule']!r} must begin with an intent or a form.")
    return Domain(
        raw=raw,
        slots=raw["slots"],
        responses=raw["responses"],
        actions=frozenset(raw["actions"]),
        forms=forms,
        rules=tuple(rules),
        submit=submit,
    )


def _check_slots(slots: Mapping[str, Any]) -> None:
    for name, spec in slots.items():
        for mapping in (spec or {}).get("mappings", ()):
            if mapping.get("type") != "custom":
                raise BadDialogueError(
                    f"domain.yml: slot {name!r} is mapped {mapping.get('type')!r}; "
                    "here slots are filled by action_extract (type: custom)."
                )


def _load(path: Path, keys: Collection[str]) -> dict[str, Any]:
    with path.open(encoding="utf-8") as stream:
        loaded: dict[str, Any] = yaml.safe_load(stream)
    unknown = sorted(set(loaded) - set(keys))
    if unknown:
        raise BadDialogueError(f"{path.name}: {unknown[0]!r} is not interpreted. Remove it.")
    return loaded
