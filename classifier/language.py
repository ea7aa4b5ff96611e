"""Which language a message is in, by its commonest words; unsure of short ones.

Six languages, no model: a chat message is short, and what matters is whether to answer in the
language somebody began in. None where the words do not tell, so that the earlier answer holds.
"""

from __future__ import annotations

import re
from typing import Final

COMMON: Final = {
    "en": (
        "the is are was were it its i you we my our your they there this that not no don't "
        "doesn't can't won't cannot have has had and or but with from for of to on at in "
        "since please thanks thank hello hi yes just me nothing works work working down "
        "does what how when which who anybody anyone still again"
    ),
    "de": (
        "der die das ein eine einen einem ist sind war nicht kein keine ich wir sie mein "
        "meine unser bei mir uns geht gehen ging kommt kann können und oder aber mit von "
        "für seit auf im am zum zur wird werden noch wieder mehr auch nur doch schon jetzt "
        "heute bitte danke hallo ja nein nichts wer was wie wann warum funktioniert habe "
        "haben hat moin guten tag morgen alle dem nich nix spinnt druckt läuft "
        "startet hängt bleibt schwarz leer lädt zeigt sich gestern kaputt drucker bildschirm "
        "rechner raum büro fehler anmelden kennwort"
    ),
    "pt": (
        "o os uma um não está estão é são eu nós meu minha meus nossa com para por desde ao "
        "da do das dos na no que obrigado obrigada olá bom dia boa tarde funciona consigo "
        "ninguém aqui já mais também quando sim"
    ),
    "es": (
        "el los las una un no está están es son yo mi nuestra con para por desde al del de "
        "la en que gracias hola buenos días buenas funciona puedo nadie aquí ya más también "
        "cuando sí se"
    ),
    "fr": (
        "le la les une un ne pas est sont je nous mon ma notre avec pour depuis au du des "
        "dans que merci bonjour marche fonctionne personne ici déjà plus aussi quand oui ça "
        "c'est"
    ),
    "nl": (
        "de het een is zijn niet geen ik wij we mijn onze met voor sinds op in aan van en "
        "of maar kan werkt doet dank bedankt hallo hoi ja nee niets wie wat hoe nog weer "
        "ook alleen sinds vandaag"
    ),
}
_WORDS: Final = {language: frozenset(words.split()) for language, words in COMMON.items()}
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_LOOKED_AT: Final = 60
_CLEAR: Final = 2
_SHARP: Final = {
    "ß": "de",
    "ä": "de",
    "ö": "de",
    "ü": "de",
    "ã": "pt",
    "õ": "pt",
    "ñ": "es",
    "¿": "es",
}


def detect_language(text: str) -> str | None:
    """The language's two letters; None where the words do not tell it clearly."""
    words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(text[:1_000])]
    words = words[:_LOOKED_AT]
    hits = {language: sum(word in known for word in words) for language, known in _WORDS.items()}
    for letter, language in _SHARP.items():
        hits[language] += 2 * (letter in text.lower())
    first, second = sorted(hits, key=lambda one: -hits[one])[:2]
    if hits[first] < _CLEAR or hits[first] < hits[second] + _CLEAR:
        return None
    return first
