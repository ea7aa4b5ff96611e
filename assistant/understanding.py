"""What a message does: the classifier's act, corrected by where the conversation stands.

A report mistaken for chatter is the worst error, so doubt is resolved towards believing.
"""

from __future__ import annotations

import re
from typing import Final

from assistant.calling_off import calls_off, discards, is_still_wanted, sends_after_all
from assistant.choices import fold
from assistant.dialogue import ConversationState, Said
from assistant.helped import NO, YES_IT_DID, came_back, helped_and_more, is_trying, read_helped
from assistant.trouble_words import TROUBLE, WORSE, is_broken_now
from classifier.people import count_answer
from classifier.scope import read_scope

_YES: Final = frozenset(
    {"yes", "y", "yep", "yeah", "yup", "ok", "okay", "sure", "correct", "right", "exactly", "send",
     "ja", "jep", "genau", "passt", "sim", "sí", "si", "oui", "yes please", "send it",
     "looks good", "that's right", "thats right", "that is right", "same problem", "yes same",
     "same here", "yes send it", "all good", "go ahead"}
)  # fmt: skip
_SENDS: Final = frozenset({"send", "send it", "yes send it", "go ahead", "send it anyway"})
_CANCEL: Final = frozenset(
    {"cancel", "forget it", "never mind", "nevermind", "drop it", "vergiss es", "abbrechen",
     "don't send", "dont send", "do not send it"}
)  # fmt: skip
_RESTART: Final = frozenset(
    {"start over", "restart", "from the start", "new", "von vorne", "neu beginnen"}
)
_UNSURE: Final = frozenset(
    {"i don't know", "i dont know", "don't know", "dont know", "dunno", "no idea", "not sure",
     "idk", "weiß nicht", "weiss nicht", "keine ahnung", "não sei", "no sé"}
)  # fmt: skip
_PUZZLED: Final = frozenset(
    {"what", "huh", "sorry what", "pardon", "come again", "what do you mean", "i don't understand",
     "i dont understand", "was", "wie bitte", "hä", "was meinen sie", "verstehe ich nicht"}
)  # fmt: skip
_NO_WORD: Final = re.compile(r"[\x00-\x40\x5b-\x60\x7b-\x7f]*")
_JUST_SEND: Final = re.compile(
    r"(?i)\s{0,5}(?:no,? )?(?:please |pls |ok |can you |but )?(?:just )?"
    r"(?:send|file|submit|report|log) (?:it|this|that|the report)"
    r"(?: (?:already|now|anyway|please|through|in|off|then)){0,3}[\s!.]{0,20}"
    r"|\s{0,5}(?:(?:nein|bitte|doch|trotzdem|einfach|jetzt|dann)[, ]{1,2}){0,3}"
    r"(?:melden|senden|schicken|abschicken)"
    r"(?:,? (?:sie|es|das|bitte|trotzdem|doch|jetzt|ab)){0,4}[\s!.]{0,20}"
)
_SEND: Final = re.compile(
    r"(?i)\s{0,5}(?:ok(?:ay)?|yes|yep|aye|ja|jawoll?|jo|fine|sure|correct|right|please|bitte|"
    r"pls)?[\s,.]{0,3}(?:just )?"
    r"(?:(?:send|file|submit) (?:it|this|that|please)|(?:schick\w*|send\w*) (?:sie )?(?:es|das)|"
    r"abschicken|raus damit|weg damit)\b"
    r"(?!.{0,40}\b(?:not|nicht|but|aber|without|when|wenn)\b)"
)
_CORRECTS: Final = re.compile(
    r"(?i)^.{0,24}\b(?:(?:scrub|scratch) that|correction|korrektur|i meant|i mean|wrong (?:one|"
    r"program|app|name))\b"
    r"|\b(?:it'?s|its|is|that'?s) (?:not|no) (?:the )?[\w -]{2,24},? (?:but |its |it'?s |it is )"
    r"|^\W*(?:no|nein|nope)\b[\s,.!]{1,4}[\w-]{2,24}(?: [\w-]{2,24})? (?:not|nicht) \w"
    r"|\bnicht [\w -]{2,24},? sondern\b"
)
_STATUS: Final = re.compile(
    r"(?i)\bwhat(?:'?s| is)? (?:the status|happening|going on|new)\W{1,2}(?:of|with|to|on|about) "
    r"(?:my (?:reports?|tickets?|case|issue|problem)|mine|it|that|this)\b"
    r"|^\W*(?:status|any (?:news|updates?))\b(?: on (?:my report|mine|it|that|this))?\W*$"
    r"|\bwas (?:ist|wird)(?: denn)?(?: jetzt| nun)? (?:mit|aus) (?:meine[rm]? (?:meldung|ticket)|"
    r"meiner|meinem)\b|\bwie ist der stand\b|\bgibt es (?:schon )?(?:etwas |was )?neues\b"
)
_NOTHING: Final = re.compile(
    r"(?i)\b(?:nothing(?:'?s| is)?|not|nix|nichts)\b.{0,20}\b(?:broken?|wrong|out of order|faulty|"
    r"kaputt|defekt)\b|\bkaputt ist nichts\b|\bkeine störung\b"
)
_ANOTHER: Final = re.compile(
    r"(?i)\b(?:separate(?:ly)?|second (?:matter|thing|one)|other thing|another (?:thing|one|"
    r"problem)|"
    r"something else|nothing to do wi(?:th)?|noch (?:was|etwas) anderes|zweites problem|außerdem)\b"
)
_AGAIN: Final = re.compile(
    r"(?i)\b(?:works?|working|fine|ok|okay|good|up) again\b|\b(?:is|are|it's|its) back\b"
    r"|\bfixed now\b|\bgeht wieder\b|\bfunktioniert wieder\b"
)
_SURE: Final = 0.5
_HALF_SURE: Final = 0.35
_VERY_SURE: Final = 0.7
_SENTENCE: Final = 4
_FOLLOW_UP: Final = 160
_ASIDE: Final = 120
_FOLLOW_UPS: Final = frozenset({"impact", "service", "site"})
_CHATTER: Final = frozenset({"small_talk", "thanks", "greet"})
_ANSWERS: Final = frozenset({"inform", "correct", "dont_know", "affirm", "deny", "insist"})
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
    if (nothing := _says_nothing(said.text, state)) is not None:
        return nothing
    if (told := _told_of_help(said, state)) is not None:
        return told
    short = _short_answer(fold(said.text)) if len(said.text) <= 40 else None
    if short is not None:
        follows = state.loop is None and state.asked() in _FOLLOW_UPS
        return "inform" if follows and short in _ANSWERS else short
    if len(said.text) <= 80 and _JUST_SEND.fullmatch(said.text):
        return "insist"
    if (order := _ordered(said, state)) is not None:
        return order
    return "affirm" if state.requested == "confirm" and _SEND.match(said.text) else None


def _says_nothing(text: str, state: ConversationState) -> str | None:
    """What steers nothing: our own notation, typed, a stray digit or sign, and a "what?"."""
    if text.lstrip().startswith("/"):
        return "unclear"
    bare = _NO_WORD.fullmatch(text) is not None
    asked = state.asked() if state.loop is None else None
    if asked == "impact" and count_answer(text) is not None:
        return None
    if asked in _FOLLOW_UPS and (bare or fold(text) in _PUZZLED):
        return "ask_status"  # how it stands, and the question again
    return "unclear" if bare else None


def _ordered(said: Said, state: ConversationState) -> str | None:
    """What is told outright: an attack; with no service named, how it stands, or to stop."""
    if state.loop is not None and discards(said.text):
        return "cancel"
    if said.facts.get("suspicious") and state.requested in {None, "description"}:
        return "report"
    if len(said.text) > _ASIDE or said.facts.get("services"):
        return None
    if _STATUS.search(said.text) and not TROUBLE.search(said.text):
        return "ask_status"
    called_off = calls_off(said.text) and not _AGAIN.search(said.text)
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
    if folded in _SENDS or _JUST_SEND.fullmatch(said.text):
        return "insist"
    if is_trying(said.text):
        return "inform"
    if folded in NO | _CANCEL | _RESTART | _UNSURE:
        return _short_answer(folded)
    found = read_helped(said.text)
    if found is None:
        return "inform" if helped_and_more(said.text) else None
    short = len(said.text.split()) <= 2 * _SENTENCE
    return "resolved" if found else "deny" if short else "inform"


def _short_answer(folded: str) -> str | None:
    if folded in _YES:
        return "affirm"
    if folded in NO:
        return "deny"
    if folded in _CANCEL:
        return "cancel"
    if folded in _RESTART:
        return "restart"
    return "dont_know" if folded in _UNSURE else None


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
    tells |= said.act == "resolved" and is_broken_now(said.text)
    return "inform" if tells or said.act_probability < least else said.act


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
    another = tells or names or bool(_ANOTHER.search(said.text))
    if _tells_of_another(said, state) and not _CORRECTS.search(said.text):
        return "report"
    if said.foreign is not None and asked == "more" and words > _SENTENCE:
        return "report"  # rather one report too many than another trouble hidden in the last
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
    return bool(TROUBLE.search(said.text)) or (
        said.unasked_act == "report" and said.unasked_probability >= _VERY_SURE
    )


def _beginning(said: Said, *, words: int, names: bool, tells: bool) -> str:
    """Nothing was asked: a report is believed, the rest must be clear."""
    act, sure = said.act, said.act_probability
    if said.foreign is not None and sure < _VERY_SURE:
        return "report"  # the words may say what they like: somebody of IT will read them
    if act in {"affirm", "deny", "dont_know"} and words < _SENTENCE:
        return act
    if act in {*_ANSWERS, "worse", "report"}:
        sounds = act == "worse" or (act == "report" and (sure >= _HALF_SURE or words > _SENTENCE))
        return "report" if tells or names or sounds or words > 2 * _SENTENCE else "unclear"
    if sure >= (_VERY_SURE if tells and act in {*_CHATTER, "ask_question"} else _SURE):
        return act
    return "report" if tells and act != "ask_question" else "unclear"


def _after_doubt(said: Said) -> str:
    """We asked whether something is broken: a yes, a no, or the words that say what."""
    if _NOTHING.search(said.text):
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
    return "resolved" if _AGAIN.search(text) else None


def _asks_aside(said: Said) -> bool:
    """Whether instead of an answer something else is asked, clearly."""
    return (
        said.unasked_act in {"ask_question", "ask_status", "request_human"}
        and said.unasked_probability >= _VERY_SURE
        and read_scope(said.text, said.facts.get("counted"), answering=True) is None
    )


def _is_secret(said: Said, last: str | None) -> bool:
    return any(one["report"] == last and one.get("restricted") for one in said.mine)


def _afterwards(said: Said, last: str | None, *, answering: bool, another: bool) -> str:
    """A report was filed: what is said belongs to it unless it clearly tells of something else."""
    act = said.act
    if act == "resolved" and another and said.unasked_act == "report":
        # "the S drive is gone": that it is a report is sure before one knows what was asked.
        act = "report" if said.unasked_probability >= _VERY_SURE else act
    if act == "resolved" and _is_secret(said, last) and not _AGAIN.search(said.text):
        return "inform"  # of an attack it is no news that somebody opened the file
    if _CORRECTS.search(said.text) and act not in {"thanks", "cancel", "request_human"}:
        return "correct"
    if answering and _asks_aside(said):
        return said.unasked_act
    if answering and (act in _ANSWERS or read_scope(said.text, said.facts.get("counted"))):
        return "inform"
    vague = said.act_probability < _HALF_SURE and act not in {"report", "worse", "resolved"}
    faint = act == "report" and said.act_probability < _SURE and not another
    return "inform" if vague or faint else act
