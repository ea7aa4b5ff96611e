"""The rasa-sdk actions: they read the tracker and return events and messages; no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import ActiveLoop, SlotSet
from typing_extensions import override

from assistant import wording
from assistant.actions_asking import (
    AskConfirm,
    AskHelped,
    AskImpact,
    AskSame,
    AskService,
    AskSite,
)
from assistant.actions_filed import Add, AnswerFollowUp, Status, Withdraw
from assistant.actions_handing import HandOff
from assistant.actions_ours import Events, Ours
from assistant.dialogue import HANDED_OVER
from assistant.drafting import (
    addition_of_solved,
    dropped_of,
    empty_draft,
    filing_of,
    solved_of,
    told_with,
)
from assistant.extraction import choose_missing, extract, take_words
from assistant.follow_ups import Plan, buttons_of, choose_follow_ups, reasons_of
from classifier.catalogue import Catalogue

FORM: Final = "intake_form"
_LETTER: Final = re.compile(r"[^\W\d_]")


class Extract(Ours):
    """Fills many slots from one message, on every turn."""

    title = "action_extract"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        if _filled_already(tracker.events):
            return []  # Rasa fills once more when a form begins; words are taken once
        loop = (tracker.active_loop or {}).get("name") is not None
        updates = extract(tracker.slots, tracker.latest_message, self.catalogue, loop=loop)
        # What the last turn handed over was taken; a Rasa server still has it.
        done = (name for name in HANDED_OVER if tracker.slots.get(name) is not None)
        updates |= dict.fromkeys(done)
        return [SlotSet(name, value) for name, value in updates.items()]


class ValidateIntakeForm(FormValidationAction):
    """Says which slots are still needed."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    @override
    def name(self) -> str:
        return f"validate_{FORM}"

    @override
    async def get_extraction_events(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        return []  # action_extract has filled the slots already

    @override
    async def required_slots(
        self, domain_slots: list[str], dispatcher: Any, tracker: Any, domain: Any
    ) -> list[str]:
        channel = tracker.latest_message["metadata"]["channel"]
        return choose_missing(tracker.slots, self.catalogue, channel=channel)


class FileDraft(Ours):
    """The draft is complete: hand it over, and make room for the next."""

    title = "action_file"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        slots = tracker.slots
        if slots.get("helped") == "yes":
            dispatcher.utter_message(response="utter_helped")
            return [*_given_up(slots), *_emptied()]
        by_text = tracker.latest_message["metadata"]["channel"] == "sms"
        told = told_with(slots, by_text=by_text)
        plan: Plan = _say_filed(dispatcher, slots, told) if by_text else (None, None)
        if not by_text:
            yes_no = wording.helped_buttons(slots.get("language"), filed=True) if told else []
            dispatcher.utter_message(response="utter_filed", buttons=yes_no)
        return [
            *_emptied(),
            SlotSet("filing", {**filing_of(slots), "asked": reasons_of(slots, plan)}),
            SlotSet("draft_no", int(slots.get("draft_no") or 1) + 1),
            SlotSet("pending", None),
            SlotSet("tried", told),
            SlotSet("follow_up", plan[0]),
            SlotSet("follow_up_next", plan[1]),
        ]


class NoteQuestion(Ours):
    """Keep the words, in case the person insists that they are a report."""

    title = "action_note_question"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        latest, meta = tracker.latest_message, tracker.latest_message["metadata"]
        text = latest.get("text") or None
        if text and not _LETTER.search(text):
            text = None  # a row of dots is no part of what is told next
        unclear = latest["intent"]["name"] == "unclear"
        earlier = tracker.slots.get("pending") if unclear else None
        return [
            SlotSet("pending", f"{earlier}\n{text}" if earlier and text else text),
            SlotSet("doubted", unclear and text is not None),
            SlotSet("pending_facts", {**meta["facts"], "category": dict(meta["category"])}),
        ]


class Insist(Ours):
    """What was taken for something else becomes the report."""

    title = "action_insist"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        chosen = tracker.latest_message["metadata"]["chosen"]
        said = None if chosen else tracker.latest_message.get("text")
        text = tracker.slots.get("pending") or said
        facts = tracker.slots.get("pending_facts") or {}
        updates = take_words(tracker.slots, text, facts, tracker.latest_message, self.catalogue)
        return [SlotSet(name, value) for name, value in updates.items()]


class Cancel(Ours):
    """Drop the draft, but keep the words for a change of mind."""

    title = "action_cancel"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        return [
            *_given_up(tracker.slots),
            *_emptied(),
            ActiveLoop(None),
            SlotSet("requested_slot", None),
        ]


class RestartDraft(Ours):
    """Begin the draft again."""

    title = "action_restart_draft"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        dispatcher.utter_message(response="utter_restarted")
        told_again = {**dropped_of(tracker.slots), "service": None}
        return [
            SlotSet("pending", tracker.slots.get("description") or tracker.slots.get("pending")),
            SlotSet("pending_facts", {"category": {"label": tracker.slots.get("category")}}),
            SlotSet("doubted", value=False),
            SlotSet("dropped", told_again),
            *_emptied(),
            ActiveLoop(None),
            SlotSet("requested_slot", None),
        ]


class Change(Ours):
    """Which part of the summary should be different."""

    title = "action_change"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        buttons = wording.change_buttons(tracker.slots.get("language"))
        dispatcher.utter_message(response="utter_what_to_change", buttons=buttons)
        return []


class ClearField(Ours):
    """Empty one part, so that it is asked again."""

    title = "action_clear_field"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        told = {e["entity"]: e["value"] for e in tracker.latest_message["entities"]}
        name = told.get("field")
        if name not in {"description", "service", "site", "impact"}:
            return []
        asked = {k: v for k, v in (tracker.slots.get("asked") or {}).items() if k != name}
        events = [SlotSet(name, None), SlotSet("asked", {**asked, name: 0})]
        if name == "impact":
            events.append(SlotSet("people", None))
        return events


class SayChanged(Ours):
    """A correction is said aloud."""

    title = "action_say_changed"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        if tracker.slots.get("changed"):
            dispatcher.utter_message(response="utter_changed")
        return []


def build_actions(catalogue: Catalogue) -> list[Action]:
    """Every action of the domain."""
    ours = (
        Extract, ValidateIntakeForm, AskService, AskImpact, AskSite, AskSame, AskHelped, AskConfirm,
        FileDraft, NoteQuestion, Insist, Cancel, RestartDraft, Status, Add, AnswerFollowUp, Change,
        ClearField, SayChanged, Withdraw,
    )  # fmt: skip
    return [*(kind(catalogue) for kind in ours), HandOff()]


def _filled_already(events: list[dict[str, Any]]) -> bool:
    """Whether slots were filled since the newest message."""
    kinds = (one["event"] for one in reversed(events))
    return next((kind for kind in kinds if kind in {"slot", "user"}), "user") == "slot"


def _say_filed(dispatcher: Any, slots: Mapping[str, Any], told: Mapping[str, Any] | None) -> Plan:
    """By text, what was filed and one question more; returns what it asks for, and what next."""
    language = slots.get("language")
    if told is not None:
        yes_no = wording.helped_buttons(language, filed=True)
        steps = slots["article"]["sms"]
        dispatcher.utter_message(response="utter_filed_article", steps=steps, buttons=yes_no)
        return "helped", None
    first, second = choose_follow_ups(slots)
    response = f"utter_filed_ask_{first}" if first else "utter_filed"
    dispatcher.utter_message(
        response=response, buttons=buttons_of(first, language, behalf=slots.get("behalf"))
    )
    return first, second


def _given_up(slots: Mapping[str, Any]) -> Events:
    """Nothing is filed, and nothing is lost: the words wait for a change of mind."""
    solved = slots.get("helped") == "yes"
    events = [
        SlotSet("pending", slots.get("description")),
        SlotSet("pending_facts", {"category": {"label": slots.get("category")}}),
        SlotSet("doubted", value=False),
        SlotSet("dropped", solved_of(slots) if solved else dropped_of(slots)),
    ]
    if solved:
        events.append(SlotSet("addition", addition_of_solved(slots)))
    return events


def _emptied() -> Events:
    return [SlotSet(name, value) for name, value in empty_draft().items()]
