"""The child that takes one file apart: `check` whether it may be kept, or `read` what is in it.

Started by `incidents.file_sandbox` alone. It binds itself before it looks at the file, and
answers with one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

_POLITE: Final = 10


def main(arguments: list[str]) -> int:
    """Do one errand within the limits; 0 where there is an answer."""
    limits, errand, *rest = arguments
    _bind(*map(int, limits.split(",")))
    answer = _check(*rest) if errand == "check" else _read(*rest)
    sys.stdout.write(json.dumps(answer))
    return 0


def _bind(cpu_s: int, memory: int, written: int) -> None:
    os.nice(_POLITE)
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(what)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (bound, bound))


def _check(ending: str, source: str, target: str) -> dict[str, Any]:
    """Whether the file is what its ending says; what is to be kept goes to `target`."""
    from incidents.file_checks import KINDS, RefusedFileError

    data = Path(source).read_bytes()
    try:
        content = KINDS[ending].read(data)
    except RefusedFileError as refusal:
        return {"refused": str(refusal)}
    if content == data:
        return {"kept": "source"}
    Path(target).write_bytes(content)
    return {"kept": "target"}


def _read(media_type: str, source: str) -> dict[str, Any]:
    """What stands in the file, with its signatures; private words are masked before those."""
    from incidents.file_finding import find_in

    found = find_in(media_type, Path(source).read_bytes())
    return {
        "text": found.text,
        "signatures": list(found.signatures),
        "reader": found.reader,
        "trouble": found.trouble,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
