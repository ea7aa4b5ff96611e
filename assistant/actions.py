"""The rasa-sdk actions: they read the tracker and return events and messages; no I/O."""

from __future__ import annotations

from typing import Any, Final

from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import ActiveLoop, SlotSet
from typing_extensions import override

from assistant import wording
from assistant.actions_handing import HandOff
from assistant.dialogue import HANDED_OVER
from assistant.drafting import dropped_of, empty_draft, filing_of
from assistant.extraction import choose_missing, extract, meant, take_words
from assistant.phrases import say
from classifier.catalogue import Catalogue
from classifier.scope import read_scope

FORM: Final = "intake_form"
Events = list[dict[str, Any]]


class _Ours(Action):
    """An action with the catalogue at hand."""

    title = ""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    @override
    def name(self) -> str:
        return self.title


class Extract(_Ours):
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


class _Ask(_Ours):
    """Asks for one slot and counts it as a question."""

    slot = ""

    def buttons(self, tracker: Any) -> wording.Buttons:
        raise NotImplementedError

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        dispatcher.utter_message(
            response=f"utter_ask_{self.slot}", buttons=self.buttons(tracker), **self.more(tracker)
        )
        asked = dict(tracker.slots.get("asked") or {})
        asked[self.slot] = asked.get(self.slot, 0) + 1
        return [SlotSet("asked", asked)]

    def more(self, tracker: Any) -> dict[str, Any]:  # noqa: ARG002 - most questions need nothing
        return {}


class AskService(_Ask):
    """Which service: likely ones as buttons."""

    title, slot = "action_ask_service", "service"

    @override
    def buttons(self, tracker: Any) -> wording.Buttons:
        meta = tracker.latest_message["metadata"]
        return wording.service_buttons(
            self.catalogue,
            meta["facts"].get("services", ()),
            meta["category"].get("probabilities", {}),
            tracker.slots.get("language"),
        )


class AskImpact(_Ask):
    """Who is affected."""

    title, slot = "action_ask_impact", "impact"

    @override
    def buttons(self, tracker: Any) -> wording.Buttons:
        return wording.impact_buttons(tracker.slots.get("language"))


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


class AskConfirm(_Ours):
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


class FileDraft(_Ours):
    """The draft is complete: hand it over, and make room for the next."""

    title = "action_file"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        slots = tracker.slots
        channel = tracker.latest_message["metadata"]["channel"]
        ask_impact = channel == "sms" and slots.get("impact") is None
        dispatcher.utter_message(
            response="utter_filed_ask_impact" if ask_impact else "utter_filed",
            buttons=wording.impact_buttons(slots.get("language")) if ask_impact else [],
        )
        return [
            *_emptied(),
            SlotSet("filing", filing_of(slots)),
            SlotSet("draft_no", int(slots.get("draft_no") or 1) + 1),
            SlotSet("pending", None),
            SlotSet("follow_up", "impact" if ask_impact else None),
        ]


class NoteQuestion(_Ours):
    """Keep the words, in case the person insists that they are a report."""

    title = "action_note_question"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        latest = tracker.latest_message
        text = latest.get("text") or None
        unclear = latest["intent"]["name"] == "unclear"
        earlier = tracker.slots.get("pending") if unclear else None
        return [
            SlotSet("pending", f"{earlier}\n{text}" if earlier and text else text),
            SlotSet("doubted", unclear and text is not None),
            SlotSet("pending_facts", dict(latest["metadata"]["facts"])),
        ]


class Insist(_Ours):
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


class Cancel(_Ours):
    """Drop the draft, but keep the words for a change of mind."""

    title = "action_cancel"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        return [
            SlotSet("pending", tracker.slots.get("description")),
            SlotSet("pending_facts", {}),
            SlotSet("doubted", value=False),
            SlotSet("dropped", dropped_of(tracker.slots)),
            *_emptied(),
            ActiveLoop(None),
            SlotSet("requested_slot", None),
        ]


class RestartDraft(_Ours):
    """Begin the draft again."""

    title = "action_restart_draft"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        dispatcher.utter_message(response="utter_restarted")
        told_again = {**dropped_of(tracker.slots), "service": None}
        return [
            SlotSet("dropped", told_again),
            *_emptied(),
            ActiveLoop(None),
            SlotSet("requested_slot", None),
        ]


class Status(_Ours):
    """What is happening with the person's own reports."""

    title = "action_status"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        mine = tracker.latest_message["metadata"]["mine"]
        if not mine:
            dispatcher.utter_message(response="utter_no_reports")
        else:
            status = wording.render_status(mine, tracker.slots.get("language"))
            dispatcher.utter_message(response="utter_status", status=status)
        return []


class Add(_Ours):
    """What is said after filing goes to the last report."""

    title = "action_add"
    _WORDS: Final = {"resolved": "utter_added_resolved", "worse": "utter_added_worse"}

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        report = tracker.slots.get("last_report")
        kind = tracker.latest_message["intent"]["name"]
        if report is None:
            dispatcher.utter_message(response="utter_anything_else")
            return []
        dispatcher.utter_message(response=self._WORDS.get(kind, "utter_added"))
        kept = kind if kind in self._WORDS else "more"
        text, people = tracker.latest_message["text"], _counted(tracker)
        scope = read_scope(text, people)
        facts = tracker.latest_message["metadata"]["facts"]
        told: dict[str, Any] = {"people": people, "impact": int(scope) if scope else None}
        if kind == "correct":
            told = {name: meant(facts, name, self.catalogue) for name in ("service", "site")} | told
        return [_addition(report, kept, text, **(told if kind in {"worse", "correct"} else {}))]


class AnswerFollowUp(_Ours):
    """An answer to what was asked after filing; else a detail for the last report."""

    title = "action_answer_follow_up"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        report = tracker.slots.get("last_report")
        if report is None:
            dispatcher.utter_message(response="utter_describe")
            return []
        latest = tracker.latest_message
        told = {e["entity"]: e["value"] for e in latest["entities"]}
        asked = tracker.slots.get("follow_up")
        dispatcher.utter_message(response="utter_added")
        text = latest["text"]
        level, people = told.get(asked or ""), _counted(tracker)
        if level in wording.IMPACTS:
            text = wording.IMPACTS[level]
        elif asked == "impact":
            level = read_scope(text, people, answering=True)
        kind = "answer" if asked else "more"
        return [
            _addition(report, kind, text, asked=asked, told=level, people=people),
            SlotSet("follow_up", None),
        ]


class Change(_Ours):
    """Which part of the summary should be different."""

    title = "action_change"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        buttons = wording.change_buttons(tracker.slots.get("language"))
        dispatcher.utter_message(response="utter_what_to_change", buttons=buttons)
        return []


class ClearField(_Ours):
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


class SayChanged(_Ours):
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
        Extract, ValidateIntakeForm, AskService, AskImpact, AskSite, AskSame, AskConfirm, FileDraft,
        NoteQuestion, Insist, Cancel, RestartDraft, Status, Add, AnswerFollowUp, Change, ClearField,
        SayChanged,
    )  # fmt: skip
    return [*(kind(catalogue) for kind in ours), HandOff()]


def _filled_already(events: list[dict[str, Any]]) -> bool:
    """Whether slots were filled since the newest message."""
    kinds = (one["event"] for one in reversed(events))
    return next((kind for kind in kinds if kind in {"slot", "user"}), "user") == "slot"


def _emptied() -> Events:
    return [SlotSet(name, value) for name, value in empty_draft().items()]


def _addition(report: str, kind: str, text: str, **data: Any) -> dict[str, Any]:
    told = {name: value for name, value in data.items() if value}
    value = {"report": report, "kind": kind, "text": text, "data": told}
    event: dict[str, Any] = SlotSet("addition", value)
    return event


def _counted(tracker: Any) -> Any:
    return tracker.latest_message["metadata"]["facts"].get("counted")
