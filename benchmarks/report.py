"""How a report of measurements is written: command, machine, date, tables with a baseline."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent


def render_machine() -> str:
    """Processor, cores, load average now, Python and SQLite, date."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{processor()}, {os.cpu_count()} CPUs, load average {load} at the start; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC."
    )


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    return [
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
        "",
    ]


def met(reached: float, target: float) -> str:
    return "yes" if reached <= target else "**no**"


def write(name: str, command: str, machine: str, title: str, lines: Sequence[str]) -> None:
    """Write `benchmarks/NAME.md` and print it."""
    text = "\n".join([f"# {title}", "", f"Command: `{command}`.", f"Machine: {machine}", *lines])
    path = HERE / f"{name}.md"
    path.write_text(text.rstrip() + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
