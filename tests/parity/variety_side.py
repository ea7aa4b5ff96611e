"""Another dialogue, for what our own does not use: every mapping, slots in rules, two forms."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Final

from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import ActiveLoop, SlotSet

from assistant.choices import parse_choice
from assistant.dialogue import ConversationState
from models.vocabulary import Channel

FOLDER: Final = Path(__file__).with_name("variety")
INTENTS: Final = (
    "order", "inform", "affirm", "deny", "faq", "stop_it", "greet", "thanks", "again", "mood",
    "pay", "undo",
)  # fmt: skip
VALUES: Final = {
    "size": ("small", "large", "huge"),
    "topping": ("ham", "corn"),
    "amount": ("1", "2", "many"),
    "undeclared": ("x",),
}
Events = list[dict[str, Any]]


class Read(Action):
    """Custom slots: what stands in the metadata; says words that nobody hears."""

    def name(self) -> str:
        return "action_read"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        dispatcher.utter_message(text="never said")
        told = (tracker.latest_message.get("metadata") or {}).get("told") or {}
        return [SlotSet(name, value) for name, value in told.items()]


class ValidateOrder(FormValidationAction):
    """Refuses some values, changes others, and says so."""

    def name(self) -> str:
        return "validate_order_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: Any, tracker: Any, domain: Any
    ) -> list[str]:
        return [s for s in domain_slots if s != "second" or tracker.get_slot("first") != "1"]

    def validate_size(self, value: Any, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        if value == "huge":
            dispatcher.utter_message(text="No such size.")
            return {"size": None}
        return {"size": value}

    def validate_street(self, value: Any, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        return {"street": str(value).upper(), "note": {"street": value}}


class AskStreet(Action):
    """Asks with a button of its own, and notes it."""

    def name(self) -> str:
        return "action_ask_order_form_street"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        dispatcher.utter_message(
            response="utter_street", buttons=[{"title": "Home", "payload": "/inform"}]
        )
        return [SlotSet("note", "asked")]


class Done(Action):
    """Says what was ordered, and forgets it."""

    def name(self) -> str:
        return "action_done"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        dispatcher.utter_message(
            text=f"Ordered {tracker.slots.get('size')}", json_message={"card": {"n": 1}}
        )
        names = ("size", "toppings", "first", "second", "street", "sure")
        return [SlotSet(name, None) for name in names]


class Undo(Action):
    """Takes one value back."""

    def name(self) -> str:
        return "action_undo"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        return [SlotSet("size", None), SlotSet("toppings", "ham")]


class Stop(Action):
    """Ends the form."""

    def name(self) -> str:
        return "action_stop"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        return [ActiveLoop(None), SlotSet("requested_slot", None)]


def variety_actions() -> list[Action]:
    return [Read(), ValidateOrder(), AskStreet(), Done(), Undo(), Stop()]


class Customers:
    """People who say anything, as intents and entities."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)

    def begin(self) -> tuple[Channel, dict[str, str]]:
        return self.dice.choice((Channel.WEB, Channel.SMS)), {}

    def hear(
        self, state: ConversationState, channel: Channel, context: dict[str, str]
    ) -> dict[str, Any]:
        dice = self.dice
        if state.issued and dice.random() < 0.3:
            choice = parse_choice(dice.choice(state.issued)[1])
            assert choice is not None
            intent, entities = choice.intent, dict(choice.entities)
        else:
            usual = ("order", "inform", "affirm") if state.loop else ("order",)
            intent = dice.choice((*INTENTS, *usual * 3, "gibberish"))
            entities = {}
        found = [{"entity": name, "value": value} for name, value in entities.items()]
        for name, values in VALUES.items():
            if dice.random() < 0.35:
                found += [
                    {"entity": name, "value": dice.choice(values)}
                    for _ in range(dice.choice((1, 1, 2)))
                ]
        told: dict[str, Any] = {}
        if dice.random() < 0.2:
            told["level"] = dice.choice((0.5, 1, "0.5", None, 7))
        if dice.random() < 0.1:
            told["toppings"] = dice.choice((None, [], ["corn"], "corn"))
        if dice.random() < 0.1:
            told["note"] = {"a": [1, None]}
        return {
            "text": dice.choice(("Main street 1", "hello {first}", "x")),
            "intent": {"name": intent, "confidence": 1.0},
            "entities": found,
            "metadata": {"told": told},
        }
