"""Turns a second of the two engines alone: the same turns, actions played back on both sides."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.dialogue import ConversationState
from assistant.engine import ActionPort, Engine, Ran
from tests.parity.compare import Ask, channel_of


@dataclass
class Playing(ActionPort):
    """Returns what actions returned before, in order."""

    ran: list[dict[str, Any]]

    def run(self, name: str, tracker: dict[str, Any], domain: Mapping[str, Any]) -> Ran:
        result = self.ran.pop(0)
        assert result["name"] == name, (result["name"], name)
        return Ran(result["events"], result["responses"])


@dataclass(frozen=True)
class Speed:
    """Turns and seconds of both sides."""

    turns: int
    ours: float
    rasa: float
    ours_cpu: float
    rasa_cpu: float


def measure_speed(
    engine: Engine, conversations: Sequence[Sequence[Mapping[str, Any]]], ask: Ask
) -> Speed:
    """Both sides answer the same recorded conversations from their first message on."""
    calls = [[one["call"] for one in held] for held in conversations]
    answer = ask({"op": "bench", "conversations": calls})
    turns, seconds, cpu = 0, 0.0, 0.0
    for _ in range(5):  # ours is quick: the mean of five times over
        for held in conversations:
            state = ConversationState.from_json(held[0]["before"])
            for one in held:
                call = one["call"]
                latest = {**call["parse_data"], "metadata": call["metadata"]}
                playing = Playing(list(call["ran"]))
                began, worked = time.perf_counter(), time.process_time()
                state = state.copy()
                state.slots |= call["set"]
                Engine(engine.domain, playing).answer(state, channel_of(call), latest)
                seconds += time.perf_counter() - began
                cpu += time.process_time() - worked
                turns += 1
                assert not playing.ran
    scale = answer["turns"] / turns
    return Speed(answer["turns"], seconds * scale, answer["seconds"], cpu * scale, answer["cpu"])
