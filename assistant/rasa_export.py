"""A complete Rasa 3.6 project from this domain, these rules, texts and training messages."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from assistant.domain import FOLDER, load_domain
from assistant.hearing import RENAMED

HOME: Final = FOLDER / "rasa"
STATIC: Final = (
    "README.md", "config.yml", "config-full.yml", "credentials.yml", "endpoints.yml",
    "muster_connector.py",
)  # fmt: skip
MESSAGES: Final = FOLDER.parent / "training_data" / "messages.csv"
_MARKUP: Final = re.compile(r"[\[\]{}()|\\`]")
_NOTE: Final = "# Written by `muster rasa export`; change {source}, not this file.\n"


def export_project(folder: Path) -> list[Path]:
    """Write the project; returns its files. What else lies in the folder is left alone.

    Raises:
        BadDialogueError: The domain's files use what is not interpreted.

    """
    load_domain()  # never export what we would refuse
    written = []
    for name, text in render_project().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def render_project() -> Mapping[str, str]:
    """File name to content."""
    made = {name: (HOME / name).read_text(encoding="utf-8") for name in STATIC}
    for source, name in (
        ("domain.yml", "domain/domain.yml"),
        ("responses.yml", "domain/responses.yml"),
        ("rules.yml", "data/rules.yml"),
    ):
        text = (FOLDER / source).read_text(encoding="utf-8")
        made[name] = _NOTE.format(source=f"assistant/{source}") + text
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        made["data/nlu.yml"] = render_nlu(csv.DictReader(file))
    return made


def render_nlu(rows: Iterable[Mapping[str, str]]) -> str:
    """Training messages as NLU data: one act per text, those said unasked first.

    A text that Rasa's markup would read as something else is left out.

    Args:
        rows: `text`, `act` and `asked` of each message.

    """
    acts: dict[str, str] = {}
    for row in sorted(rows, key=lambda one: bool(one["asked"])):
        text = " ".join(row["text"].split())
        if text and not _MARKUP.search(text) and not text.startswith(("/", "-", "#")):
            acts.setdefault(text, RENAMED.get(row["act"], row["act"]))
    by_intent: dict[str, list[str]] = defaultdict(list)
    for text, act in acts.items():
        by_intent[act].append(text)
    lines = [_NOTE.format(source="training_data/messages.csv") + 'version: "3.1"', "nlu:"]
    for intent in sorted(by_intent):
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {text}" for text in by_intent[intent]]
    return "\n".join(lines) + "\n"
