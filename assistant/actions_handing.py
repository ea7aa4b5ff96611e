"""The action for who wants a person: asks for one, and says honestly what happens meanwhile."""

from __future__ import annotations

from typing import Any, Final

from rasa_sdk import Action
from rasa_sdk.events import SlotSet
from typing_extensions import override

from models.vocabulary import HandoffReason

TITLE: Final = "action_hand_off"


class HandOff(Action):
    """Hands the wish over; where one is asked for already, says so."""

    @override
    def name(self) -> str:
        return TITLE

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[dict[str, Any]]:
        if tracker.latest_message["metadata"].get("handoff"):
            dispatcher.utter_message(response="utter_human_asked")
            return []
        if (tracker.active_loop or {}).get("name"):
            dispatcher.utter_message(response="utter_human_meanwhile")
        elif tracker.slots.get("last_report"):
            dispatcher.utter_message(response="utter_human_reported")
        else:
            dispatcher.utter_message(response="utter_human")
        return [SlotSet("handoff", HandoffReason.ASKED.value)]
