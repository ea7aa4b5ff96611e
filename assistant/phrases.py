"""The short words around the responses, by language: buttons, the summary, status lines.

English stands in the code and is the key; another language is one file, `phrases.de.yml`, that
may neither miss nor invent a phrase or a placeholder.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from assistant.domain_parts import BadDialogueError
from assistant.nlg import PLACE, fill

FOLDER: Final = Path(__file__).parent
ENGLISH: Final = frozenset(
    {
        "Just me", "Several of us", "A whole site or more", "about {people} people",
        "Something else", "Somewhere else",
        "Yes, the same problem", "No, something else",
        "That helped", "Still broken", " More: {url}",
        "Send", "Change something", "Cancel",
        "What happened", "Service", "Place", "Who is affected",
        "Your report", "What", "Where", "Affected", "Since", "Files",
        "from your words", "from this page", "from the directory", "our guess",
        "from what you said before",
        "service {before} → {after}", "place {before} → {after}", "who is affected",
        "added to what happened",
        " What helps meanwhile: {workaround}", " Meanwhile: {workaround}",
        "{report}: it is with the security team, who will contact you if they need you.",
        "{report}{about}: solved, as far as IT knows. Tell me if it is not.",
        "{report}{about}: IT has it{major}.{workaround}",
        "{report}{about}: {people} people report it{major}.{workaround}",
        " and it is handled as a major incident",
        "I can hear that this costs you nerves; I will be quick.", "Sorry for the trouble.",
        "today", "yesterday", "Report it after all", "No, thank you",
        "You began to tell me about {what} {when}. Let us go on.",
        "You began a report {when}. Let us go on.",
        "You began to tell me about {what} {when} and stopped. Shall I report it after all?",
        "You began a report {when} and stopped. Shall I send it after all?",
        "For", "One person", "service {after}", "place {after}",
        "Only those in IT who must know see it.",
        " Please click nothing in it and do not reply.", "IT has it now.",
        "{name} of IT", "Somebody of IT",
        "{who} has joined and reads what you wrote. Just answer here.",
        "{who} has left. I am the assistant again.",
        "{who} could not answer in time, I am sorry. I am the assistant again.",
        "{who} recorded it as {report}.",
        "What you wrote is in no report yet. Shall I report it?",
        "Nobody of IT was free, I am sorry. {report} stands, and IT sees it.",
        "Nobody of IT was free, I am sorry. What you wrote is kept; let us finish your report.",
        "Nobody of IT was free, I am sorry. Tell me what does not work, and I write it down.",
        "I can answer in English or German. I pass on your words as they are.",
        "I answer in English or German; your words are passed on.",
        "One other person reports the same; IT sees it as one problem.{workaround}",
        "{others} other people report the same; IT sees it as one problem.{workaround}",
    }
)  # fmt: skip


def say(phrase: str, language: str | None, **values: object) -> str:
    """A phrase in a language (English where it has no file), with the values in.

    Raises:
        KeyError: It is none of `ENGLISH`.

    """
    if phrase not in ENGLISH:
        raise KeyError(phrase)
    spoken = load_phrases(FOLDER).get((language or "en")[:2], {})
    return fill(spoken.get(phrase, phrase), values)


def spoken_languages() -> frozenset[str]:
    """What people are answered in."""
    return frozenset({"en", *load_phrases(FOLDER)})


@cache
def load_phrases(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Every `phrases.LANGUAGE.yml` of a folder, by language.

    Raises:
        BadDialogueError: One misses or invents a phrase or a placeholder.

    """
    found = {}
    for path in sorted(folder.glob("phrases.*.yml")):
        told: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))["phrases"]
        missing, invented = sorted(ENGLISH - set(told)), sorted(set(told) - ENGLISH)
        if missing or invented:
            what = f"misses {missing[0]!r}. Translate it" if missing else (
                f"has {invented[0]!r}, which nobody says. Remove it"
            )  # fmt: skip
            raise BadDialogueError(f"{path.name} {what}.")
        for phrase, words in told.items():
            if _places(phrase) != _places(words):
                raise BadDialogueError(
                    f"{path.name}: {phrase!r} needs the same placeholders in its translation."
                )
        found[path.name.split(".")[1]] = told
    return found


def _places(text: str) -> set[str]:
    return {match[1] for match in PLACE.finditer(text) if match[1]}
