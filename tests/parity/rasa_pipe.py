"""A real Rasa in an environment of its own: trained, asked, stopped."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from assistant.rasa_export import HOME

SIDE = Path(__file__).with_name("rasa_side.py")
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
    "LOG_LEVEL": "ERROR",
}


def run_rasa(python: Path, folder: Path, *arguments: str) -> str:
    """Run one of Rasa's commands; its output."""
    environment = {**os.environ, **QUIET, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [str(python), "-m", "rasa", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=540,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-6000:]
    return said


def read_rules(model: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What RulePolicy learned: state rows to actions, and those beside a form's path."""
    with tarfile.open(model) as archive:
        name = next(n for n in archive.getnames() if n.endswith("rule_policy.json"))
        held = archive.extractfile(name)
        assert held is not None
        lookup = json.load(held)["lookup"]
    return lookup["rules"], lookup["rules_for_loop_unhappy_path"]


class RasaPipe:
    """The process of `rasa_side.py`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.version = self._read()["rasa"]

    def ask(self, call: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        assert "error" not in answer, answer["error"]
        return answer

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"Rasa ended with {self._process.wait()}"
        found: dict[str, Any] = json.loads(line)
        return found

    @classmethod
    @contextmanager
    def open(cls, python: Path, model: Path, url: str, token: str, log: Path) -> Iterator[Self]:
        with log.open("w") as errors:
            process = subprocess.Popen(
                [str(python), str(SIDE), str(model), str(HOME), url, token],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
                env={**os.environ, **QUIET},
            )  # fmt: skip
            try:
                yield cls(process)
            except AssertionError:
                print(log.read_text()[-4000:])
                raise
            finally:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.close()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                process.stdout.close()
