"""One turn of dialogue: a message and a state in, what to say and a new state out.

Interprets what `assistant.domain` lets in, as Rasa 3.6 does: slots are filled first; an active
form comes before the rules and hands on what answers nothing it asked; every action is followed
by the next prediction, until one listens; where no rule speaks, the message is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from typing_extensions import override

from assistant.dialogue import HANDED_OVER, Button, ConversationState, Said, Turn, Utterance
from assistant.domain import Domain
from assistant.domain_parts import REQUESTED, BadDialogueError
from assistant.forms import FormRejectedError, run_form
from assistant.hearing import hear
from assistant.mappings import fill_slots, stored
from assistant.nlg import choose_variant, render_response
from assistant.rules import LISTEN, Prediction, State
from models.vocabulary import Channel

FALLBACK: Final = "action_default_fallback"
_DEFAULT: Final = "utter_default"
_STEPS: Final = 10
_EXTRAS: Final = frozenset(
    {"text", "response", "template", "buttons", "elements", "custom", "image", "attachment"}
)
Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ran:
    """What an action returned: events and messages, in Rasa's notation."""

    events: Sequence[Event]
    responses: Sequence[Mapping[str, Any]]


class ActionPort(Protocol):
    """Runs one action on a tracker's state."""

    def run(self, name: str, tracker: dict[str, Any], domain: Mapping[str, Any]) -> Ran:
        """Run it to its end; it does no I/O."""
        ...


class DialoguePort(Protocol):
    """Who decides what is said: the engine of this process, or a Rasa server."""

    def open(self, channel: Channel, language: str | None = None) -> tuple[ConversationState, Turn]:
        """The state and the words a conversation begins with, in a language if it is spoken."""
        ...

    def turn(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        """Answer one message; `before` is left as it was."""
        ...


@dataclass(frozen=True, slots=True)
class Engine(DialoguePort):
    """The dialogue of one domain. Pure but for the actions, which are pure themselves."""

    domain: Domain
    actions: ActionPort

    @override
    def open(self, channel: Channel, language: str | None = None) -> tuple[ConversationState, Turn]:
        return open_conversation(self.domain, channel, language)

    @override
    def turn(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        state = before.copy()
        for name, value in self.domain.initial_slots().items():
            state.slots.setdefault(name, value)
        return self.answer(state, said.channel, hear(said, state))

    def answer(
        self, state: ConversationState, channel: Channel, latest: Mapping[str, Any]
    ) -> tuple[ConversationState, Turn]:
        """Answer a message that was heard already; `state` becomes the new one."""
        run = _Run(self.domain, self.actions, state, channel, dict(latest))
        run.go()
        return state, close_turn(state, run.utterances)


def open_conversation(
    domain: Domain, channel: Channel, language: str | None = None
) -> tuple[ConversationState, Turn]:
    """A fresh state and the greeting, in a language if it is spoken here."""
    state = ConversationState(slots=domain.initial_slots())
    if language in domain.responses.languages:
        state.slots["language"] = language
    greeting = render_utterance(domain, {"response": "utter_greet"}, state.slots, channel.value)
    return state, close_turn(state, [greeting] if greeting else [])


def close_turn(state: ConversationState, utterances: Sequence[Utterance]) -> Turn:
    """What a turn brought; what is to be recorded leaves the state with it."""
    slots = state.slots
    filing, addition, handoff = (slots.get(name) for name in HANDED_OVER)
    slots |= {name: None for name in HANDED_OVER if name in slots}
    last = utterances[-1] if utterances else None
    state.issued = [[b.title, b.payload] for b in last.buttons] if last else []
    return Turn(tuple(utterances), filing, addition, handoff)


def render_utterance(
    domain: Domain, message: Mapping[str, Any], slots: Mapping[str, Any], channel: str
) -> Utterance | None:
    """What an action or a rule asks to say, in the words of the channel and the language."""
    name = str(message.get("response") or "")
    text = ""
    buttons: list[Mapping[str, str]] = []
    if name:
        variants = domain.responses.variants(name, slots.get("language"))
        if not variants:
            return None
        values = {**slots, **{k: v for k, v in message.items() if k not in _EXTRAS}}
        text, ours = render_response(choose_variant(variants, channel, slots), values)
        buttons.extend(ours)
    buttons = [*buttons, *(message.get("buttons") or ())]
    return Utterance(
        response=name,
        text=str(message.get("text") or text),
        buttons=tuple(Button(str(b["title"]), str(b["payload"])) for b in buttons),
        card=(message.get("custom") or {}).get("card"),
    )


@dataclass
class _Run:
    """One turn under way. `history` are the states that the rules see."""

    domain: Domain
    actions: ActionPort
    state: ConversationState
    channel: Channel
    latest: dict[str, Any]
    utterances: list[Utterance] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    history: list[State] = field(default_factory=list)
    last_action: str = LISTEN
    interrupted: bool = False
    refused: str | None = None

    def go(self) -> None:
        state = self.state
        state.issued = []
        before = state.copy()
        kept = len(state.events)
        self.events.append({"event": "user", "text": None, "parse_data": self.latest})
        # Kept without the words: they stand in `message` and `report_text` alone.
        heard = {"intent": {"name": self.latest["intent"]["name"]}}
        state.events.append({"event": "user", "text": None, "parse_data": heard})
        self.apply(self.extract())
        self._look()
        for _ in range(_STEPS):
            prediction = self._predict()
            if prediction.action == LISTEN:
                return
            if prediction.action is None:
                self._fall_back(before, kept)
                return
            self.interrupted = prediction.interrupted
            if prediction.action in self.domain.forms:
                try:
                    self._form(prediction.action)
                except FormRejectedError:
                    state.rejected = True
                    self.refused = prediction.action
                    continue
            elif prediction.action in self.domain.responses:
                self.utter({"response": prediction.action})
            else:
                self.apply(self.call(prediction.action))
            self.last_action, self.refused = prediction.action, None
            self._look()

    def extract(self) -> list[Event]:
        """What the message fills by itself."""
        return fill_slots(
            self.domain,
            self.latest,
            {**self.state.slots, REQUESTED: self.state.requested},
            self.state.loop,
            rejected=self.state.rejected,
            run=lambda name: self.call(name, silent=True),
        )

    def _predict(self) -> Prediction:
        state = self.state
        if state.loop is not None and not state.rejected:
            return Prediction(LISTEN if self.last_action == state.loop else state.loop)
        found = self.domain.book.predict(self.history)
        # What has just refused is not asked again: Rasa takes the message back.
        return Prediction(None) if found.action == self.refused else found

    def _form(self, name: str) -> None:
        said = len(self.utterances)
        going_well = self.state.loop == name and not self.state.rejected
        try:
            run_form(self, self.domain.forms[name])
        except FormRejectedError:
            del self.utterances[said:]
            raise
        if going_well and self.last_action == LISTEN:
            self.history.clear()  # rules do not see the answers that a form took
        self.state.rejected = False

    def _look(self) -> None:
        slots = self.domain.slots
        seen = {
            name: features
            for name, value in self.state.slots.items()
            if name in slots and (features := slots[name].features(value))
        }
        intent = self.latest["intent"]["name"]
        self.history.append(State(self.last_action, intent, self.state.loop, seen))

    def _fall_back(self, before: ConversationState, kept: int) -> None:
        """No rule speaks: say so, and be where we were before the message."""
        if _DEFAULT in self.domain.responses:
            self.utter({"response": _DEFAULT})
        state = self.state
        state.slots, state.loop, state.requested = before.slots, before.loop, before.requested
        state.rejected = before.rejected
        state.events = [*state.events[:kept], *(e for e in self.events if e["event"] == "bot")]

    def call(
        self,
        name: str,
        extra: Sequence[Event] = (),
        *,
        silent: bool = False,
    ) -> list[Event]:
        """Run an action; `extra` are events that it sees and that are not so yet."""
        slots = {**self.state.slots, REQUESTED: self.state.requested}
        slots |= {one["name"]: one["value"] for one in extra if one["event"] == "slot"}
        tracker = {
            "sender_id": "",
            "slots": slots,
            "latest_message": self.latest,
            "latest_input_channel": self.channel.value,
            "events": [*self.state.events, *self.events, *extra],
            "paused": False,
            "followup_action": None,
            "active_loop": {"name": self.state.loop} if self.state.loop else {},
            "latest_action_name": self.last_action,
        }
        ran = self.actions.run(name, tracker, self.domain.raw)
        for response in () if silent else ran.responses:
            self.utter(response, slots)
        return [dict(event) for event in ran.events]

    def apply(self, events: Sequence[Event]) -> None:
        """Make events so.

        Raises:
            BadDialogueError: An action returned one that Rasa follows by other rules than ours.

        """
        for event in events:
            kind = event["event"]
            if kind == "slot" and event["name"] == REQUESTED:
                self.state.requested = event["value"]
            elif kind == "slot":
                name = event["name"]
                if name in self.domain.slots:
                    self.state.slots[name] = stored(self.domain.slots[name], event["value"])
            elif kind == "active_loop":
                self.state.loop = event.get("name")
                self.state.rejected = False
            else:
                raise BadDialogueError(
                    f"An action returned the event {kind!r}. Return slots, and name what follows "
                    "in rules.yml."
                )
            self.events.append(event)

    def utter(self, message: Mapping[str, Any], slots: Mapping[str, Any] | None = None) -> None:
        """Say what an action, a form or a rule asks for."""
        said = render_utterance(
            self.domain, message, self.state.slots if slots is None else slots, self.channel.value
        )
        if said is not None:
            self.utterances.append(said)
            event = {"event": "bot", "text": None, "metadata": {"utter": said.response}}
            self.state.events.append(event)
            self.events.append(event)
