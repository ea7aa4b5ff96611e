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
    "grouping",
    "attached",
    "quality",
    "scale",
    "kills",
    "files",
    "hostile_files",
    "texts",
    "cuts",
