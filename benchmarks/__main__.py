"""`python -m benchmarks NAME [AMOUNT]`: measure, and write the report. `ALL` has the names.

Without a name, everything; it takes an hour or two and wants a machine to itself.
"""

from __future__ import annotations

import sys
from importlib import import_module

ALL = (
    "speed",
    "diversity",
    "load",
    "acts",
    "grouping",
    "attached",
    "quality",
    "scale",
    "kills",
    "files",
    "hostile_files",
    "texts",
    "cuts",
    "questions",
)


def main(asked: list[str]) -> None:
    name, amount = (asked or [""])[0], [int(one) for one in asked[1:2]]
    if name and name not in ALL:
        sys.exit(f"There is no benchmark {name!r}; there are {', '.join(ALL)}.")
    for one in [name] if name else ALL:
        import_module(f"benchmarks.{one}").main(*amount)


if __name__ == "__main__":
    main(sys.argv[1:])
