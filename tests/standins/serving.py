"""`muster serve` as a process of its own, on a free port, with the sample organisation."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from classifier.catalogue import parse_catalogue
from incidents.importing import record_catalogue, record_people
from models.database import Database, build_database
from models.migrate import migrate

ROOT = Path(__file__).parent.parent.parent
ORGANISATION = ROOT / "training_data" / "organisation"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


@dataclass
class Muster:
    """One installation in `folder`; can be killed and started again."""

    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)
    environment: str = "demo"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "MUSTER_ENVIRONMENT": self.environment,
            "MUSTER_DATA_DIR": str(self.folder),
            "MUSTER_PORT": str(self.port),
            **self.more,
        }

    def open_database(self) -> Database:
        """The same database beside the server; the caller disposes of it."""
        url = self.settings.get("MUSTER_DATABASE_URL", f"sqlite:///{self.folder / 'muster.db'}")
        return build_database(url)

    def prepare(self) -> None:
        """Tables, and the sample organisation."""
        self.folder.mkdir(parents=True, exist_ok=True)
        database = self.open_database()
        migrate(database)
        with database.transaction() as session:
            record_catalogue(session, parse_catalogue(ORGANISATION))
            record_people(session, ORGANISATION / "people.csv")
        database.dispose()

    def start(self, *, within: float = 60.0) -> None:
        """Until it is ready: can record, and the encoder is loaded."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MUSTER_")}
        with (self.folder / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "serve"],
                cwd=ROOT,
                env={**kept, **self.settings},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + within
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                msg = f"not ready: {self.log()[-3000:]}"
                raise TimeoutError(msg)
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """As a power cut for the process: no clean-up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def log(self) -> str:
        return (self.folder / "log.txt").read_text(errors="replace")

    def __enter__(self) -> Self:
        self.prepare()
        self.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process = None
