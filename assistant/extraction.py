"""Which slots one message fills. Pure: slots, the latest message, the catalogue; updates out.

Every value carries where it came from (`slot_meta`), so that the summary can mark what the
system filled in. Nothing is filled on a turn that is about something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from assistant.helped import came_back, is_trying, read_helped
from assistant.phrases import say
from classifier.catalogue import Catalogue
from classifier.people import count_answer
from classifier.scope import read_scope
from models.vocabulary import Category

UNKNOWN: Final = "unknown"
ABOUT_ELSE: Final = frozenset(
    {"ask_status", "ask_question", "request_human", "cancel", "start_over", "greet", "thanks",
     "small_talk", "resolved", "empty", "unclear", "change", "change_field"}
)  # fmt: skip
DRAFT: Final = (
    "description", "service", "site", "impact", "people", "since", "behalf", "same", "confirm",
    "known", "declined", "attachments", "category", "slot_meta", "asked", "changed", "article",
    "helped", "questions", "reasons",
)  # fmt: skip
TAKEN_UP: Final = ("service", "site", "impact", "people", "since", "behalf")
"""What a draft that is given up leaves to the next."""
_HELPED: Final = {"affirm": "yes", "resolved": "yes", "deny": "no", "dont_know": "unsure"}
SECRET: Final = Category.SECURITY.value
_ONE: Final = "3"
_NEW_DETAIL: Final = 3
_SHORT: Final = 4
_QUESTION_SLOTS: Final = frozenset({"service", "site", "impact"})
_ASKED_FOR: Final = {"service": "Service", "site": "Place"}


@dataclass
class Fill:
    """Updates to slots, collected."""

    slots: Mapping[str, Any]
    updates: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        return self.updates.get(name, self.slots.get(name))

    def put(self, name: str, value: Any, source: str) -> None:
        self.updates[name] = value
        self.updates["slot_meta"] = {**(self.value("slot_meta") or {}), name: source}

    def offer(self, name: str, value: Any, source: str) -> None:
        """Put a value only where there is none."""
        if value is not None and self.value(name) in {None, UNKNOWN}:
            self.put(name, value, source)


def extract(
    slots: Mapping[str, Any], latest: Mapping[str, Any], catalogue: Catalogue, *, loop: bool
) -> dict[str, Any]:
    """Slot updates from the latest message.

    Args:
        slots: All slots, `requested_slot` among them.
        latest: As in Rasa's tracker; `metadata` holds facts, category, attachments, context.
        catalogue: Services and sites by id.
        loop: Whether a report is being taken.

    """
    fill = Fill(slots)
    intent = latest["intent"]["name"]
    meta = latest["metadata"]
    fill.updates["changed"] = None
    if meta.get("language"):
        fill.updates["language"] = meta["language"]
    if meta.get("questions") is not None:
        fill.updates["questions"] = meta["questions"]
    if loop and meta["known"] and slots.get("same") is None:
        fill.updates["known"] = meta["known"]  # an answer may bring to light what was not seen
    if meta["attachments"]:
        held = list(slots.get("attachments") or [])
        fill.updates["attachments"] = [*held, *(a for a in meta["attachments"] if a not in held)]
    if intent == "resolved" and _was_offered(slots):
        fill.updates["helped"] = "yes"
    if intent in ABOUT_ELSE or (intent == "attach"):
        return fill.updates
    if meta["chosen"]:
        _chosen(fill, latest)
        return fill.updates
    if loop or intent == "report":
        _words(fill, intent, latest, catalogue, loop=loop)
    return fill.updates


def _chosen(fill: Fill, latest: Mapping[str, Any]) -> None:
    for entity in latest["entities"]:
        fill.put(entity["entity"], entity["value"], "told")
    _yes_or_no(fill, latest["intent"]["name"])


def _yes_or_no(fill: Fill, intent: str) -> None:
    requested = fill.slots.get("requested_slot")
    if requested == "helped" and intent in _HELPED:
        fill.updates["helped"] = _HELPED[intent]
    if requested == "confirm" and intent in {"affirm", "insist"}:
        fill.updates["confirm"] = "yes"
    if requested == "same" and intent in {"affirm", "insist"}:
        fill.updates["same"] = "yes"
    if requested == "same" and intent == "deny":
        known = fill.slots.get("known") or {}
        fill.updates["same"] = "no"
        fill.updates["declined"] = [*(fill.slots.get("declined") or []), known.get("incident")]
    if requested == "same" and intent == "dont_know":
        fill.updates["same"] = "unsure"


def _words(
    fill: Fill, intent: str, latest: Mapping[str, Any], catalogue: Catalogue, *, loop: bool
) -> None:
    text, meta = str(latest["text"]).strip(), latest["metadata"]
    requested = fill.slots.get("requested_slot") if loop else None
    _yes_or_no(fill, intent)
    if intent == "insist" and loop and requested != "same":
        fill.updates["confirm"] = "yes"  # furious or in a hurry: believed, and sent as it is
    if intent in {"affirm", "insist", "deny", "dont_know"}:
        if intent in {"deny", "dont_know"} and requested in _QUESTION_SLOTS:
            fill.put(requested, UNKNOWN, "told")
        return
    if requested == "helped" and is_trying(text):
        return
    if requested == "helped":
        fill.updates["helped"] = "no" if read_helped(text) is False else "unsure"
    _facts(fill, intent, meta["facts"], catalogue, requested)
    _reach(fill, text, meta["facts"], requested)
    if not loop or fill.slots.get("description") is None:
        _begin(fill, text, meta)
    else:
        _continue(fill, intent, text, requested)


def _reach(fill: Fill, text: str, facts: Mapping[str, Any], requested: str | None) -> None:
    """How many people, and how far it reaches; one other person's trouble is one person's."""
    counted = facts.get("counted")
    if counted is None and requested == "impact":
        counted = count_answer(text)
    _count(fill, counted, facts.get("people"), requested)
    short = requested is not None and len(text.split()) <= _SHORT
    impact = read_scope(text, counted, answering=requested == "impact" or short)
    told = requested in {"impact", "confirm"}
    if impact is not None and (told or fill.value("impact") in {None, UNKNOWN}):
        if requested == "confirm" and impact != fill.value("impact"):
            _say(fill, say("who is affected", _language(fill)))
        fill.put("impact", impact, "told" if told else "words")
    if fill.value("behalf") and facts.get("about_one"):
        fill.offer("impact", _ONE, "words")


def _begin(fill: Fill, text: str, meta: Mapping[str, Any]) -> None:
    """The first words of a report, and what was known before them."""
    earlier = fill.slots.get("pending") if fill.slots.get("doubted") else None
    dropped = fill.slots.get("dropped") or {}
    back = dropped.get("article") if came_back(text) else None
    earlier = dropped.get("description") if back else earlier
    fill.put("description", f"{earlier}\n{text}" if earlier else text, "told")
    fill.updates |= {"pending": None, "doubted": False, "dropped": None}
    fill.updates["article"] = {"reference": back} if back else meta.get("article")
    fill.updates["helped"] = "no" if back else None
    _take_up(fill, dropped)
    fill.offer("service", meta["context"].get("service"), "context")
    if fill.value("behalf"):  # where the teller sits says nothing of where the other one does
        fill.offer("site", meta["context"].get("colleague_site"), "directory")
    else:
        fill.offer("site", meta["context"].get("site"), meta["context"].get("from", "context"))
    fill.updates["category"] = (
        SECRET if meta["facts"].get("suspicious") else meta["category"].get("label")
    )
    fill.updates["known"] = meta["known"]


def _take_up(fill: Fill, dropped: Mapping[str, Any]) -> None:
    """Who comes back to the service of a draft they gave up need not say it all again."""
    held, before = fill.value("service"), dropped.get("service")
    if dropped and (before is None or held in {None, UNKNOWN, before}):
        for name in TAKEN_UP:
            if dropped.get(name) != UNKNOWN:
                fill.offer(name, dropped.get(name), "earlier")


def _was_offered(slots: Mapping[str, Any]) -> bool:
    return bool(slots.get("article")) and "helped" in (slots.get("asked") or {})


def take_words(
    slots: Mapping[str, Any],
    text: str | None,
    facts: Mapping[str, Any],
    latest: Mapping[str, Any],
    catalogue: Catalogue,
) -> dict[str, Any]:
    """Slot updates from words that were doubted first: they are the report after all."""
    fill = Fill(slots)
    fill.put("description", text, "told")
    fill.updates |= {"pending": None, "pending_facts": {}, "doubted": False}
    if text:
        read = facts.get("category") or latest["metadata"]["category"]
        meta = {**latest["metadata"], "facts": facts, "category": read}
        _words(fill, "report", {**latest, "text": text, "metadata": meta}, catalogue, loop=False)
        fill.put("description", text, "told")
    return fill.updates


def _continue(fill: Fill, intent: str, text: str, requested: str | None) -> None:
    """Later words: an answer that no button has, or one more detail."""
    answered = requested in fill.updates and requested != "helped"
    answered |= bool(fill.updates.get("changed"))
    if not answered and len(text.split()) <= _SHORT and _QUESTION_SLOTS & set(fill.updates):
        return  # "everyone", asked for the service: another question is answered; ask again
    if requested in _QUESTION_SLOTS and not answered and intent != "report":
        fill.put(str(requested), UNKNOWN, "told")
        if requested in _ASKED_FOR:
            text = f"{_ASKED_FOR[str(requested)]}: {text}"
        _append(fill, text)
    elif not answered and len(text.split()) >= _NEW_DETAIL:
        _append(fill, text)


def _append(fill: Fill, text: str) -> None:
    """What was told later stands below what was told first."""
    fill.put("description", f"{fill.value('description')}\n{text}", "told")
    if fill.slots.get("requested_slot") == "confirm":
        _say(fill, say("added to what happened", _language(fill)))


def _facts(
    fill: Fill,
    intent: str,
    facts: Mapping[str, Any],
    catalogue: Catalogue,
    requested: str | None,
) -> None:
    told = intent == "correct" or requested in {"confirm", "service"}
    service = meant(facts, "service", catalogue, fill.value("service"))
    if service and _may_replace(fill, "service", service, told=told):
        _replace(fill, "service", service, _service_title(catalogue, service), catalogue)
    elif fill.value("service") in facts.get("negated_services", ()):
        fill.updates["service"] = None
    told = intent == "correct" or requested in {"confirm", "site"}
    site = meant(facts, "site", catalogue, fill.value("site"))
    if site and _may_replace(fill, "site", site, told=told):
        _replace(fill, "site", site, _site_name(catalogue, site), catalogue)
    fill.offer("since", facts.get("since"), "words")
    if facts.get("behalf") and fill.value("behalf") is None:
        fill.put("behalf", facts["behalf"], "words")
        if (fill.value("slot_meta") or {}).get("site") in {"context", "directory"}:
            fill.updates["site"] = None  # it was the teller's own


def meant(
    facts: Mapping[str, Any], name: str, catalogue: Catalogue, held: str | None = None
) -> str | None:
    """Of several services (or sites) the one that is meant.

    Not one that is denied, a new one where one is held, else the first. A laptop named beside
    another service says only where it was met.
    """
    denied = facts.get(f"negated_{name}s", ())
    left = [one for one in facts.get(f"{name}s", ()) if one not in denied]
    left.sort(key=lambda one: _is_device(one, catalogue))
    return next((one for one in left if one != held), left[0] if left else None)


def _is_device(service: str, catalogue: Catalogue) -> bool:
    entry = catalogue.service(service)
    return entry is not None and entry.category is Category.HARDWARE


def _count(fill: Fill, counted: int | None, crowd: int | None, requested: str | None) -> None:
    """How many people: a number outweighs a crowd's guess, and an answer what was said before."""
    guessed = (fill.value("slot_meta") or {}).get("people") == "guess"
    if counted is not None and (requested in {"impact", "confirm"} or guessed):
        fill.put("people", counted, "words")
    fill.offer("people", counted, "words")
    fill.offer("people", crowd, "guess")


def _may_replace(fill: Fill, name: str, value: str, *, told: bool) -> bool:
    held = fill.value(name)
    guessed = (fill.value("slot_meta") or {}).get(name) in {"context", "directory", "earlier"}
    return held != value and (held in {None, UNKNOWN} or told or guessed)


def _replace(fill: Fill, name: str, value: str, title: str, catalogue: Catalogue) -> None:
    held = fill.value(name)
    if held not in {None, UNKNOWN} and fill.slots.get("description") is not None:
        before = (
            _service_title(catalogue, held) if name == "service" else _site_name(catalogue, held)
        )
        change = f"{'service' if name == 'service' else 'place'} {{before}} → {{after}}"
        _say(fill, say(change, _language(fill), before=before, after=title))
    fill.put(name, value, "words")


def _language(fill: Fill) -> str | None:
    language: str | None = fill.value("language")
    return language


def _say(fill: Fill, change: str) -> None:
    earlier = fill.updates.get("changed")
    fill.updates["changed"] = f"{earlier}; {change}" if earlier else change


def choose_missing(slots: Mapping[str, Any], catalogue: Catalogue, *, channel: str) -> list[str]:
    """What still has to be asked, in order; empty when the draft can be filed.

    Only what is missing and matters: at most three questions, none more than twice.
    """
    if not slots.get("description"):
        return ["description"]
    if channel == "sms" or "yes" in {slots.get(name) for name in ("confirm", "same", "helped")}:
        return []
    if slots.get("category") == SECRET:
        return ["confirm"]  # whoever looks into it asks what they need
    asked: Mapping[str, int] = slots.get("asked") or {}
    missing: list[str] = []
    for name in _worth_asking(slots, catalogue):
        times = asked.get(name, 0)
        room = len({*asked, *missing}) < _QUESTIONS
        if times < _TIMES and (times or room):
            missing.append(name)
    return [*missing, "confirm"]


def may_help(slots: Mapping[str, Any]) -> bool:
    """Whether the article still fits: one person's trouble, and of the article's service."""
    article = slots.get("article") or {}
    if not article.get("steps") or slots.get("impact") in {"1", "2"}:
        return False
    if slots.get("category") == SECRET:
        return False  # nobody tries something out on an attack
    if (slots.get("people") or 1) > 1:
        return False
    return slots.get("service") in {None, UNKNOWN, article.get("service")} or not article["service"]


def _worth_asking(slots: Mapping[str, Any], catalogue: Catalogue) -> list[str]:
    """What is not known, by what its answer is worth; in a fixed order where nothing says it.

    What may help is told before all but the outage that comes first.
    """
    unknown = [name for name in ("service", "impact", "site") if slots.get(name) is None]
    if slots.get("known") and slots.get("same") is None:
        unknown.insert(0, "same")
    ranked = slots.get("questions")
    if ranked is None:
        matters = _site_matters(slots, catalogue)
        order = [name for name in unknown if name != "site" or matters]
    else:
        asked: Mapping[str, int] = slots.get("asked") or {}
        emptied = [name for name in unknown if asked.get(name) == 0]  # by the person: to tell anew
        worth = [one["slot"] for one in ranked if one["slot"] not in emptied]
        order = [*emptied, *(name for name in worth if name in unknown)]
    if may_help(slots) and slots.get("helped") is None:
        order.insert(1 if order[:1] == ["same"] else 0, "helped")
    return order


_QUESTIONS: Final = 3
_TIMES: Final = 2
_PLACE_MATTERS: Final = frozenset({"network", "printing", "telephony"})


def _site_matters(slots: Mapping[str, Any], catalogue: Catalogue) -> bool:
    entry = catalogue.service(slots.get("service"))
    if entry is not None:
        return entry.needs_site
    return slots.get("category") in _PLACE_MATTERS


def _service_title(catalogue: Catalogue, service: str) -> str:
    entry = catalogue.service(service)
    return entry.title if entry else service


def _site_name(catalogue: Catalogue, site: str) -> str:
    entry = catalogue.site(site)
    return entry.name if entry else site
