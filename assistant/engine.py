"""One turn of dialogue: a message and a state in, what to say and a new state out.

Interprets the subset of Rasa 3.6 that the domain uses: rules of one intent with an optional
form, one extractor action that fills slots on every turn, forms whose validation action says
what is still needed, and rasa-sdk actions. As in Rasa, an active form comes first; where it
got nothing it asked for, the rules have their say, and then it asks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from assistant.choices import inbound
from assistant.dialogue import Button, ConversationState, Said, Turn, Utterance
from assistant.domain import Domain
from assistant.nlg import choose_variant, fill
from assistant.understanding import choose_intent
from models.vocabulary import Channel

_EXTRACT: Final = "action_extract"
_FALLBACK: Final = "utter_unclear"
_STEPS: Final = 12
REQUESTED: Final = "requested_slot"
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


@dataclass(frozen=True, slots=True)
class Engine:
    """The dialogue of one domain. Pure but for the actions, which are pure themselves."""

    domain: Domain
    actions: ActionPort

    def open(self, channel: Channel) -> tuple[ConversationState, Turn]:
        """The state and the words a conversation begins with."""
        state = ConversationState(slots=self.domain.initial_slots())
        run = _Run(self.domain, self.actions, state, Said("", channel))
        run.utter({"response": "utter_greet"})
        return state, run.result()

    def turn(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        """Answer one message; `before` is left as it was."""
        state = before.copy()
        for name, value in self.domain.initial_slots().items():
            state.slots.setdefault(name, value)
        run = _Run(self.domain, self.actions, state, said)
        run.go()
        return state, run.result()


@dataclass
class _Run:
    domain: Domain
    actions: ActionPort
    state: ConversationState
    said: Said
    utterances: list[Utterance] = field(default_factory=list)
    latest: dict[str, Any] = field(default_factory=dict)
    listening: bool = True
    touched: set[str] = field(default_factory=set)

    def go(self) -> None:
        intent = self._hear()
        self.state.issued = []
        self._apply(self._call(_EXTRACT))
        queue: list[str] = []
        handled = False
        if self.state.loop is not None:
            queue, handled = self._run_form(self.state.loop)
        if not handled:
            rule = self.domain.rule(intent, self.state.loop)
            queue = list(rule.actions) if rule else [_FALLBACK]
        for _ in range(_STEPS):
            if not queue:
                break
            name = queue.pop(0)
            if name in self.domain.forms:
                then, taken = self._run_form(name)
                queue = then + queue if taken else [_FALLBACK]
            elif name in self.domain.responses:
                self.utter({"response": name})
            else:
                self._apply(self._call(name))
            self.listening = False

    def result(self) -> Turn:
        slots = self.state.slots
        filing, addition = slots.get("filing"), slots.get("addition")
        slots["filing"] = slots["addition"] = None
        last = self.utterances[-1] if self.utterances else None
        self.state.issued = [[b.title, b.payload] for b in last.buttons] if last else []
        return Turn(tuple(self.utterances), filing, addition)

    def _hear(self) -> str:
        said, state = self.said, self.state
        chosen = inbound(said.text, said.payload, state.issued, digits=said.channel is Channel.SMS)
        intent = chosen.intent if chosen else choose_intent(said, state)
        entities = dict(chosen.entities) if chosen else {}
        self.latest = {
            "text": said.text,
            "intent": {"name": intent, "confidence": 1.0 if chosen else said.act_probability},
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
            "metadata": {
                "channel": said.channel.value,
                "chosen": chosen is not None,
                "facts": dict(said.facts),
                "category": dict(said.category),
                "known": dict(said.known) if said.known else None,
                "mine": [dict(one) for one in said.mine],
                "attachments": list(said.attachments),
                "context": dict(said.context),
            },
        }
        self.state.events.append(
            # Without the words: they stand in `message` and `report_text` alone.
            {"event": "user", "text": None, "parse_data": {"intent": {"name": intent}}}
        )
        return intent

    def _run_form(self, form: str) -> tuple[list[str], bool]:
        """Run a form; returns the actions it ends in, and whether it took the message."""
        state = self.state
        going_on = state.loop == form
        if not going_on:
            state.loop, state.requested = form, None
        candidates = {
            name: state.slots.get(name)
            for name in self.touched
            if going_on and self.listening and name == state.requested
        }
        new = self._call(f"validate_{form}", [{"event": "action", "name": form}], candidates)
        more = [e for e in new if e["event"] == "slot" and e["name"] != REQUESTED]
        rejected = going_on and self.listening and state.requested is not None
        if rejected and state.requested not in self.touched and not more:
            return [], False
        asked = [e["value"] for e in new if e["event"] == "slot" and e["name"] == REQUESTED]
        self._apply(more)
        state.requested = asked[-1] if asked else None
        if state.requested is None:
            state.loop = None
            return list(self.domain.submit.get(form, ())), True
        ask = f"action_ask_{state.requested}"
        if ask in self.domain.actions:
            self._apply(self._call(ask))
        else:
            self.utter({"response": f"utter_ask_{state.requested}"})
        return [], True

    def _call(
        self,
        name: str,
        extra: Sequence[Event] = (),
        candidates: Mapping[str, Any] | None = None,
    ) -> list[Event]:
        slots = [{"event": "slot", "name": k, "value": v} for k, v in (candidates or {}).items()]
        tracker = {
            "sender_id": "",
            "slots": {**self.state.slots, REQUESTED: self.state.requested},
            "latest_message": self.latest,
            "latest_input_channel": self.said.channel.value,
            "events": [*self.state.events, *extra, *slots],
            "paused": False,
            "followup_action": None,
            "active_loop": {"name": self.state.loop} if self.state.loop else {},
            "latest_action_name": "action_listen",
        }
        ran = self.actions.run(name, tracker, self.domain.raw)
        for response in ran.responses:
            self.utter(response)
        return [dict(event) for event in ran.events]

    def _apply(self, events: Sequence[Event]) -> None:
        for event in events:
            if event["event"] == "slot" and event["name"] == REQUESTED:
                self.state.requested = event["value"]
            elif event["event"] == "slot":
                self.state.slots[event["name"]] = event["value"]
                if event["value"] is not None:
                    self.touched.add(event["name"])
            elif event["event"] == "active_loop":
                self.state.loop = event.get("name")
        self.state.events.extend(
            {"event": "slot", "name": e["name"], "value": None}
            for e in events
            if e["event"] == "slot" and e["name"] == REQUESTED
        )

    def utter(self, message: Mapping[str, Any]) -> None:
        """Say what an action or a rule asks for, in the words of the channel."""
        name = str(message.get("response") or "")
        variant: Mapping[str, Any] = {}
        if name:
            variant = choose_variant(self.domain.responses[name], self.said.channel.value)
        buttons = message.get("buttons") or variant.get("buttons") or ()
        known = {"text", "response", "template", "buttons", "custom", "image", "attachment"}
        values = {
            **self.state.slots,
            **{k: v for k, v in message.items() if k not in known},
        }
        text = fill(str(message.get("text") or variant.get("text") or ""), values)
        self.utterances.append(
            Utterance(
                response=name,
                text=text,
                buttons=tuple(Button(str(b["title"]), str(b["payload"])) for b in buttons),
                card=(message.get("custom") or {}).get("card"),
            )
        )
        self.state.events.append({"event": "bot", "text": None, "metadata": {"utter": name}})
