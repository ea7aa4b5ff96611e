"""Telling the sample stream to this server, as any program would: POST /api/v1/reports."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import httpx

from api.staff import record_key, record_staff, revoke_keys
from models.clock import Clock
from models.database import Database
from models.errors import DomainError
from models.vocabulary import Role

STREAM: Final = Path(__file__).parent.parent / "training_data" / "stream.jsonl"
_TELLER: Final = "demo-replay"
_DAY: Final = 86_400
_TOLD: Final = ("text", "reporter", "service", "site", "channel", "language")


class ReplayRunningError(DomainError):
    """One replay at a time."""

    code: ClassVar[str] = "replay.running"


class ReplayRefusedError(DomainError):
    """The server that should hear a stream did not take it."""

    code: ClassVar[str] = "replay.refused"


class UnreadableStreamError(DomainError):
    """What should be told again is no stream of reports."""

    code: ClassVar[str] = "replay.unreadable"


def read_rows(path: Path = STREAM) -> list[dict[str, Any]]:
    """The reports of a stream, in the order they came.

    Raises:
        UnreadableStreamError: There is no such file, or a line of it is no report.

    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines if line.strip()]
        return sorted(rows, key=lambda row: float(row["t"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableStreamError(
            f"{path} is no stream: one JSON object a line, with id, t and text."
        ) from error


def tell(
    url: str,
    key: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    per_second: float,
    stop: threading.Event,
) -> Iterator[Mapping[str, Any]]:
    """Post each report to a server, at that pace; yields its answers until done or stopped.

    Each is said to have been told as long before now as it stands before the stream's end:
    what took a morning is told in seconds, and is still grouped by the morning's clock.

    Raises:
        httpx.HTTPError: The server did not take one.

    """
    run, ended = secrets.token_hex(4), datetime.now(UTC)
    last = max((float(row["t"]) for row in rows), default=0.0)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
        for row in rows:
            if stop.is_set():
                return
            answer = client.post(
                "/api/v1/reports",
                json=_told(row, ended - timedelta(seconds=last - float(row["t"]))),
                headers={"Idempotency-Key": f"replay-{run}-{row['id']}"},
            )
            answer.raise_for_status()
            yield answer.json()
            stop.wait(1 / per_second)


def _told(row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "reporter": f"teller-{row['id']}",
        **{name: row[name] for name in _TOLD if row.get(name) is not None},
        "occurred_at": at.isoformat(),
    }


def choose_rows(scenario: str, count: int, path: Path = STREAM) -> Sequence[dict[str, Any]]:
    """What came until the scenario ended on its first day, in order: the newest `count`."""
    rows = read_rows(path)
    told = [row for row in rows if row["scenario"] == scenario]
    if not told:
        return []
    day = told[0]["t"] // _DAY
    last = max(row["t"] for row in told if row["t"] // _DAY == day)
    return [row for row in rows if row["t"] // _DAY == day and row["t"] <= last][-count:]


@dataclass
class DemoReplay:
    """One teller in the background; says how far it is."""

    database: Database
    clock: Clock
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _progress: dict[str, Any] = field(
        default_factory=lambda: {"state": "idle", "sent": 0, "total": 0, "scenario": None}
    )

    def start(self, url: str, *, scenario: str, reports: int, per_second: float) -> dict[str, Any]:
        """Begin to tell; returns the progress.

        Raises:
            ReplayRunningError: One is being told already.

        """
        with self._lock:
            if self._progress["state"] == "running":
                raise ReplayRunningError("The replay is running. Watch it on the console.")
            rows = choose_rows(scenario, reports)
            self._progress = {
                "state": "running", "sent": 0, "total": len(rows), "scenario": scenario,
            }  # fmt: skip
            self._thread = threading.Thread(
                target=self._run, args=(url, rows, per_second), name="demo-replay", daemon=True
            )
            self._thread.start()
            return dict(self._progress)

    def progress(self) -> dict[str, Any]:
        with self._lock:
            return dict(self._progress)

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self, url: str, rows: Sequence[Mapping[str, Any]], per_second: float) -> None:
        state = "done"
        try:
            told = tell(url, self._fresh_key(), rows, per_second=per_second, stop=self._stop)
            for sent, _ in enumerate(told, start=1):
                with self._lock:
                    self._progress["sent"] = sent
            if self._stop.is_set():
                state = "stopped"
        except (httpx.HTTPError, DomainError) as error:
            state = "failed"
            with self._lock:
                self._progress["reason"] = type(error).__name__
        with self._lock:
            self._progress["state"] = state

    def _fresh_key(self) -> str:
        with self.database.transaction() as session:
            now = self.clock()
            staff = record_staff(session, _TELLER, Role.SERVICE, now=now)
            revoke_keys(session, staff, now=now)
            return record_key(session, staff, Role.SERVICE, now=now)
