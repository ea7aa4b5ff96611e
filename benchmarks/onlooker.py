"""Somebody else, who opens a chat and reads it again and again while a server is busy.

In a process of their own: beside the threads that make the load they would wait for those, and
not for the server.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

import httpx

_EVERY = 0.02


class Onlooker:
    """What somebody else waits for, seconds; while the block runs."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waits: list[float] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.onlooker", self._url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        ended = self._process.wait(30)
        self._reading.join(30)
        assert ended == 0, "the onlooker met an error"

    def take(self) -> list[float]:
        """Their waits since this was asked last."""
        found, self._waits = self._waits, []
        return found

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._waits.append(float(line))


def main(url: str) -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with httpx.Client(base_url=url, timeout=30) as client:
        told = client.post("/api/v1/conversations", json={"channel": "web"}).json()
        headers = {"Authorization": f"Bearer {told['token']}"}
        while not ended.wait(_EVERY):
            began = time.perf_counter()
            answer = client.get(f"/api/v1/conversations/{told['id']}/messages", headers=headers)
            wait = time.perf_counter() - began
            assert answer.status_code == 200, answer.text
            print(wait, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
