"""Whether a file may be kept, and what of it: the scanner's word, then its own structure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from incidents.file_checks import KINDS, RefusedFileError
from incidents.file_sandbox import Sandbox, SandboxError
from incidents.file_scanning import TEXTS, FileScanner, Finding, StructuralScanner

_SMALL: Final = 1 << 20
"""Bytes of a plain text that is looked at here: a process of its own would cost more."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """The file to keep. `waits` says why it stays in quarantine; empty where it is clean."""

    path: Path
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Inspector:
    """Looks at files as they came. Slow; holds no transaction."""

    scanner: FileScanner = field(default_factory=StructuralScanner)
    sandbox: Sandbox = field(default_factory=Sandbox)

    def inspect(self, path: Path, name: str) -> Inspected:
        """What to keep of the file at `path`; a picture drawn anew lies beside it.

        Raises:
            RefusedFileError: It is not what its name says, could do harm, or cannot be checked
                within the limits.

        """
        verdict = self.scanner.scan(path, name)
        if verdict.finding is Finding.INFECTED:
            raise RefusedFileError(
                f"This file holds {verdict.reason or 'something harmful'}, and was not kept. Send "
                "a screenshot of it instead, or describe it in words."
            )
        if verdict.finding is Finding.UNAVAILABLE:
            return Inspected(path, "It waits until it can be checked for viruses.")
        ending = name.rpartition(".")[2].lower()
        if ending in TEXTS and path.stat().st_size <= _SMALL:
            KINDS[ending].read(path.read_bytes())
            return Inspected(path)
        return self._in_a_child(path, ending)

    def _in_a_child(self, path: Path, ending: str) -> Inspected:
        target = path.with_name("kept")
        try:
            answer = self.sandbox.run("check", ending, str(path), str(target))
        except SandboxError as error:
            if error.why == "start":
                return Inspected(path, "It waits until it can be checked.")
            raise RefusedFileError(
                "This file takes far too much to check. Send only the part that matters, or a "
                "screenshot of it."
            ) from error
        if "refused" in answer:
            raise RefusedFileError(str(answer["refused"]))
        return Inspected(target if answer.get("kept") == "target" else path)
