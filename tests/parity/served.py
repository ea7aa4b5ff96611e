"""Our app's side of `MUSTER_DIALOGUE=rasa`: a whole Rasa server, as the project's README starts it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from assistant.engine import ActionPort, Engine, Ran
from assistant.rasa_dialogue import RasaDialogue
from tests.parity.compare import state_of
from tests.parity.people import People
from tests.parity.rasa_pipe import QUIET

_PATIENCE = 180.0


class Nobody(ActionPort):
    """Runs no action: a turn that our engine would take for the server fails."""

    def run(self, name: str, tracker: dict[str, Any], domain: Mapping[str, Any]) -> Ran:
        raise AssertionError(f"the server did not answer; {name} was asked of us")


@contextmanager
def rasa_server(python: Path, project: Path, muster: str, token: str) -> Iterator[str]:
    """`rasa run` on a free port of this machine, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ, **QUIET, "PYTHONPATH": str(project), "MUSTER_URL": muster,
        "MUSTER_RASA_TOKEN": token,
    }  # fmt: skip
    log = project / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [str(python), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port)],
            cwd=project, env=environment, stdout=errors, stderr=errors,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(process, url, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def compare_served(engine: Engine, people: People, url: str, token: str, turns: int) -> int:
    """Turns asked of the server through our own client; fails at the first difference."""
    asked = 0
    # Without an engine of its own, so that nothing answers for a server that fails.
    rasa = RasaDialogue(Engine(engine.domain, Nobody()), url, token)
    try:
        while asked < turns:
            channel, context = people.begin()
            state, _ = engine.open(channel)
            for _ in range(10):
                said = people.say(state, channel, context)
                theirs, their_turn = rasa.turn(state, said)
                state, turn = engine.turn(state, said)
                assert turn == their_turn, (said.text, turn, their_turn)
                assert state_of(state) == state_of(theirs), said.text
                assert state.issued == theirs.issued
                asked += 1
    finally:
        rasa.close()
    forged = httpx.post(f"{url}/webhooks/muster/webhook", content=b"{}", trust_env=False)
    assert forged.status_code == 403, forged.text
    return asked


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    patience = time.monotonic() + _PATIENCE
    while time.monotonic() < patience:
        try:
            if httpx.get(f"{url}/", timeout=2, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        try:
            code = process.wait(0.5)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"Rasa ended with {code}: {log.read_text()[-4000:]}")
    raise AssertionError(f"Rasa did not start: {log.read_text()[-4000:]}")
