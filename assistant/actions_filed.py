"""The actions for who has a report already: how it stands, and what is said to it later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rasa_sdk.events import SlotSet
from typing_extensions import override

from assistant import wording
from assistant.actions_ours import Events, Ours
from assistant.choices import fold
from assistant.extraction import meant
from assistant.follow_ups import buttons_of, count_told, read_follow_up
from assistant.helped import NO, YES_IT_DID, credits_help, read_helped
from classifier.catalogue import Catalogue
from classifier.scope import read_scope
from models.vocabulary import HelpOutcome


class Status(Ours):
    """What is happening with the person's own reports."""

    title = "action_status"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        meta, language = tracker.latest_message["metadata"], tracker.slots.get("language")
        telling = (tracker.active_loop or {}).get("name") is not None
        waits = tracker.slots.get("follow_up")
        asking = not telling and waits in {"impact", "service", "site"}
        if meta["mine"]:  # by text there is room for one beside the question
            status = wording.render_status(meta["mine"][: 1 if asking else None], language)
            dispatcher.utter_message(response="utter_status", status=status)
        elif telling:
            dispatcher.utter_message(response="utter_not_sent_yet")
        else:
            dispatcher.utter_message(response="utter_no_reports")
        if asking:  # by text, where the form does not ask again what was asked.
            dispatcher.utter_message(
                response=f"utter_ask_{waits}", buttons=buttons_of(waits, language)
            )
        return []


class Add(Ours):
    """What is said after filing goes to the last report."""

    title = "action_add"
    _WORDS: Final = {"resolved": "utter_added_resolved", "worse": "utter_added_worse"}
    _KINDS: Final = {"resolved": "resolved", "worse": "worse", "correct": "correction"}

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        report = tracker.slots.get("last_report")
        kind = tracker.latest_message["intent"]["name"]
        if report is None:
            dispatcher.utter_message(response="utter_anything_else")
            return []
        if tracker.slots.get("tried") and kind in self._WORDS:
            answered = _answer_help(dispatcher, tracker, report, kind)
            if answered:
                return answered
        kept = self._KINDS.get(kind, "more")
        text, people = tracker.latest_message["text"], count_told(tracker.latest_message, None)
        scope = read_scope(text, people)
        facts = tracker.latest_message["metadata"]["facts"]
        told: dict[str, Any] = {"people": people, "impact": int(scope) if scope else None}
        told = _named(facts, self.catalogue) | told
        changes = wording.render_corrected(told, self.catalogue, tracker.slots.get("language"))
        if kind == "correct" and changes:
            dispatcher.utter_message(response="utter_corrected", changed=changes)
        else:
            dispatcher.utter_message(response=self._WORDS.get(kind, "utter_added"))
        return [_addition(report, kept, text, **(told if kind in {"worse", "correct"} else {}))]


class Withdraw(Ours):
    """Who takes a report back after it was sent: staff see that, and it stays."""

    title = "action_withdraw"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        report = tracker.slots.get("last_report")
        if report is None:
            dispatcher.utter_message(response="utter_nothing_pending")
            return []
        dispatcher.utter_message(response="utter_withdrawn")
        text = tracker.latest_message["text"]
        return [_addition(report, "withdrawn", text), SlotSet("follow_up", None)]


class AnswerFollowUp(Ours):
    """An answer to what was asked after filing; else a detail for the last report."""

    title = "action_answer_follow_up"

    @override
    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Events:
        report = tracker.slots.get("last_report")
        if report is None:
            dispatcher.utter_message(response="utter_describe")
            return []
        asked = tracker.slots.get("follow_up")
        dispatcher.utter_message(response="utter_added")
        text, told = read_follow_up(tracker.latest_message, asked, self.catalogue)
        after = tracker.slots.get("follow_up_next") if asked else None
        if after:
            buttons = buttons_of(after, tracker.slots.get("language"))
            dispatcher.utter_message(response=f"utter_ask_{after}", buttons=buttons)
        kind = "answer" if asked else "more"
        named = _named(tracker.latest_message["metadata"]["facts"], self.catalogue)
        return [
            _addition(
                report,
                kind,
                text,
                asked=asked,
                told=told,
                people=count_told(tracker.latest_message, asked),
                **named,
            ),
            SlotSet("follow_up", after),
            SlotSet("follow_up_next", None),
        ]


def _answer_help(dispatcher: Any, tracker: Any, report: str, kind: str) -> Events:
    """What came of help that was told with the report; nothing where the words are other news.

    A workaround that helps leaves the outage as it is. By text an article stood in for the
    question who is affected; where it did not help, that is asked now.
    """
    tried, latest = tracker.slots["tried"], tracker.latest_message
    chosen, text, helped = latest["metadata"]["chosen"], latest["text"], kind == "resolved"
    if not chosen and not _is_answer(tried, text, helped=helped):
        return []
    asks = not helped and bool(tried.get("impact_unknown"))
    levels = wording.impact_buttons(tracker.slots.get("language")) if asks else []
    if not helped:
        response, kept = "utter_not_helped_ask_impact" if asks else "utter_not_helped", "answer"
    elif "incident" in tried:
        response, kept = "utter_workaround_helped", "resolved_by_workaround"
    else:
        response, kept = "utter_added_resolved", "resolved"
    dispatcher.utter_message(response=response, buttons=levels)
    outcome = HelpOutcome.HELPED if helped else HelpOutcome.NOT_HELPED
    named = {one: tried[one] for one in ("article", "incident") if one in tried}
    if chosen:
        text = "That helped." if helped else "That did not help."
    return [
        _addition(report, kept, text, tried={**named, "outcome": outcome.value}),
        SlotSet("tried", None),
        SlotSet("follow_up", "impact" if asks else None),
    ]


def _is_answer(tried: Mapping[str, Any], text: str, *, helped: bool) -> bool:
    """Whether news of a report are about the help: "it works again" may be the outage's end."""
    if "incident" in tried:
        return helped and credits_help(text)
    return read_helped(text) is helped or fold(text) in YES_IT_DID | NO


def _addition(report: str, kind: str, text: str, **data: Any) -> dict[str, Any]:
    told = {name: value for name, value in data.items() if value}
    event: dict[str, Any] = SlotSet(
        "addition", {"report": report, "kind": kind, "text": text, "data": told}
    )
    return event


def _named(facts: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    return {name: meant(facts, name, catalogue) for name in ("service", "site")}
