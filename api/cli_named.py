"""What a stream on the command line is called."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def name_stream(told: str, taken: Mapping[str, object]) -> tuple[str, Path]:
    """`storm=eval/storm.jsonl` has its name in front; else the file's own name serves."""
    name, given, path = told.partition("=")
    if not given:
        name, path = Path(told).stem, told
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name} {number}", number + 1
    return unique, Path(path)
