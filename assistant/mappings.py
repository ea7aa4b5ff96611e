"""What a message fills by itself, before any rule: Rasa's slot mappings, in Rasa's order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assistant.domain import Domain
from assistant.domain_parts import REQUESTED, Form, Slot, as_list

Event = dict[str, Any]


def fill_slots(
    domain: Domain,
    latest: Mapping[str, Any],
    slots: Mapping[str, Any],
    loop: str | None,
    *,
    rejected: bool,
    run: Callable[[str], Sequence[Event]],
) -> list[Event]:
    """Slot events from one message.

    Args:
        domain: Its slots are filled in order; the first mapping with a value wins.
        latest: The message as in Rasa's tracker: text, intent, entities.
        slots: Their values now, `requested_slot` among them.
        loop: The active form.
        rejected: Whether that form has handed the last message on.
        run: Runs a custom action and returns its events; each is run once.

    """
    events: list[Event] = []
    ran: set[str] = set()
    intent = latest["intent"]["name"]
    form = domain.forms.get(loop or "")
    for slot in domain.slots.values():
        for mapping in slot.mappings:
            if not (
                _wants(mapping, intent, form)
                and _stands(mapping, slot.name, slots, loop, rejected=rejected)
                and not _ambiguous(domain, mapping, slot.name, slots, form)
            ):
                continue
            if mapping["type"] == "custom":
                action = mapping.get("action")
                if action is not None and action not in ran:
                    ran.add(action)
                    # Words of such an action are not said: Rasa drops them too.
                    events += [one for one in run(action) if one["event"] == "slot"]
                continue
            found = _values(mapping, latest)
            value = found if slot.kind == "list" else found[-1] if found else None
            if found and (value is not None or slots.get(slot.name) is not None):
                events.append({"event": "slot", "name": slot.name, "value": value})
                break
    return events


def stored(slot: Slot | None, value: Any) -> Any:
    """A value as its slot keeps it: a list's is always a list."""
    if slot is not None and slot.kind == "list" and value and not isinstance(value, list):
        return [value]
    return value


def _wants(mapping: Mapping[str, Any], intent: str, form: Form | None) -> bool:
    wanted = as_list(mapping.get("intent"))
    if wanted:
        return intent in wanted
    barred = set(as_list(mapping.get("not_intent")))
    conditions = mapping.get("conditions") or ()
    if form is not None and (
        not conditions or any(one.get("active_loop") == form.name for one in conditions)
    ):
        barred |= form.ignored
    return intent not in barred


def _stands(
    mapping: Mapping[str, Any],
    slot: str,
    slots: Mapping[str, Any],
    loop: str | None,
    *,
    rejected: bool,
) -> bool:
    conditions = mapping.get("conditions") or ()
    if not conditions:
        return True
    if rejected and slots.get(REQUESTED) == slot:
        return False
    for condition in conditions:
        wanted = condition.get("active_loop")
        asked = condition.get(REQUESTED)
        if wanted is not None and wanted == loop and asked in {None, slots.get(REQUESTED)}:
            return True
        if wanted is None and loop is None:
            return True
    return False


def _ambiguous(
    domain: Domain,
    mapping: Mapping[str, Any],
    slot: str,
    slots: Mapping[str, Any],
    form: Form | None,
) -> bool:
    """Whether another slot of the form would be filled by the same entity, and was asked for."""
    if mapping["type"] != "from_entity" or form is None or slot not in form.required:
        return False
    if slots.get(REQUESTED) == slot:
        return False
    same = json.dumps(mapping, sort_keys=True)
    alike = [
        one
        for name in form.required
        for one in domain.slots[name].mappings
        if one["type"] == "from_entity" and json.dumps(one, sort_keys=True) == same
    ]
    return len(alike) != 1


def _values(mapping: Mapping[str, Any], latest: Mapping[str, Any]) -> list[Any]:
    kind = mapping["type"]
    if kind == "from_intent":
        return [mapping["value"]]
    if kind == "from_text":
        return [latest["text"]]
    return [
        one["value"]
        for one in latest["entities"]
        if one["entity"] == mapping["entity"] and not (one.get("role") or one.get("group"))
    ]
