"""The rules of a rules file: one message each, refused where they say more than the engine does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from assistant.domain_parts import REQUESTED, BadDialogueError, Document, Form, Slot, as_list
from assistant.marked_yaml import line_of
from assistant.rules import LISTEN, NOT_SET, Features, Rule, Step

_RULE_KEYS: Final = frozenset({"rule", "condition", "steps"})
_STEP_KEYS: Final = frozenset({"intent", "action", "active_loop", "slot_was_set"})
_BUILT_IN: Final = frozenset({LISTEN})
_ANY: Final = object()
"""A slot named without a value: it must be set."""


def parse_rules(
    document: Document,
    *,
    intents: frozenset[str],
    forms: Mapping[str, Form],
    slots: Mapping[str, Slot],
    known: frozenset[str],
) -> tuple[Rule, ...]:
    """Every rule, in order.

    Args:
        document: The rules file.
        intents: Those declared.
        forms: By name.
        slots: By name.
        known: Actions and responses.

    """
    entries = document.content.get("rules") or []
    names: set[str] = set()
    found = []
    for index, entry in enumerate(entries):
        for key in entry if isinstance(entry, dict) else ():
            if key not in _RULE_KEYS:
                raise document.refuse(
                    f"{key!r} is not interpreted in a rule; write rule, condition and steps.",
                    entry,
                    key,
                )
        if not isinstance(entry, dict) or not entry.get("rule") or not entry.get("steps"):
            raise document.refuse("a rule needs a name and steps.", entries, index)
        if entry["rule"] in names:
            raise document.refuse(f"there is another rule {entry['rule']!r}.", entries, index)
        names.add(entry["rule"])
        found.append(_Reader(document, entry, intents, forms, slots, known).read())
    return tuple(found)


def check_covered(
    document: Document,
    rules: Sequence[Rule],
    intents: frozenset[str],
    forms: Mapping[str, Form],
) -> None:
    """Every intent is answered everywhere: Rasa takes the message back where no rule speaks."""
    anywhere = {rule.intent for rule in rules if rule.loop is None and not rule.slots}
    for intent in sorted(intents - anywhere):
        lacking = [
            form
            for form in forms
            if not any(r.intent == intent and r.loop == form and not r.slots for r in rules)
        ]
        where = f"in {lacking[0]}" if lacking else "outside every form"
        raise document.refuse(
            f"no rule answers the intent {intent!r} {where}. Add one.", document.content, "rules"
        )
    for form in forms:
        if not any(rule.intent is None and rule.actions[0] == form for rule in rules):
            raise document.refuse(
                f"no rule says what follows when {form!r} is complete. Add one.",
                document.content,
                "rules",
            )


class _Reader:
    """One rule, read step by step."""

    def __init__(
        self,
        document: Document,
        entry: dict[str, Any],
        intents: frozenset[str],
        forms: Mapping[str, Form],
        slots: Mapping[str, Slot],
        known: frozenset[str],
    ) -> None:
        self.document, self.entry, self.name = document, entry, entry["rule"]
        self.intents, self.forms, self.slots = intents, forms, slots
        self.known = known | frozenset(forms) | _BUILT_IN

    def read(self) -> Rule:
        loop, slots = self._condition()
        steps = self.entry["steps"]
        for index, step in enumerate(steps):
            self._check_step(steps, index, step)
        intent = steps[0].get("intent")
        rest = steps[1:] if intent is not None else steps
        found = tuple(self._step(step) for step in rest)
        if not any(step.action for step in found):
            raise self._refuse("does nothing: name an action.", steps)
        if intent is None and found[0].action not in self.forms:
            raise self._refuse("must begin with an intent or a form.", steps, 0)
        self._check_forms(steps, found, intent, loop)
        where = f"{self.document.name}:{line_of(self.entry)}"
        return Rule(self.name, where, intent, loop, slots, found)

    def _condition(self) -> tuple[str | None, dict[str, Features | str]]:
        loop: str | None = None
        slots: dict[str, Features | str] = {}
        for part in self.entry.get("condition") or ():
            if not isinstance(part, dict) or not set(part) <= {"active_loop", "slot_was_set"}:
                raise self._refuse("may have the conditions active_loop and slot_was_set.", part)
            if "active_loop" in part:
                loop = self._loop(part)
            slots.update(self._slots(part))
        return loop, slots

    def _check_step(self, steps: Any, index: int, step: Any) -> None:
        if not isinstance(step, dict):
            raise self._refuse("has a step that is no mapping.", steps, index)
        if "or" in step:
            raise self._refuse("uses 'or'; write one rule for each intent.", step, "or")
        if "checkpoint" in step:
            raise self._refuse("uses a checkpoint; write its steps out.", step, "checkpoint")
        if "user" in step or "bot" in step:
            raise self._refuse("quotes words; name an intent and an action.", step)
        for key in step:
            if key not in _STEP_KEYS:
                raise self._refuse(f"has a step with {key!r}, which is not interpreted.", step, key)
        if "intent" in step and index:
            raise self._refuse(
                "goes over several messages; a rule is one message and its answers.",
                step,
                "intent",
            )
        if "intent" in step and step["intent"] not in self.intents:
            raise self._refuse(
                f"names {step['intent']!r}: add it to intents in domain.yml.", step, "intent"
            )
        if "action" in step and step["action"] not in self.known:
            raise self._refuse(f"names {step['action']!r}: add it to domain.yml.", step, "action")

    def _step(self, step: Mapping[str, Any]) -> Step:
        if "action" in step:
            return Step(action=step["action"])
        if "active_loop" in step:
            return Step(loop=self._loop(step))
        return Step(slots=self._slots(step))

    def _loop(self, holder: Mapping[str, Any]) -> str:
        loop = holder["active_loop"]
        if loop is None:
            return NOT_SET
        if loop not in self.forms:
            raise self._refuse(f"names {loop!r}, no form.", holder, "active_loop")
        return str(loop)

    def _slots(self, holder: Mapping[str, Any]) -> dict[str, Features | str]:
        found: dict[str, Features | str] = {}
        for one in as_list(holder.get("slot_was_set")):
            pairs = one.items() if isinstance(one, dict) else [(one, _ANY)]
            for name, value in pairs:
                if name == REQUESTED:
                    continue  # Rasa's own slot influences no rule
                if name not in self.slots:
                    raise self._refuse(f"names the slot {name!r}, which is not declared.", holder)
                slot = self.slots[name]
                if not slot.influences:
                    raise self._refuse(
                        f"waits for {name!r}, which no rule sees: take influence_conversation: "
                        "false off it.",
                        holder,
                    )
                found[name] = self._features(slot, value, holder)
        return found

    def _features(self, slot: Slot, value: Any, holder: object) -> Features | str:
        if value is None and slot.kind == "list":
            raise self._refuse(
                f"waits for {slot.name!r} to be null; Rasa takes that for a list of one.", holder
            )
        if value is None:
            return NOT_SET
        if value is _ANY and slot.kind not in {"text", "list"}:
            raise self._refuse(f"names {slot.name!r} alone: say its value too.", holder)
        found = slot.features([value] if value is _ANY else value)
        if not found:
            raise self._refuse(
                f"waits for a value of {slot.name!r} that Rasa does not see. Say null, or another.",
                holder,
            )
        return found

    def _check_forms(
        self, steps: Any, found: Sequence[Step], intent: str | None, loop: str | None
    ) -> None:
        """After a form, a rule says how the form stands, or Rasa takes it for incomplete."""
        for index, step in enumerate(found):
            if step.action not in self.forms:
                continue
            after = found[index + 1] if index + 1 < len(found) else None
            if intent is None:
                if loop != step.action or after is None or after.loop != NOT_SET:
                    raise self._refuse(
                        f"says what follows {step.action!r}: it needs the condition active_loop: "
                        f"{step.action}, and active_loop: null after the form.",
                        steps,
                    )
            elif after is None or after.loop != step.action or index + 2 < len(found):
                raise self._refuse(
                    f"begins or goes on with {step.action!r}: end it with active_loop: "
                    f"{step.action}.",
                    steps,
                )

    def _refuse(
        self, sentence: str, holder: object, key: str | int | None = None
    ) -> BadDialogueError:
        return self.document.refuse(f"rule {self.name!r} {sentence}", holder, key)
