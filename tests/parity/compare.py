"""The same conversation in our engine and in Rasa, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from assistant.dialogue import ConversationState, Turn
from assistant.engine import ActionPort, Engine, Ran
from models.vocabulary import Channel

Ask = Callable[[Mapping[str, Any]], dict[str, Any]]


class Speaking(Protocol):
    """A source of messages, the same for the same seed."""

    seed: int

    def begin(self) -> tuple[Channel, dict[str, str]]: ...
    def hear(
        self, state: ConversationState, channel: Channel, context: dict[str, str]
    ) -> dict[str, Any]: ...


@dataclass
class Recording(ActionPort):
    """Runs actions and remembers what they returned, so that a turn can be played back."""

    inner: ActionPort
    ran: list[dict[str, Any]] = field(default_factory=list)

    def run(self, name: str, tracker: dict[str, Any], domain: Mapping[str, Any]) -> Ran:
        ran = self.inner.run(name, tracker, domain)
        self.ran.append(
            {"name": name, "events": list(ran.events), "responses": list(ran.responses)}
        )
        return ran


@dataclass
class Compared:
    """What was compared, and every difference."""

    turns: int = 0
    conversations: list[list[dict[str, Any]]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    actions: dict[str, int] = field(default_factory=dict)
    responses: dict[str, int] = field(default_factory=dict)


def state_of(state: ConversationState) -> dict[str, Any]:
    """The state as it is sent to Rasa and compared with Rasa's."""
    return {
        "slots": {**state.slots, "requested_slot": state.requested},
        "loop": state.loop,
        "rejected": state.rejected,
    }


def ours(turn: Turn, state: ConversationState) -> dict[str, Any]:
    after = state_of(state)
    handed = {"filing": turn.filing, "addition": turn.addition, "handoff": turn.handoff}
    after["slots"] |= {name: value for name, value in handed.items() if name in after["slots"]}
    return {"messages": [_message(u) for u in turn.utterances], **after}


def compare(
    engine: Engine,
    people: Speaking,
    ask: Ask,
    *,
    conversations: int,
    turns: int,
    stateless: bool,
) -> Compared:
    """Hold so many conversations on both sides; stops a conversation at its first difference.

    Args:
        engine: Ours.
        people: Who speaks.
        ask: Rasa's answer to one turn.
        conversations: How many.
        turns: In each.
        stateless: Whether Rasa is given the state with every message, as our connector does;
            else it keeps its own from the first message on.

    """
    found = Compared()
    for number in range(conversations):
        recording = Recording(engine.actions)
        channel, context = people.begin()
        own = Engine(engine.domain, recording)
        state = ConversationState(slots=engine.domain.initial_slots())
        told: dict[str, Any] = {}
        held: list[dict[str, Any]] = []
        for index in range(turns):
            latest = people.hear(state, channel, context)
            before = state.to_json()
            recording.ran.clear()
            state, turn = own.answer(state.copy(), channel, latest)
            call = {
                "op": "turn",
                "sender": f"{people.seed}-{stateless}-{number}",
                "channel": channel.value,
                "text": latest["text"],
                "parse_data": {key: latest[key] for key in ("text", "intent", "entities")},
                "metadata": latest["metadata"],
                "state": _sent(before) if stateless or index == 0 else None,
                "set": told,
            }
            mine, theirs = ours(turn, state), _theirs(ask(call))
            found.turns += 1
            for name in (one["name"] for one in recording.ran):
                found.actions[name] = found.actions.get(name, 0) + 1
            for one in mine["messages"]:
                found.responses[one["response"]] = found.responses.get(one["response"], 0) + 1
            held.append(
                {"call": {**call, "ran": list(recording.ran)}, "before": before, "after": theirs}
            )
            told = {}
            if mine != theirs:
                found.differences.append({"call": call, "ours": mine, "rasa": theirs})
                break
            if turn.filing is not None:
                told = {"last_report": f"RPT-{number:06d}-{turn.filing['draft_no']}"}
                state.slots |= told
        found.conversations.append(held)
    return found


def _message(said: Any) -> dict[str, Any]:
    return {
        "response": said.response,
        "text": said.text,
        "buttons": [[b.title, b.payload] for b in said.buttons],
        "card": dict(said.card) if said.card else None,
    }


def _sent(before: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "slots": {**before["slots"], "requested_slot": before["requested"]},
        "loop": before["loop"],
        "rejected": before["rejected"],
    }


def _theirs(answer: Mapping[str, Any]) -> dict[str, Any]:
    slots = {k: v for k, v in answer["slots"].items() if k != "session_started_metadata"}
    messages = [
        {
            "response": one.get("response") or "",
            "text": one.get("text") or "",
            "buttons": [[b["title"], b["payload"]] for b in one.get("buttons") or ()],
            "card": (one.get("custom") or {}).get("card"),
        }
        for one in answer["messages"]
    ]
    return {
        "messages": messages,
        "slots": slots,
        "loop": answer["loop"],
        "rejected": answer["rejected"],
    }


def channel_of(call: Mapping[str, Any]) -> Channel:
    return Channel(call["channel"])
