"""Files are taken apart in a process of their own, with limits, that knows no secret of ours.

What is in a file is somebody else's: a decoder that loops, swells or is taken over does so in
a child that has its own processor time, memory and files, and ends with all it started.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

Errand = Literal["check", "read"]
_ROOT: Final = Path(__file__).parents[1]
_ANSWER: Final = 8 << 20
_MOST: Final = 2
_KEPT_ENV: Final = ("PATH", "LANG", "LC_ALL", "TESSDATA_PREFIX")


def _half_the_processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # macOS has none
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, min(count // 2, _MOST))


@dataclass(frozen=True, slots=True)
class SandboxPolicy:
    """What a child may use.

    Attributes:
        cpu_s: Seconds of processor time, of each of its processes.
        memory: Bytes of address space, of each of its processes.
        wall_s: Seconds until it is killed with all it started.
        written: Bytes of the largest file it may write.
        at_once: Children of one errand at one time; others wait. The rest of the machine is for
            those who talk, and who sends a file waits for nobody's picture to be read.

    """

    cpu_s: int = 20
    memory: int = 1536 << 20
    wall_s: float = 30.0
    written: int = 64 << 20
    at_once: int = field(default_factory=_half_the_processors)


class SandboxError(Exception):
    """The child gave no answer: it took too long, too much, or broke. `why` is one word."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Runs errands of `incidents.file_child`. Safe for threads."""

    policy: SandboxPolicy = field(default_factory=SandboxPolicy)
    _places: Mapping[str, threading.BoundedSemaphore] = field(init=False)

    def __post_init__(self) -> None:
        places = {one: threading.BoundedSemaphore(self.policy.at_once) for one in get_args(Errand)}
        object.__setattr__(self, "_places", places)

    def run(self, errand: Errand, *arguments: str) -> Mapping[str, Any]:
        """The answer of one errand. Slow: a new process each time.

        Raises:
            SandboxError: There was none within the limits (`start`, `time`, `limits`, `answer`).

        """
        with self._places[errand], tempfile.TemporaryDirectory(prefix="muster-file-") as folder:
            return self._run(folder, errand, *arguments)

    def _run(self, folder: str, errand: str, *arguments: str) -> Mapping[str, Any]:
        limits = f"{self.policy.cpu_s},{self.policy.memory},{self.policy.written}"
        command = [sys.executable, "-s", "-m", "incidents.file_child", limits, errand, *arguments]
        try:
            child = subprocess.Popen(  # noqa: S603 - our own module, and paths of ours
                command,
                cwd=folder,
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError("start") from error
        try:
            answer = _answer(child, self.policy.wall_s)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
        try:
            found: Any = json.loads(answer)
        except ValueError as error:
            raise SandboxError("limits" if child.returncode else "answer") from error
        if not isinstance(found, dict):
            raise SandboxError("answer")
        return found


def _answer(child: subprocess.Popen[bytes], wall_s: float) -> bytes:
    """What it writes until it ends, to a bound."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(wall_s, stop)
    timer.daemon = True
    timer.start()
    try:
        if child.stdout is None:
            return b""
        answer = child.stdout.read(_ANSWER)
    finally:
        timer.cancel()
    if late.is_set():
        raise SandboxError("time")
    return answer


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_ENV if name in os.environ}
    return kept | {
        "PYTHONPATH": str(_ROOT),
        "TMPDIR": folder,
        "HOME": folder,
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_THREAD_LIMIT": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
