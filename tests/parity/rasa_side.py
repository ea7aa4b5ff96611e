"""A real Rasa 3.6.21 behind a pipe: runs in Rasa's own environment, imports nothing of ours.

One JSON object a line in, one out: {"op": "turn", ...} answers one message; {"op": "bench", ...}
times a recorded list of turns with the agent in this process, no HTTP on either side.

    python rasa_side.py MODEL.tar.gz CONNECTOR_FOLDER URL TOKEN
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

PIPE = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # whatever Rasa prints goes to stderr

import rasa.core.actions.action as rasa_actions  # noqa: E402
from rasa.core.agent import Agent  # noqa: E402
from rasa.core.channels.channel import UserMessage  # noqa: E402
from rasa.core.nlg.callback import CallbackNaturalLanguageGenerator  # noqa: E402
from rasa.core.tracker_store import InMemoryTrackerStore  # noqa: E402
from rasa.shared.core import events as rasa_events  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402
from rasa.utils.endpoints import EndpointConfig  # noqa: E402

sys.path.insert(0, sys.argv[2])
from muster_connector import NamedCollector, answer_of, forget, state_events  # noqa: E402


def endpoint(path: str) -> EndpointConfig:
    return EndpointConfig(sys.argv[3] + path, headers={"Authorization": f"Bearer {sys.argv[4]}"})


class Side:
    """The agent, and how a turn is taken."""

    def __init__(self) -> None:
        self.agent = Agent.load(sys.argv[1], action_endpoint=endpoint("/rasa/webhook"))
        self.agent.tracker_store = InMemoryTrackerStore(self.agent.domain)
        self.agent.processor.tracker_store = self.agent.tracker_store
        self.agent.processor.nlg = CallbackNaturalLanguageGenerator(endpoint("/rasa/nlg"))
        self.plain_nlg = rasa_nlg(self.agent.domain.responses)
        self.seen: set = set()

    async def turn(self, call: dict[str, Any]) -> dict[str, Any]:
        """One message; with `state`, the conversation first becomes that, as the connector does."""
        store, sender = self.agent.tracker_store, call["sender"]
        if call.get("state") is not None:
            forget(store, sender)
            tracker = DialogueStateTracker(sender, self.agent.domain.slots)
            tracker.update_with_events(state_events(call["state"]), self.agent.domain)
            await store.save(tracker)
        elif call.get("set"):
            tracker = await store.retrieve(sender)
            told = [rasa_events.SlotSet(k, v) for k, v in call["set"].items()]
            tracker.update_with_events(told, self.agent.domain)
            await store.save(tracker)
        await self.agent.handle_message(
            UserMessage(
                call["text"],
                NamedCollector(call["channel"]),
                sender,
                parse_data=call["parse_data"],
                input_channel=call["channel"],
                metadata=call["metadata"],
            )
        )
        return answer_of(await store.retrieve(sender))

    async def bench(self, conversations: list[Any]) -> dict[str, Any]:
        """Seconds for these turns; what actions returned is played back, in order."""
        played: list[Any] = []
        processor = self.agent.processor
        processor.nlg, nlg = self.plain_nlg, processor.nlg

        async def play(
            self: Any, output_channel: Any, nlg: Any, tracker: Any, domain: Any
        ) -> list[Any]:
            result = played.pop(0)
            assert result["name"] == self.name(), (result["name"], self.name())
            said = await self._utter_responses(
                json.loads(json.dumps(result["responses"])), output_channel, nlg, tracker
            )
            return said + rasa_events.deserialise_events(result["events"])

        held, rasa_actions.RemoteAction.run = rasa_actions.RemoteAction.run, play
        turns, cpu, began = 0, time.process_time(), time.perf_counter()
        try:
            for number, conversation in enumerate(conversations):
                for call in conversation:
                    played[:] = call["ran"]
                    await self.turn({**call, "sender": f"bench-{number}"})
                    assert not played, [one["name"] for one in played]
                    turns += 1
        finally:
            rasa_actions.RemoteAction.run, processor.nlg = held, nlg
        wall = time.perf_counter() - began
        return {"turns": turns, "seconds": wall, "cpu": time.process_time() - cpu}


def rasa_nlg(responses: Any) -> Any:
    from rasa.core.nlg import TemplatedNaturalLanguageGenerator

    return TemplatedNaturalLanguageGenerator(responses)


async def main() -> None:
    import rasa

    side = Side()
    print(json.dumps({"rasa": rasa.__version__}), file=PIPE, flush=True)
    for line in sys.stdin:
        call = json.loads(line)
        try:
            if call["op"] == "bench":
                answer = await side.bench(call["conversations"])
            else:
                answer = await side.turn(call)
        except Exception as error:  # noqa: BLE001 - told to the other side, which fails
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=PIPE, flush=True)


asyncio.run(main())
