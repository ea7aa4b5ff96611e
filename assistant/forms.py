"""A form's step, as Rasa's FormAction takes it: fill, check, ask for the next, or be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from assistant.dialogue import ConversationState, Utterance
from assistant.domain import Domain
from assistant.domain_parts import REQUESTED, Form, ask_names
from assistant.rules import LISTEN

Event = dict[str, Any]


class FormRejectedError(Exception):
    """The message answers nothing that the form asked for; the rules have their say."""


class Turning(Protocol):
    """What a form needs of the turn it stands in."""

    @property
    def domain(self) -> Domain: ...
    @property
    def state(self) -> ConversationState: ...
    @property
    def events(self) -> Sequence[Event]: ...
    @property
    def utterances(self) -> Sequence[Utterance]: ...
    @property
    def last_action(self) -> str: ...
    @property
    def interrupted(self) -> bool: ...

    def extract(self) -> list[Event]: ...
    def call(self, name: str, extra: Sequence[Event] = ...) -> list[Event]: ...
    def apply(self, events: Sequence[Event]) -> None: ...
    def utter(self, message: Mapping[str, Any]) -> None: ...


def run_form(turn: Turning, form: Form) -> None:
    """Take one step of a form.

    Raises:
        FormRejectedError: It waits for an answer, and this message is none.

    """
    state = turn.state
    if state.loop != form.name:
        turn.apply([{"event": "active_loop", "name": form.name}])
        said = len(turn.utterances)
        checked = _begin(turn, form)
        if not checked and len(turn.utterances) == said:
            checked = _check(turn, form, requested=None)
    elif turn.last_action == LISTEN and not turn.interrupted:
        checked = _check(turn, form, requested=state.requested)
    else:
        checked = _validate(turn, form, {})
    turn.apply(checked)
    asked = [e["value"] for e in checked if e["event"] == "slot" and e["name"] == REQUESTED]
    loops = [e.get("name") for e in checked if e["event"] == "active_loop"]
    if (asked and asked[-1] is None) or (loops and loops[-1] is None):
        _end(turn)
        return
    wanted = asked[0] if asked else _next_slot(state, form)
    if wanted is None:
        _end(turn)
        return
    state.requested = wanted
    _ask(turn, form, wanted)


def _begin(turn: Turning, form: Form) -> list[Event]:
    """The message fills once more, now that the form is active; what was known is checked."""
    filled = turn.extract()
    turn.apply(filled)
    known = {
        name: turn.state.slots[name]
        for name in form.required
        if turn.state.slots.get(name) is not None
    }
    if f"validate_{form.name}" not in turn.domain.actions:
        return filled
    checked = _validate(turn, form, known)
    named = {one["name"] for one in checked if one["event"] == "slot"}
    return [*checked, *(one for one in filled if one["name"] not in named)]


def _check(turn: Turning, form: Form, *, requested: str | None) -> list[Event]:
    """Check what the message filled; reject it when it filled nothing of the form's."""
    wanted = {*form.required, *([requested] if requested else [])}
    found = {
        one["name"]: one["value"]
        for one in turn.events
        if one["event"] == "slot" and one["name"] in wanted
    }
    checked = _validate(turn, form, found)
    changed = any(one["event"] == "slot" and one["name"] != REQUESTED for one in checked)
    if requested and not found and not changed:
        raise FormRejectedError
    return checked


def _validate(turn: Turning, form: Form, found: Mapping[str, Any]) -> list[Event]:
    action = f"validate_{form.name}"
    if action not in turn.domain.actions:
        return []
    slots = [{"event": "slot", "name": name, "value": value} for name, value in found.items()]
    return turn.call(action, [{"event": "action", "name": form.name}, *slots])


def _next_slot(state: ConversationState, form: Form) -> str | None:
    return next((name for name in form.required if state.slots.get(name) is None), None)


def _ask(turn: Turning, form: Form, slot: str) -> None:
    for name in ask_names(form.name, slot):
        if name in turn.domain.actions:
            turn.apply(turn.call(name))
            return
        if name in turn.domain.responses:
            turn.utter({"response": name})
            return


def _end(turn: Turning) -> None:
    turn.state.requested = None
    turn.state.loop = None
    turn.state.rejected = False
