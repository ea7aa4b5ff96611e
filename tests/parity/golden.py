"""Transcripts recorded from a real Rasa, replayed against our engine without one.

A transcript holds what each action returned, so only the engine is under test; the domain of
the recording lies beside it, so that words may change without a new recording.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.dialogue import ConversationState
from assistant.domain import load_domain
from assistant.engine import Engine
from tests.parity.compare import channel_of, ours
from tests.parity.report import Row
from tests.parity.speed import Playing

GOLDEN = Path(__file__).parents[1] / "golden"
KEPT = 10
DIALOGUES = {"our own": GOLDEN / "own", "the other": Path(__file__).with_name("variety")}


def record_golden(version: str, found: Sequence[Row], project: Path) -> None:
    """Write the first conversations of each dialogue, and the project they were held in."""
    kept: dict[str, list[Any]] = {}
    for row in found:
        if row.how == "keeps its own state":
            kept.setdefault(row.dialogue, row.found.conversations[:KEPT])
    for conversations in kept.values():
        for turn in (turn for held in conversations for turn in held):
            for name in ("metadata", "state", "op", "sender"):
                turn["call"].pop(name, None)
            turn["before"].pop("events")
    DIALOGUES["our own"].mkdir(parents=True, exist_ok=True)
    for name in ("domain/domain.yml", "data/rules.yml", "domain/responses.yml"):
        shutil.copy(project / name, DIALOGUES["our own"])
    text = json.dumps({"rasa": version, "dialogues": kept}, ensure_ascii=False, indent=0)
    (GOLDEN / "rasa.json").write_text(text + "\n", encoding="utf-8")


def read_golden(dialogue: str) -> list[list[dict[str, Any]]]:
    held = json.loads((GOLDEN / "rasa.json").read_text(encoding="utf-8"))
    found: list[list[dict[str, Any]]] = held["dialogues"][dialogue]
    return found


def replay(dialogue: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What our engine and what Rasa answered, turn by turn."""
    domain = load_domain(DIALOGUES[dialogue])
    for conversation in read_golden(dialogue):
        state = ConversationState.from_json(conversation[0]["before"])
        for turn in conversation:
            call = turn["call"]
            state = state.copy()
            state.slots |= call["set"]
            playing = Playing(list(call["ran"]))
            latest = {**call["parse_data"], "metadata": {}}
            state, answered = Engine(domain, playing).answer(state, channel_of(call), latest)
            yield ours(answered, state), turn["after"]
            assert not playing.ran, playing.ran
