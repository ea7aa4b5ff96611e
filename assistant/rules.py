"""Rules as Rasa's RulePolicy holds them: the states that must have been, and what comes next.

Every step of every rule becomes one key: a row of states, the last of which must be the newest
of the conversation. Where several match, the one that says most wins (Rasa: the longest text).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

LISTEN: Final = "action_listen"
NOT_SET: Final = "should_not_be_set"
INTERRUPTED: Final = "loop_was_interrupted"
STAY_OUT: Final = "do_not_predict_loop_action"
Features = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a rule: an action; or how the form, or slots, must stand from here on."""

    action: str | None = None
    loop: str | None = None
    slots: Mapping[str, Features | str] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What follows an intent (or, without one, the end of a form).

    Attributes:
        loop: The form that must be active; None where that does not matter.
        slots: How slots must stand, by name: features, or NOT_SET.
        where: The file and line, for messages.

    """

    name: str
    where: str
    intent: str | None
    loop: str | None
    slots: Mapping[str, Features | str]
    steps: tuple[Step, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        return tuple(step.action for step in self.steps if step.action is not None)


@dataclass(frozen=True, slots=True)
class State:
    """A conversation (or what a rule asks of it) after `action`.

    Attributes:
        intent: Of the newest message; None: none, or any.
        loop: The active form; None: none, or any; NOT_SET: there must be none.
        slots: Features of those that influence rules.

    """

    action: str
    intent: str | None
    loop: str | None
    slots: Mapping[str, Features | str]

    def fits(self, asked: State) -> bool:
        """Whether this conversation is as a rule asks."""
        if asked.action != self.action:
            return False
        if asked.intent is not None and asked.intent != self.intent:
            return False
        if asked.loop is not None and (
            self.loop is not None if asked.loop == NOT_SET else asked.loop != self.loop
        ):
            return False
        return all(
            name not in self.slots if value == NOT_SET else self.slots.get(name) == value
            for name, value in asked.slots.items()
        )

    def to_json(self) -> dict[str, Any]:
        made: dict[str, Any] = {"prev_action": {"action_name": self.action}}
        if self.intent is not None:
            made["user"] = {"intent": self.intent}
        if self.loop is not None:
            made["active_loop"] = {"name": self.loop}
        if self.slots:
            made["slots"] = dict(self.slots)
        return made


@dataclass(frozen=True, slots=True)
class Key:
    """States that must have been, the oldest first, and what follows."""

    states: tuple[State, ...]
    then: str
    rule: Rule

    @property
    def text(self) -> str:
        """As Rasa writes it; its length says how much it asks."""
        return json.dumps([one.to_json() for one in self.states], sort_keys=True)

    def fits(self, history: Sequence[State]) -> bool:
        if len(history) < len(self.states):
            return False
        newest = history[len(history) - len(self.states) :]
        return all(seen.fits(asked) for seen, asked in zip(newest, self.states, strict=True))


@dataclass(frozen=True, slots=True)
class Prediction:
    """What comes next; `interrupted`: the form comes back and does not read the message."""

    action: str | None
    interrupted: bool = False


class RuleBook:
    """Every rule of a domain, ready to be asked."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Compile them.

        Raises:
            Clash: Two rules want different things of the same conversation.

        """
        self.keys: dict[str, Key] = {}
        self.unhappy: dict[str, Key] = {}
        for rule in rules:
            for key in _keys(rule):
                held = self.keys.setdefault(key.text, key)
                if held.then != key.then:
                    raise Clash(held.rule, rule)
                if (aside := _aside(key)) is not None:
                    self.unhappy[aside.text] = aside
        self._by_action = _by_last_action(self.keys)
        self._unhappy_by_action = _by_last_action(self.unhappy)

    def best(self, history: Sequence[State]) -> Rule | None:
        """The rule that says most of this conversation."""
        fitting = [(n, key) for n, key in self._by_action[history[-1].action] if key.fits(history)]
        return max(fitting, key=lambda one: one[0])[1].rule if fitting else None

    def predict(self, history: Sequence[State]) -> Prediction:
        """What the rules say; a form that goes well is not their affair.

        Args:
            history: The conversation's states, the newest last; at least one.

        """
        last = history[-1]
        fitting = [(n, key) for n, key in self._by_action[last.action] if key.fits(history)]
        best = max(fitting, key=lambda one: one[0])[1] if fitting else None
        then = best.then if best else None
        if last.loop is None:
            return Prediction(then)
        aside = {k.then for _, k in self._unhappy_by_action[last.action] if k.fits(history)}
        if best is not None and then == LISTEN and best.states[-1].loop in {None, NOT_SET}:
            if STAY_OUT not in aside:
                return Prediction(last.loop)  # a rule for anywhere has spoken; back to the form
            then = None
        return Prediction(then, interrupted=INTERRUPTED in aside)


def check_contradictions(book: RuleBook, initial: Mapping[str, Features]) -> None:
    """Every rule, gone through alone, leads where it says, as Rasa checks when it trains.

    Args:
        book: The rules.
        initial: Features of the slots that are set from the start: they can bring another rule in.

    Raises:
        Clash: Another rule would speak instead.

    """
    for key in book.keys.values():
        states = [
            State(
                asked.action,
                asked.intent,
                None if asked.loop == NOT_SET else asked.loop,
                {
                    name: value
                    for name, value in {**initial, **asked.slots}.items()
                    if value != NOT_SET
                },
            )
            for asked in key.states
        ]
        last = states[-1]
        if last.loop is not None and key.then in {LISTEN, last.loop}:
            happy = LISTEN if last.action == last.loop else last.loop
            if happy == key.then:
                continue
        if book.predict(states).action != key.then:
            raise Clash(book.best(states) or key.rule, key.rule)


class Clash(Exception):  # noqa: N818 - told on as a BadDialogueError
    """Two rules contradict each other."""

    def __init__(self, one: Rule, other: Rule) -> None:
        super().__init__(f"rules {one.name!r} ({one.where}) and {other.name!r} ({other.where})")
        self.one, self.other = one, other


def _keys(rule: Rule) -> Iterator[Key]:
    loop = rule.loop
    slots = dict(rule.slots)
    states: list[State] = []
    if rule.intent is not None:
        states.append(State(LISTEN, rule.intent, loop, dict(slots)))
    for step, upcoming in zip(rule.steps, [*rule.steps[1:], None], strict=True):
        if step.action is not None:
            if states:
                yield Key(tuple(states), step.action, rule)
            states.append(State(step.action, rule.intent, loop, dict(slots)))
        elif step.loop is not None:
            loop = step.loop
        elif step.slots is not None:
            slots.update(step.slots)
        if step.action is None and states:
            held = states[-1]
            states[-1] = State(held.action, held.intent, loop, dict(slots))
        if upcoming is None:
            yield Key(tuple(states), LISTEN, rule)


def _aside(key: Key) -> Key | None:
    """What a rule inside a form tells the form: stay out, or do not read this message."""
    last = key.states[-1]
    if last.loop is None or last.loop == NOT_SET:
        return None
    before = [State(one.action, None, None, {}) for one in key.states[-2:-1]]
    if last.action == LISTEN:
        said = INTERRUPTED if key.then == last.loop else None
    else:
        said = STAY_OUT if key.then != last.loop else None
    return None if said is None else Key((*before, last), said, key.rule)


def _by_last_action(keys: Mapping[str, Key]) -> Mapping[str, list[tuple[int, Key]]]:
    found: dict[str, list[tuple[int, Key]]] = defaultdict(list)
    for text, key in keys.items():
        found[key.states[-1].action].append((len(text), key))
    return found
