"""People who say anything: conversations by chance, the same for the same seed."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assistant.dialogue import ConversationState, Said
from assistant.hearing import hear
from assistant.readings import understood
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.vocabulary import Channel

DATA = Path(__file__).parents[2] / "training_data"
SHORT = (
    "yes", "no", "cancel", "start over", "I don't know", "ok", "send it", "new", "hello", "thanks",
    "just send it already", "works again", "it is worse now", "everyone", "me", "/restart",
    '/inform{"service": "vpn"}', "2", "...", "ja", "nein", "forget it", "just me", "my whole team",
    "that helped", "still the same", "one moment", "it came back", "hat geholfen",
)  # fmt: skip


@dataclass
class People:
    """A source of messages."""

    seed: int
    catalogue: Catalogue
    reader: Reader
    texts: Sequence[str] = field(default_factory=lambda: read_texts())
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def begin(self) -> tuple[Channel, dict[str, str]]:
        context = {}
        if self.dice.random() < 0.3:
            context["service"] = self.dice.choice(self.catalogue.services).id
        if self.dice.random() < 0.3:
            context["site"] = self.dice.choice(self.catalogue.sites).id
        return self.dice.choice((Channel.WEB, Channel.WEB, Channel.SMS)), context

    def hear(
        self, state: ConversationState, channel: Channel, context: dict[str, str]
    ) -> dict[str, Any]:
        """The next message, as both sides are given it."""
        return hear(self.say(state, channel, context), state)

    def say(self, state: ConversationState, channel: Channel, context: dict[str, str]) -> Said:
        """The next message, read by the real reader where it has words."""
        dice = self.dice
        text, payload = self._words(state, channel)
        said = Said(
            text,
            channel,
            payload,
            mine=tuple(self._mine()),
            attachments=tuple(f"file-{dice.randrange(9)}" for _ in range(dice.random() < 0.1)),
            context=context,
        )
        if not text.strip() or payload is not None:
            return said
        asked = {"same": "join", "description": "more", "helped": "more"}.get(
            state.requested or "", state.requested
        )
        said = understood(said, self.reader.hear(text, asked=asked))
        if dice.random() < 0.25 and not state.slots.get("description"):
            said = replace(said, known=self._known())
        if dice.random() < 0.25 and not state.slots.get("description"):
            said = replace(said, article=self._article())
        return replace(said, questions=self._questions()) if dice.random() < 0.7 else said

    def _words(self, state: ConversationState, channel: Channel) -> tuple[str, str | None]:
        dice = self.dice
        kind = dice.random()
        if state.issued and kind < 0.35:
            number = dice.randrange(len(state.issued))
            title, payload = state.issued[number]
            if channel is Channel.SMS:
                return dice.choice((str(number + 1), title)), None
            return title, payload
        if kind < 0.5:
            return dice.choice(SHORT), None
        if kind < 0.54:
            return dice.choice(("", "  ")), None
        words = dice.choice(self.texts)
        if kind < 0.6:
            words = f"{words} {dice.choice(self.texts)} {{reference}} {{{{x}}}}"
        return words, None

    def _known(self) -> dict[str, object]:
        return {
            "incident": "INC-7K2F4Q-M",
            "title": "Remote access (VPN): Berlin",
            "since": "09:00",
            "people": self.dice.randrange(2, 90),
            "workaround": self.dice.choice(("", "Use the old client.")),
        }

    def _article(self) -> dict[str, object]:
        return {
            "reference": "paper-jam",
            "service": self.dice.choice((None, "office-printing", "vpn")),
            "title": "Paper jam",
            "steps": "Open every flap and pull {the paper} out.",
            "sms": self.dice.choice((None, "Open every flap.")),
            "url": self.dice.choice((None, "https://wiki.example/jam")),
        }

    def _questions(self) -> tuple[dict[str, object], ...]:
        """Some of the questions, in any order, as if these were worth asking."""
        slots = self.dice.sample(("same", "service", "impact", "site"), self.dice.randrange(5))
        return tuple({"slot": one, "value": 0.5, "because": "it decides"} for one in slots)

    def _mine(self) -> list[dict[str, object]]:
        if self.dice.random() < 0.7:
            return []
        return [
            {
                "report": "RPT-7K2F4Q-M",
                "restricted": self.dice.random() < 0.2,
                "status": self.dice.choice(("open", "resolved")),
                "title": "Wi-Fi: Berlin",
                "reporters": self.dice.randrange(1, 30),
                "major": self.dice.random() < 0.3,
                "workaround": self.dice.choice(("", "Use the cable.")),
            }
        ]


def read_texts() -> list[str]:
    """What people wrote to us for training: messages and streams, in order."""
    with (DATA / "messages.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    lines = (DATA / "stream.jsonl").read_text(encoding="utf-8").splitlines()
    return texts + [json.loads(line)["text"] for line in lines]
