"""Words that say by themselves what a message does, in English and German: no classifier is asked.

Linear patterns only: the words are anybody's.
"""

from __future__ import annotations

import re
from typing import Final

from assistant.helped import NO

YES: Final = frozenset(
    {"yes", "y", "yep", "yeah", "yup", "ok", "okay", "sure", "correct", "right", "exactly", "send",
     "ja", "jep", "genau", "passt", "sim", "sí", "si", "oui", "yes please", "send it",
     "looks good", "that's right", "thats right", "that is right", "same problem", "yes same",
     "same here", "yes send it", "all good", "go ahead"}
)  # fmt: skip
CLEAR_YES: Final = frozenset(
    {"yes", "y", "yep", "yeah", "yup", "yes please", "ja", "jep", "ja bitte", "sim", "sí", "si",
     "oui"}
)  # fmt: skip
"""What files something by itself: an "ok" only takes note."""
SENDS: Final = frozenset({"send", "send it", "yes send it", "go ahead", "send it anyway"})
CANCEL: Final = frozenset(
    {"cancel", "forget it", "never mind", "nevermind", "drop it", "vergiss es", "abbrechen",
     "don't send", "dont send", "do not send it"}
)  # fmt: skip
RESTART: Final = frozenset(
    {"start over", "restart", "from the start", "new", "von vorne", "neu beginnen"}
)
UNSURE: Final = frozenset(
    {"i don't know", "i dont know", "don't know", "dont know", "dunno", "no idea", "not sure",
     "idk", "weiß nicht", "weiss nicht", "keine ahnung", "não sei", "no sé"}
)  # fmt: skip
PUZZLED: Final = frozenset(
    {"what", "huh", "sorry what", "pardon", "come again", "what do you mean", "i don't understand",
     "i dont understand", "was", "wie bitte", "hä", "was meinen sie", "verstehe ich nicht"}
)  # fmt: skip
NO_WORD: Final = re.compile(r"[\x00-\x40\x5b-\x60\x7b-\x7f]*")
JUST_SEND: Final = re.compile(
    r"(?i)\s{0,5}(?:no,? )?(?:please |pls |ok |can you |but )?(?:just )?"
    r"(?:send|file|submit|report|log) (?:it|this|that|the report)"
    r"(?: (?:already|now|anyway|please|through|in|off|then)){0,3}[\s!.]{0,20}"
    r"|\s{0,5}(?:(?:nein|bitte|doch|trotzdem|einfach|jetzt|dann)[, ]{1,2}){0,3}"
    r"(?:melden|senden|schicken|abschicken)"
    r"(?:,? (?:sie|es|das|bitte|trotzdem|doch|jetzt|ab)){0,4}[\s!.]{0,20}"
)
SEND: Final = re.compile(
    r"(?i)\s{0,5}(?:ok(?:ay)?|yes|yep|aye|ja|jawoll?|jo|fine|sure|correct|right|please|bitte|"
    r"pls)?[\s,.]{0,3}(?:just )?"
    r"(?:(?:send|file|submit) (?:it|this|that|please)|(?:schick\w*|send\w*) (?:sie )?(?:es|das)|"
    r"abschicken|raus damit|weg damit)\b"
    r"(?!.{0,40}\b(?:not|nicht|but|aber|without|when|wenn)\b)"
)
CORRECTS: Final = re.compile(
    r"(?i)^.{0,24}\b(?:(?:scrub|scratch) that|correction|korrektur|i meant|i mean|wrong (?:one|"
    r"program|app|name))\b"
    r"|\b(?:it'?s|its|is|that'?s) (?:not|no) (?:the )?[\w -]{2,24},? (?:but |its |it'?s |it is )"
    r"|^\W*(?:no|nein|nope)\b[\s,.!]{1,4}[\w-]{2,24}(?: [\w-]{2,24})? (?:not|nicht) \w"
    r"|\bnicht [\w -]{2,24},? sondern\b"
)
REVISES: Final = re.compile(
    r"(?i)^\W*(?:no|nope|sorry|wait|hold on|actually|oh|nein|ach|moment|doch)\b"
    r"|\b(?:after all|actually|doch|eigentlich)\b"
)
OVER: Final = re.compile(
    r"(?i)\b(?:now|again|fine|ok|okay|good|sorted|solved|fixed|resolved|works?|working|back|jetzt|"
    r"wieder|gut|behoben|gelöst|erledigt|geht|läuft)\b"
)
"""Where one of these stands, it may be good news."""
STATUS: Final = re.compile(
    r"(?i)\bwhat(?:'?s| is)? (?:the status|happening|going on|new)\W{1,2}(?:of|with|to|on|about) "
    r"(?:my (?:reports?|tickets?|case|issue|problem)|mine|it|that|this)\b"
    r"|^\W*(?:status|any (?:news|updates?))\b(?: on (?:my report|mine|it|that|this))?\W*$"
    r"|\bwas (?:ist|wird)(?: denn)?(?: jetzt| nun)? (?:mit|aus) (?:meine[rm]? (?:meldung|ticket)|"
    r"meiner|meinem)\b|\bwie ist der stand\b|\bgibt es (?:schon )?(?:etwas |was )?neues\b"
)
ALSO: Final = re.compile(
    r"(?i)\W*(?:and |und )?(?:it|this|that|das|es) (?:now |seems to |jetzt )?"
    r"(?:also (?:affects?|hits?)|betrifft (?:jetzt |nun )?auch|trifft (?:jetzt |nun )?auch)\b"
    r"[^.!?;]{0,40}[.!?\s]*"
)
"""The whole of a message that says the same trouble reaches further."""
NOTHING: Final = re.compile(
    r"(?i)\b(?:nothing(?:'?s| is)?|not|nix|nichts)\b.{0,20}\b(?:broken?|wrong|out of order|faulty|"
    r"kaputt|defekt)\b|\bkaputt ist nichts\b|\bkeine störung\b"
)
ANOTHER: Final = re.compile(
    r"(?i)\b(?:separate(?:ly)?|second (?:matter|thing|one)|other thing|another (?:thing|one|"
    r"problem)|"
    r"something else|nothing to do wi(?:th)?|noch (?:was|etwas) anderes|zweites problem|außerdem)\b"
)
AGAIN: Final = re.compile(
    r"(?i)\b(?:works?|working|fine|ok|okay|good|up) again\b|\b(?:is|are|it's|its) back\b"
    r"|\bfixed now\b|\bgeht wieder\b|\bfunktioniert wieder\b"
)


def short_answer(folded: str) -> str | None:
    """The intent of a folded text that is no more than a yes, a no or the like."""
    if folded in YES:
        return "affirm"
    if folded in NO:
        return "deny"
    if folded in CANCEL:
        return "cancel"
    if folded in RESTART:
        return "restart"
    return "dont_know" if folded in UNSURE else None
