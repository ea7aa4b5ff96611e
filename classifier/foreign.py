"""Whether a message is surely in a language that we do not speak, and in which.

By letters and commonest words, without a model: what counts is never to say it of English or
German, nor of a log, an error text or a name. So it is silent where it is not sure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from classifier.language import COMMON

_MORE_COMMON: Final = {
    "it": (
        "il lo gli una un non è sono siamo ho abbiamo hai mi ci si mio mia nostro nostra con per "
        "da del della dei delle nel nella al alla che questo questa funziona riesco possiamo "
        "nessuno qui anche più quando grazie buongiorno salve stamattina oggi ieri e"
    ),
    "tr": (
        "ve bir bu da de için ile çok var yok değil ben biz benim bizim beni olarak gibi ama sonra "
        "şu ne mı mi mu oldu oluyor çalışmıyor açılmıyor bağlanamıyorum giremiyorum "  # noqa: RUF001
        "giremiyoruz bugün dün sabah sabahtan beri kadar daha hiç kimse merhaba lütfen teşekkürler"
    ),
    "pl": (
        "nie jest są się w z i na do od mam mamy mogę możemy mój moja nasz nasza mi nam mnie ale "
        "że czy jak dla po przez przy już jeszcze od rana dziś dzisiaj wczoraj działa działają "
        "nikt proszę dziękuję dzień dobry też tylko"
    ),
    "cs": (
        "je jsou není nejde nefunguje se si na v z do od mám máme můj naše mi nám mě ale že jak "
        "pro po při už ještě dnes včera ráno nikdo prosím děkuji dobrý den taky jen"
    ),
    "ro": (
        "nu este sunt și în din la cu pe un o mea meu noastră nostru am avem pot putem merge "
        "funcționează de pentru că dar azi ieri dimineață nimeni vă rog mulțumesc bună ziua mai"
    ),
    "hu": (
        "a az egy nem és van vannak vagyok nekem nekünk hogy de már még csak is ma tegnap reggel "
        "óta működik működnek tudok tudunk senki kérem köszönöm jó napot meg itt"
    ),
    "sv": (
        "det är och att inte jag vi en ett på för med av som har kan min mitt vår vårt från sedan "
        "idag igår fungerar kommer ingen hej tack men också när"
    ),
    "da": (
        "det er og at ikke jeg vi en et på for med af som har kan min mit vores fra siden i dag "
        "virker kommer ingen hej tak men også når"
    ),
    "fi": (
        "ei ole on ja se minun meidän en emme voi voin pysty toimi toimii kun että mutta tänään "
        "eilen aamulla kukaan hei kiitos täällä nyt vielä"
    ),
}  # fmt: skip
_WORDS: Final = {
    language: frozenset(words.split()) for language, words in ({**COMMON, **_MORE_COMMON}).items()
}
_SHORT_ONES: Final = (
    "a an and are as at be but by can could did do does down for from get go had has have he hello "
    "hi how i if in is it its just let me more my no not note now of off ok on one only or our out "
    "over per plus please se sent she so some son still than that the them then there they this to "
    "up us van via was we were what when will with you your "
    "ab alle als am an auch auf aus bei bin bis da dann das dem den der des die doch du ein eine "
    "einen er es et geht hab hat hier ich im in is ist ja kein man mein men met mich mir mit mal "
    "nach nicht noch nur ob oder ohne sie sind so um und uns vom von vor war was weg wenn wer wie "
    "wir wo zu zum"
)
"""English and German words that other languages have too, or nearly: they speak against."""
_OURS: Final = frozenset(_SHORT_ONES.split())
_LETTERS: Final = {
    "tr": "ğışİ", "pl": "ąęłśżźćń", "cs": "řůěčž", "ro": "țșăţş", "hu": "őű", "pt": "ãõ",
    "es": "ñ¿¡", "sv": "å", "da": "øæ", "fr": "çœêûèù", "it": "òìù",
}  # fmt: skip
_SCRIPTS: Final[Mapping[str, str]] = {
    "ar": "\u0600-\u06ff", "he": "\u0590-\u05ff", "el": "\u0370-\u03ff", "ru": "\u0400-\u04ff",
    "hi": "\u0900-\u097f", "th": "\u0e00-\u0e7f", "ko": "\uac00-\ud7af", "ja": "\u3040-\u30ff",
    "zh": "\u4e00-\u9fff", "ka": "\u10a0-\u10ff", "hy": "\u0530-\u058f",
}  # fmt: skip
_SCRIPT: Final = {name: re.compile(f"[{signs}]") for name, signs in _SCRIPTS.items()}
_TELLING: Final = {"ru": ("uk", "іїєґ"), "ar": ("fa", "پچژگ")}
"""Letters by which a neighbour that shares the script is told."""
_WORD: Final = re.compile(r"(?<![\w./\\@:-])[^\W\d_]+(?:'[^\W\d_]+)?(?![\w/\\@]|[.:]\w)")
_LETTER: Final = re.compile(r"[^\W\d_]")
_READ: Final = 2_000
_FEWEST_WORDS: Final = 4
_FEWEST_SIGNS: Final = 3
_FEWEST_LETTERS: Final = 6
_DENSE: Final = 0.2


def foreign_language(text: str, spoken: Collection[str] = ("en", "de")) -> str | None:
    """The language, two letters, of words that are surely in none of the spoken ones.

    None for what is short, mixed or technical: then nothing is said about languages.
    """
    text = text[:_READ].replace("\u2019", "'")
    found = _by_script(text) or _by_words(text, spoken)
    return None if found in spoken else found


def _by_script(text: str) -> str | None:
    """By letters that are not Latin, where they are most of a message."""
    letters = len(_LETTER.findall(text))
    if letters < _FEWEST_LETTERS:
        return None
    counts = {name: len(signs.findall(text)) for name, signs in _SCRIPT.items()}
    if counts["ja"]:
        counts["ja"] += counts.pop("zh")
    name = max(counts, key=lambda one: counts[one])
    if 2 * counts[name] <= letters:
        return None
    neighbour, own = _TELLING.get(name, ("", ""))
    return neighbour if neighbour and any(sign in text.lower() for sign in own) else name


def _by_words(text: str, spoken: Collection[str]) -> str | None:
    """By words and letters that the spoken languages lack; three of them, and twice as many."""
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < _FEWEST_WORDS:
        return None
    ours = _OURS.union(*(_WORDS[name] for name in spoken if name in _WORDS))
    signs = {
        name: [word for word in words if _tells(name, word, ours)]
        for name in _WORDS
        if name not in spoken
    }
    best = max(signs, key=lambda name: len(signs[name]))
    mine = sum(word in ours and word not in _WORDS[best] for word in words)
    few = len(set(signs[best])) < _FEWEST_SIGNS or len(signs[best]) < _DENSE * len(words)
    function_words = {word for word in signs[best] if word in _WORDS[best]}
    if few or len(function_words) < _FEWEST_SIGNS - 1 or len(signs[best]) < mine + 2:
        return None
    return best


def _tells(name: str, word: str, ours: frozenset[str]) -> bool:
    if word in ours:
        return False
    return word in _WORDS[name] or any(sign in word for sign in _LETTERS.get(name, ""))
