"""What a message does: the classifier's act, corrected by where the conversation stands.

A report mistaken for chatter is the worst error, so doubt is resolved towards believing.
"""

from __future__ import annotations

from typing import Final

from assistant.calling_off import calls_off, discards, is_still_wanted, sends_after_all
from assistant.choices import fold
from assistant.dialogue import ConversationState, Said
from assistant.helped import NO, YES_IT_DID, came_back, helped_and_more, is_trying, read_helped
from assistant.plain_words import (
    AGAIN,
    ALSO,
    ANOTHER,
    CANCEL,
    CLEAR_YES,
    CORRECTS,
    JUST_SEND,
    NO_WORD,
    NOTHING,
    OVER,
    PUZZLED,
    RESTART,
    REVISES,
    SEND,
    SENDS,
    STATUS,
    UNSURE,
    short_answer,
)
from assistant.trouble_words import TROUBLE, WORSE, is_broken_now
from classifier.people import count_alone
from classifier.scope import read_scope

_SURE: Final = 0.5
_HALF_SURE: Final = 0.35
_VERY_SURE: Final = 0.7
_SENTENCE: Final = 4
_BRIEF: Final = 40
_FOLLOW_UP: Final = 160
_ASIDE: Final = 120
_FOLLOW_UPS: Final = frozenset({"impact", "service", "site"})
_CHATTER: Final = frozenset({"small_talk", "thanks", "greet"})
_ANSWERS: Final = frozenset({"inform", "correct", "dont_know", "affirm", "deny", "insist"})
UNFILED: Final = "handoff_unfiled"
"""The question whether what was told to staff is to be a report, as the state remembers it."""
_DOUBTS: Final = frozenset({"utter_unclear", "utter_default", UNFILED})
_INTERRUPTS: Final = frozenset(
    {"ask_question", "request_human", "cancel", "restart", "resolved", "ask_status"}
)


def choose_intent(said: Said, state: ConversationState) -> str:
    """The intent of a typed message, as the rules name it."""
    if not said.text.strip():
        return "attach" if said.attachments else "empty"
    plain = _plainly(said, state)
    if plain is not None:
        return plain
    intent = _inside(said, state) if state.loop is not None else _outside(said, state)
    return _after_all(said, state) if intent == "cancel" and is_still_wanted(said.text) else intent


def _after_all(said: Said, state: ConversationState) -> str:
    """What sounds like an end, and tells of a trouble or of sending: it ends nothing."""
    if state.loop is not None:
        return "insist" if sends_after_all(said.text) else "inform"
    return "inform" if state.slots.get("last_report") else "report"


def _plainly(said: Said, state: ConversationState) -> str | None:
    """What needs no classifier."""
    for read in (_says_nothing, _told_of_help, _says_briefly, _ordered):
        if (found := read(said, state)) is not None:
            return found
    return "affirm" if state.requested == "confirm" and SEND.match(said.text) else None


def _says_nothing(said: Said, state: ConversationState) -> str | None:
    """What steers nothing: our own notation, typed, a stray digit or sign, and a "what?"."""
    text = said.text
    if text.lstrip().startswith("/"):
        return "unclear"
    bare, asked = NO_WORD.fullmatch(text) is not None, state.asked()
    if bare and asked == "impact" and count_alone(text) is not None:
        return "inform"
    if fold(text) in PUZZLED and asked in {*_FOLLOW_UPS, "confirm", "more"}:
        return "ask_status"  # how it stands, and the question again
    if bare and state.loop is None and asked in _FOLLOW_UPS:
        return "ask_status"
    return "unclear" if bare else None


def _says_briefly(said: Said, state: ConversationState) -> str | None:
    """A yes, a no or the like, and an order to send."""
    short = short_answer(fold(said.text)) if len(said.text) <= _BRIEF else None
    if short is None:
        sends = len(said.text) <= 2 * _BRIEF and JUST_SEND.fullmatch(said.text)
        return "insist" if sends else None
    asked = state.asked() if state.loop is None else None
    if asked == "insist" and fold(said.text) in CLEAR_YES and is_doubted(state):
        return "insist"  # what was said is a report
    return "inform" if asked in _FOLLOW_UPS and short in _ANSWERS else short


def is_doubted(state: ConversationState) -> bool:
    """Whether we asked last if words are a report, and did not say that they are a question.

    A question that we took for one is no report (ADR 0005).
    """
    names = [one["metadata"]["utter"] for one in state.events if one.get("event") == "bot"]
    return bool(state.slots.get("pending") and names) and names[-1] in _DOUBTS


def _ordered(said: Said, state: ConversationState) -> str | None:
    """What is told outright: an attack; with no service named, how it stands, or to stop."""
    if state.loop is not None and discards(said.text):
        return "cancel"
    if said.facts.get("suspicious") and state.requested in {None, "description"}:
        return "report"
    if len(said.text) > _ASIDE or said.facts.get("services"):
        return None
    if STATUS.search(said.text) and not TROUBLE.search(said.text):
        return "ask_status"
    called_off = calls_off(said.text) and not AGAIN.search(said.text)
    return "cancel" if called_off else None


def _told_of_help(said: Said, state: ConversationState) -> str | None:
    """An answer to whether it helped, where that was asked, in the draft or with the report."""
    if state.loop is not None:
        return _after_help(said) if state.requested == "helped" else None
    if state.slots.get("follow_up") != "helped":
        return None
    told = _after_help(said)
    lacks = told == "deny" or helped_and_more(said.text)
    if lacks and not said.facts.get("services"):
        return "worse"  # "mail is not working" may be another trouble
    return told if told == "resolved" else None


def _after_help(said: Said) -> str | None:
    """Whether it helped. An "ok" goes to try it, and is no yes: nothing would be filed."""
    folded = fold(said.text)
    if folded in YES_IT_DID:
        return "resolved"
    if folded in SENDS or JUST_SEND.fullmatch(said.text):
        return "insist"
    if is_trying(said.text):
        return "inform"
    if folded in NO | CANCEL | RESTART | UNSURE:
        return short_answer(folded)
    found = read_helped(said.text)
    if found is None:
        return "inform" if helped_and_more(said.text) else None
    short = len(said.text.split()) <= 2 * _SENTENCE
    return "resolved" if found else "deny" if short else "inform"


def _inside(said: Said, state: ConversationState) -> str:
    """While a report is being taken: anything unclear is a detail of it."""
    if _answers(said, state.requested):
        return "correct" if said.act == "correct" else "inform"
    if said.unasked_act in _INTERRUPTS and said.unasked_probability >= _VERY_SURE:
        return said.unasked_act
    least = _HALF_SURE
    if said.act in _INTERRUPTS | _CHATTER:
        least = _SURE
    elif said.act in {"affirm", "deny"}:
        least = _VERY_SURE  # a yes that sends something must be a clear one
    tells = said.act == "report" and state.requested == "description"
    tells |= state.requested == "helped" and said.act in {"affirm", "worse"}
    tells |= said.act == "resolved" and (is_broken_now(said.text) or _is_a_report(said, _SURE))
    return "inform" if tells or said.act_probability < least else said.act


def _is_a_report(said: Said, least: float) -> bool:
    """Whether the words alone are one, whatever was asked before them."""
    return said.unasked_act == "report" and said.unasked_probability >= least


def _answers(said: Said, requested: str | None) -> bool:
    """Whether the words hold what was asked for, whatever they sound like."""
    if said.act in {"cancel", "restart", "report", "insist"} or _wants_a_person(said):
        return False
    if requested == "impact":
        plain = said.act in {"inform", "correct"}
        return read_scope(said.text, said.facts.get("counted"), answering=plain) is not None
    if requested in {"service", "site"}:
        return said.act != "ask_status" and bool(said.facts.get(f"{requested}s"))
    return False


def _wants_a_person(said: Said) -> bool:
    return said.act == "request_human" and said.act_probability >= _SURE


def _outside(said: Said, state: ConversationState) -> str:
    """Nothing is being taken: a report, a follow-up, or neither."""
    if (taken_up := _taken_up(said, state)) is not None:
        return taken_up
    asked = state.asked()
    words = len(said.text.split())
    names = bool(said.facts.get("services") or said.facts.get("codes"))
    tells = bool(TROUBLE.search(said.text)) and (names or words >= _SENTENCE)
    if asked == "insist":
        return _after_doubt(said)
    if asked is None:
        return _beginning(said, words=words, names=names, tells=tells)
    another = tells or names or bool(ANOTHER.search(said.text))
    if ALSO.fullmatch(said.text):
        return "inform"
    elsewhere = _tells_of_another(said, state) and not CORRECTS.search(said.text)
    foreign = said.foreign is not None and asked == "more" and words > _SENTENCE
    if elsewhere or foreign:  # rather one report too many than another trouble hidden in the last
        return "report"
    news = None if names else _news(said.text)
    last = state.slots.get("last_report")
    return news or _afterwards(said, last, answering=asked != "more", another=another)


def _taken_up(said: Said, state: ConversationState) -> str | None:
    """Words about what was given up, or about help that was told with the report."""
    if (state.slots.get("dropped") or {}).get("article") and came_back(said.text):
        return "report"
    if state.slots.get("tried") and read_helped(said.text):
        return "resolved"
    insists = said.act == "insist" and said.act_probability >= _SURE
    waits = state.slots.get("pending") and state.asked() != "insist"
    return "insist" if insists and waits else None


def _tells_of_another(said: Said, state: ConversationState) -> bool:
    """Whether a trouble with another service than the last report's is told, named outright."""
    last = state.slots.get("last_report")
    service = next((one.get("service") for one in said.mine if one["report"] == last), None)
    named = said.facts.get("services", ())
    if service is None or not named or service in named or said.act in _CHATTER:
        return False
    return bool(TROUBLE.search(said.text)) or _is_a_report(said, _VERY_SURE)


def _beginning(said: Said, *, words: int, names: bool, tells: bool) -> str:
    """Nothing was asked: a report is believed, the rest must be clear."""
    act, sure = said.act, said.act_probability
    if said.foreign is not None and sure < _VERY_SURE:
        return "report"  # the words may say what they like: somebody of IT will read them
    if act in {"affirm", "deny", "dont_know"} and words < _SENTENCE:
        return "unclear" if TROUBLE.search(said.text) else act
    if act in {"resolved", "cancel", "restart"} and not AGAIN.search(said.text):
        return "report" if tells else "unclear"  # nothing is there yet that could be over
    if act in {*_ANSWERS, "worse", "report"}:
        sounds = act == "worse" or (act == "report" and (sure >= _HALF_SURE or words > _SENTENCE))
        return "report" if tells or names or sounds or words > 2 * _SENTENCE else "unclear"
    if sure >= (_VERY_SURE if tells and act in {*_CHATTER, "ask_question"} else _SURE):
        return act
    return "report" if tells and act != "ask_question" else "unclear"


def _after_doubt(said: Said) -> str:
    """We asked whether something is broken: a yes, a no, or the words that say what."""
    if NOTHING.search(said.text):
        return "deny"
    if said.act in {"inform", "correct", "worse", "report"}:
        return "report"
    return said.act if said.act_probability >= _HALF_SURE else "unclear"


def _news(text: str) -> str | None:
    """Whether somebody who has a report says, in so many words, that it is worse or over."""
    if len(text) > _FOLLOW_UP:
        return None
    if WORSE.search(text):
        return "worse"
    return "resolved" if AGAIN.search(text) else None


def _asks_aside(said: Said) -> bool:
    """Whether instead of an answer something else is asked, clearly."""
    return (
        said.unasked_act in {"ask_question", "ask_status", "request_human"}
        and said.unasked_probability >= _VERY_SURE
        and read_scope(said.text, said.facts.get("counted"), answering=True) is None
    )


def _rescopes(said: Said) -> bool:
    """Whether it is said anew who is affected: "no wait, only me"."""
    return (
        len(said.text) <= _ASIDE
        and said.act != "resolved"
        and not ("?" in said.text or OVER.search(said.text))
        and REVISES.search(said.text) is not None
        and read_scope(said.text, said.facts.get("counted"), answering=True) is not None
    )


def _is_secret(said: Said, last: str | None) -> bool:
    return any(one["report"] == last and one.get("restricted") for one in said.mine)


def _afterwards(said: Said, last: str | None, *, answering: bool, another: bool) -> str:
    """A report was filed: what is said belongs to it unless it clearly tells of something else."""
    act = said.act
    if act == "resolved" and another and _is_a_report(said, _VERY_SURE):
        act = "report"  # "the S drive is gone"
    if act == "resolved" and _is_secret(said, last) and not AGAIN.search(said.text):
        return "inform"  # of an attack it is no news that somebody opened the file
    corrects = CORRECTS.search(said.text) or (not answering and _rescopes(said))
    if corrects and act not in {"thanks", "cancel", "request_human"}:
        return "correct"
    if answering and _asks_aside(said):
        return said.unasked_act
    if answering and (act in _ANSWERS or read_scope(said.text, said.facts.get("counted"))):
        return "inform"
    vague = said.act_probability < _HALF_SURE and act not in {"report", "worse", "resolved"}
    faint = act == "report" and said.act_probability < _SURE and not another
    return "inform" if vague or faint else act
