"""The actions that ask: one for each slot, and the summary at the end."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from typing_extensions import override

from assistant import wording
from assistant.actions_ours import Events, Ours
from assistant.follow_ups import reasons_of
from assistant.phrases import say


class _Ask(Ours):
    """Asks for one slot and counts it as a question."""

    slot = ""

    def buttons(self, tracker: Any) -> wording.Buttons:
        raise NotImplementedError

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        dispatcher.utter_message(
            response=self.response(tracker), buttons=self.buttons(tracker), **self.more(tracker)
        )
        asked = dict(tracker.slots.get("asked") or {})
        asked[self.slot] = asked.get(self.slot, 0) + 1
        reasons = reasons_of(tracker.slots, {self.slot})
        return [SlotSet("asked", asked), SlotSet("reasons", reasons)]

    def response(self, tracker: Any) -> str:  # noqa: ARG002 - most say the same every time
        return f"utter_ask_{self.slot}"

    def more(self, tracker: Any) -> dict[str, Any]:  # noqa: ARG002 - most questions need nothing
        return {}


class AskService(_Ask):
    """Which service: likely ones as buttons, by the whole draft and not by the last few words."""

    title, slot = "action_ask_service", "service"

    @override
    def buttons(self, tracker: Any) -> wording.Buttons:
        meta = tracker.latest_message["metadata"]
        likely = meta.get("likely") or wording.rank_services(
            self.catalogue,
            meta["facts"].get("services", ()),
            meta["category"].get("probabilities", {}),
        )
        return wording.service_buttons(self.catalogue, likely, tracker.slots.get("language"))


class AskImpact(_Ask):
    """Who is affected."""

    title, slot = "action_ask_impact", "impact"

    @override
    def buttons(self, tracker: Any) -> wording.Buttons:
        slots = tracker.slots
        return wording.impact_buttons(slots.get("language"), behalf=slots.get("behalf"))


class AskSite(_Ask):
    """Where."""

    title, slot = "action_ask_site", "site"

    @override
    def buttons(self, tracker: Any) -> wording.Buttons:
        return wording.site_buttons(self.catalogue, tracker.slots.get("language"))


class AskSame(_Ask):
    """Whether it is the known outage."""

    title, slot = "action_ask_same", "same"

    @override
    def buttons(self, tracker: Any) -> wording.Buttons:
        return wording.same_buttons(tracker.slots.get("language"))

    @override
    def more(self, tracker: Any) -> dict[str, Any]:
        known = tracker.slots["known"]
        told, language = known["workaround"], tracker.slots.get("language")
        helps = " What helps meanwhile: {workaround}"
        workaround = say(helps, language, workaround=told) if told else ""
        return {
            "title": known["title"],
            "since": known["since"],
            "people": known["people"],
            "workaround": workaround,
        }


class AskHelped(_Ask):
    """What has helped others, and whether it did; the second time only whether it did."""

    title, slot = "action_ask_helped", "helped"

    @override
    def response(self, tracker: Any) -> str:
        again = "helped" in (tracker.slots.get("asked") or {})
        return "utter_ask_helped_again" if again else "utter_ask_helped"

    @override
    def buttons(self, tracker: Any) -> wording.Buttons:
        return wording.helped_buttons(tracker.slots.get("language"))

    @override
    def more(self, tracker: Any) -> dict[str, Any]:
        article, language = tracker.slots["article"], tracker.slots.get("language")
        return {"steps": wording.render_steps(article, language)}


class AskConfirm(Ours):
    """The summary card."""

    title = "action_ask_confirm"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        dispatcher.utter_message(
            response="utter_ask_confirm",
            buttons=wording.confirm_buttons(tracker.slots.get("language")),
            json_message={"card": wording.render_card(tracker.slots, self.catalogue)},
        )
        return []
