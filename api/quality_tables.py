"""How a figure, an interval and a table are written on the quality page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def title_of(figures: Mapping[str, Any], key: str) -> str:
    """A set's name for people."""
    return str(figures.get("sets", {}).get(key, key))


def share(told: Sequence[float]) -> str:
    """A value with where it lies in 95 of 100 draws."""
    return f"**{told[0]:.3f}** {bracket(told)}"


def bracket(told: Sequence[float]) -> str:
    return f"[{told[1]:.2f}, {told[2]:.2f}]"


def plain(told: Sequence[float]) -> str:
    return f"{told[0]:.3f}"


def loss(told: Sequence[float]) -> str:
    """What F1 changes by without it; bold where all but chance agrees."""
    value, low, high = (-told[0], -told[2], -told[1])
    shown = f"{value:+.3f}"
    sure = f"**{shown}**" if low > 0 or high < 0 else shown
    return f"{sure} [{low:+.2f}, {high:+.2f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
    ]
