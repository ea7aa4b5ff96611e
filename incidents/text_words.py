"""What we say by text besides the dialogue's answers, one segment each, in every language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "help": "Here you tell IT what does not work. Text in one message what is broken "
                "and where. STOP ends all texts.",
                "enough": "Many texts came at once. All are kept and IT sees them; for some "
                "minutes I do not answer each of them.",
                "file_lost": "I could not keep {lost} of {all} files: {why}. Your words are kept.",
                "same": "Is this about {reference} too?",
                "same_yes": "the same",
                "same_no": "another problem",
            }
        ),
        "de": MappingProxyType(
            {
                "help": "Hier melden Sie der IT, was nicht geht. Schreiben Sie in einer Nachricht, "
                "was wo kaputt ist. STOPP beendet alle SMS.",
                "enough": "Viele Nachrichten auf einmal. Alle sind gespeichert und die IT sieht "
                "sie; einige Minuten lang antworte ich nicht auf jede.",
                "file_lost": "{lost} von {all} Dateien konnte ich nicht speichern: {why}. Ihr "
                "Text ist gespeichert.",
                "same": "Geht es dabei auch um {reference}?",
                "same_yes": "dasselbe",
                "same_no": "ein anderes Problem",
            }
        ),
    }
)
FULLEST: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reference": "RPT-7K2F4Q-M",
        "lost": "10",
        "all": "10",
        "why": "w" * 60,
    }
)
"""The longest that each placeholder is filled with; `render_words` cuts to it."""


def render_words(name: str, language: str, **values: object) -> str:
    """The words in a language, or in English; values are cut to what fits one segment."""
    text = TEXTS.get(language[:2], TEXTS["en"])[name]
    told = {key: str(value)[: len(FULLEST[key])] for key, value in values.items()}
    return text.format(**told)
