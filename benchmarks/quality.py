"""`python -m benchmarks quality`: `muster evaluate` over every set, written to `quality.md`."""

from __future__ import annotations

from pathlib import Path

from api.cli import main as muster


def main() -> None:
    muster(["evaluate", "--out", str(Path(__file__).parent)])
