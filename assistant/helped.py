"""What people say after they tried something: that it helped, that it did not, or neither.

The dialogue-act classifier never heard this question; its answers are few and plain.
"""

from __future__ import annotations

import re
from typing import Final

from assistant.trouble_words import TROUBLE

_SHORT: Final = 200
YES_IT_DID: Final = frozenset(
    {"yes", "y", "yep", "yeah", "yup", "exactly", "ja", "jep", "genau", "sim", "sí", "si", "oui",
     "yes it did", "it did", "yes thanks", "yes thank you", "ja danke"}
)  # fmt: skip
NO: Final = frozenset({"no", "n", "nope", "nah", "nein", "não", "nao", "non", "no thanks"})
_CREDIT: Final = re.compile(
    r"(?i)\b(?:helped|did (?:the trick|it(?! again))|solved (?:it|that|the problem|my "
    r"problem)|fixed (?:it|that)|worked|works (?:like a charm|a treat|perfectly|for me|great))\b"
    r"|\b(?:workaround|article|tip|trick|guest network|instructions?|steps?) (?:works?|does it|"
    r"is ok(?:ay)?|helps?)\b"
    r"|\bhat (?:mir |echt |super |wirklich )?(?:geholfen|geklappt|funktioniert)\b"
    r"|\b(?:hilft|klappt|läuft|funktioniert)\b(?!\?)"
)
_WORKS: Final = re.compile(
    r"(?i)\b(?:works?|working|fixed|fine|ok|okay|good|solved|sorted|up) (?:now|again)\b"
    r"|\ball (?:is )?(?:good|fine|solved|sorted)\b"
    r"|\b(?:it'?s|it is|that'?s|(?:problem|issue|error|jam|message)(?: is| has)?) "
    r"(?:gone|solved|fixed|sorted|fine|good)\b"
    r"|\b(?:jetzt|nun|wieder) (?:geht|läuft|klappt|funktioniert)"
    r"|\b(?:geht|läuft|klappt|funktioniert) (?:jetzt|nun|wieder)\b"
    r"|\A\W*(?:\w+\W+){0,2}(?:fixed|sorted|solved|works|worked|gelöst|geklappt|erledigt)\W*\Z"
    r"|\bi (?:can|could) (?:now )?(?:print|log ?in|sign ?in|hear|send|search|see|connect)\b"
)
_NOT: Final = re.compile(
    r"(?i)\b(?:not|never|no|nope|nothing|neither|cannot|(?:did|does|do|wo|ca|has|is)n'?t|useless|stop(?:s|ped)?|"
    r"without (?:luck|success)|still|same (?:problem|thing|error|as before)|half|partly|hardly|"
    r"barely|kein\w*|nicht|nichts|nix|nie|nein|nee|immer noch|weiterhin|leider|vergeblich|"
    r"ohne erfolg|nada|(?:already|schon) (?:tried|did|done|versucht|gemacht|probiert)|"
    r"tried (?:that|it|this|all (?:of )?(?:that|this)) (?:already|before|twice|three))\b"
)
_HARMLESS: Final = re.compile(
    r"(?i)\b(?:no (?:problem|worries|need|more|longer) ?(?:needed|anymore|now|then)?|"
    r"can'?t believe|not (?:a )?bad|don'?t (?:bother|worry|need|send)\b[^.!,;]{0,30}|"
    r"(?:nothing|not) (?:else|any more|needed)|(?:did not|didn'?t) (?:expect|know)|"
    r"hadn'?t thought|never ?mind(?: where)?|you don'?t have to \w+(?: it)?|no idea why|"
    r"don'?t (?:even )?know why|nicht (?:mehr nötig|mehr abschicken|abschicken|senden)|"
    r"nichts (?:mehr|weiter)(?: nötig)?|kein problem(?: mehr)?|nicht schlecht)\b"
)
_HEDGED: Final = re.compile(
    r"(?i)\?|\b(?:but|how|when|if|until|till|unless|yesterday|before|earlier|"
    r"last (?:week|month|time)|used to|except|almost|nearly|hopefully|maybe|perhaps|aber|"
    r"wenn|falls|bis|gestern|vorher|früher|"
    r"fast|beinahe|hoffentlich|vielleicht|eigentlich)\b"
)
_FAULT: Final = r"(?:problem|issue|fault|error|jam|message|crash|outage|fehler|störung|meldung)s?"
_IT: Final = r"(?:it|that|the (?:problem|issue|fault|error|jam|message))"
_BACK: Final = re.compile(
    rf"(?i)\b(?:{_IT} (?:has |have )?(?:came|come|comes|coming)(?: right)? back|"
    rf"(?:it'?s|that'?s|{_IT} is) back|again the same|(?:did not|didn'?t) last|"
    r"(?:happen(?:s|ed|ing)|broke|broken|stopped|started|same (?:problem|thing|issue)|jammed|"
    rf"locked|gone|down) again|{_IT} did (?:it|that) again|back to square one|"
    r"(?:helped|worked) (?:only )?(?:for )?(?:a (?:while|minute|second|moment|bit)|once|briefly|"
    r"(?:\w+ ){1,2}(?:seconds|minutes|moments)|"
    r"until)|(?:ist|kommt|kam) (?:schon )?wieder (?:da|zurück)|(?:geht|läuft) (?:schon )?wieder "
    r"nicht|wieder (?:kaputt|dasselbe|das gleiche|weg)|hielt nicht(?: lange)?|fängt wieder an)\b"
)
_CURED: Final = re.compile(
    rf"(?i)\b(?:no longer|nicht mehr) \w+"
    rf"|\b(?:was|were|war) (?:\w+ )?(?:down|broken|gone|dead|stuck|offline|slow|kaputt|tot)\b"
    rf"|\b(?:solved|fixed|cleared|cured|behoben) (?:the|my|that|this) (?:\w+ )?{_FAULT}"
    rf"|\b(?:it|that|{_FAULT})(?:'s| is| has| ist)?(?: now| jetzt)? "
    r"(?:gone|weg|behoben|solved|fixed)\b"
)
_TRYING: Final = re.compile(
    r"(?i)\A\W*(?:(?:ok(?:ay)?|alright|fine|sure|thanks|thank you|hm+|danke|gut|klar)\W*){1,3}\Z"
    r"|\b(?:(?:let me|i'?ll|will|gonna|going to|i'?m) (?:try|trying|check|look|see|do (?:it|that))|"
    r"trying|(?:one|just a|a|wait a) (?:moment|minute|min|sec|second)|hold on|wait|moment|sekunde|"
    r"(?:probier|versuch|test|schau|guck)e?|mache? ich)\b"
)


def read_helped(text: str) -> bool | None:
    """Whether what was tried helped; None where the words say neither, or yes and more.

    A yes files nothing, so it must be a plain one.
    """
    if len(text) > _SHORT:
        return None
    plain = _HARMLESS.sub(" ", text)
    if _NOT.search(plain) or came_back(text):
        return False
    return True if _says_yes(text) and not _HEDGED.search(plain) and not _lacks(text) else None


def helped_and_more(text: str) -> bool:
    """Whether a yes and a trouble are told in one breath: "it worked, now the laptop is dead"."""
    return len(text) <= _SHORT and _says_yes(text) and _lacks(text)


def credits_help(text: str) -> bool:
    """Whether the words thank what was tried for it, and not only say that all is well."""
    return read_helped(text) is True and bool(_CREDIT.search(text))


def is_trying(text: str) -> bool:
    """Whether somebody only says that they go and try it."""
    return len(text) <= _SHORT and read_helped(text) is None and bool(_TRYING.search(text))


def came_back(text: str) -> bool:
    """Whether what had been solved is there again."""
    return len(text) <= _SHORT and bool(_BACK.search(text))


def _says_yes(text: str) -> bool:
    plain = _HARMLESS.sub(" ", text)
    return bool(_CREDIT.search(plain) or _WORKS.search(plain))


def _lacks(text: str) -> bool:
    """Whether a trouble is named beside those that are said to be over."""
    return bool(TROUBLE.search(_HARMLESS.sub(" ", _CURED.sub(" ", text))))
