"""Durable jobs, by DBOS on our own database. The only module that knows DBOS.

A job is a wake-up with ids in it; what is owed stands in our rows, and each job asks on
waking whether it is still due. So a job may run twice, late, or be missed: the sweep looks
every few seconds for what is due and wakes it again.

Guard-rails: the serializer is JSON (the default is pickle); the application version is
pinned (a code edit must not strand jobs); each process has its own executor id, and a dead
one's jobs are resumed by the living; on SQLite DBOS has its own connection.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from dbos import DBOS, DBOSClient, Serializer
from dbos._error import DBOSQueueDeduplicatedError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from typing_extensions import override

from incidents.jobs_port import Jobs
from models.ids import AttachmentId, IncidentId, MessageId, ReportId, TextId

QUEUE: Final = "muster"
VERSION: Final = "muster-jobs-1"
_SLOTS: Final = 64
_LOCK_SPACE: Final = 7_238_114
_ENDED: Final = ["SUCCESS", "ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"]
_PURGED_AT_ONCE: Final = 1000
log = logging.getLogger(__name__)


class JsonSerializer(Serializer):
    """Ids in, nothing out: plain JSON, so that a stored job can never run code."""

    @override
    def serialize(self, data: Any) -> str:
        if isinstance(data, BaseException):
            data = {"error": type(data).__name__, "message": str(data)[:500]}
        return json.dumps(data)

    @override
    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    @override
    def name(self) -> str:
        return "muster_json"


@dataclass(frozen=True, slots=True)
class Handlers:
    """What each kind of job does; given at start, so that this module knows no business."""

    deliver_stream: Callable[[str, str], object]
    send_sms: Callable[[MessageId], object]
    read_report: Callable[[ReportId], object]
    sweep: Callable[[], object]
    reencode: Callable[[], object] = lambda: None
    read_file: Callable[[AttachmentId], object] = lambda _: None
    look_back: Callable[[IncidentId], object] = lambda _: None
    hear_text: Callable[[TextId], object] = lambda _: None


_handlers: list[Handlers] = []  # DBOS is one per process, and so are these


@DBOS.workflow(name="deliver_stream")
def _deliver_stream(target: str, stream: str) -> None:
    _handlers[-1].deliver_stream(target, stream)


@DBOS.workflow(name="send_sms")
def _send_sms(message_id: str) -> None:
    _handlers[-1].send_sms(MessageId(UUID(message_id)))


@DBOS.workflow(name="hear_text")
def _hear_text(text_id: str) -> None:
    _handlers[-1].hear_text(TextId(UUID(text_id)))


@DBOS.workflow(name="read_report")
def _read_report(report_id: str) -> None:
    _handlers[-1].read_report(ReportId(UUID(report_id)))


@DBOS.workflow(name="read_file")
def _read_file(attachment_id: str) -> None:
    _handlers[-1].read_file(AttachmentId(UUID(attachment_id)))


@DBOS.workflow(name="look_back")
def _look_back(incident_id: str) -> None:
    _handlers[-1].look_back(IncidentId(UUID(incident_id)))


@DBOS.workflow(name="reencode")
def _reencode() -> None:
    _handlers[-1].reencode()


class DurableJobs(Jobs):
    """Writes jobs in the caller's transaction. Any process may; only `JobRunner` runs them."""

    def __init__(self, engine: Engine) -> None:
        self._client = DBOSClient(system_database_engine=engine, serializer=JsonSerializer())

    @override
    def wake_stream(
        self, session: Session, target: str, stream: str, *, after: timedelta = timedelta(0)
    ) -> None:
        key = f"{target}:{stream}"
        if after > timedelta(0):
            self._enqueue(session, "deliver_stream", target, stream, after=after)
            return
        woken: set[str] = session.info.setdefault("woken", set())
        if key in woken:
            return
        woken.add(key)
        # A running job holds its key until it ends, and may have looked for the last time:
        # the second key makes sure that one starts after this commit.
        for turn in ("a", "b"):
            with suppress(DBOSQueueDeduplicatedError), session.begin_nested():
                self._enqueue(session, "deliver_stream", target, stream, once=f"{key}:{turn}")
                return

    @override
    def owe_sms(
        self, session: Session, message_id: MessageId, *, after: timedelta = timedelta(0)
    ) -> None:
        self._enqueue(session, "send_sms", str(message_id), after=after)

    @override
    def owe_hearing(
        self, session: Session, text_id: TextId, *, after: timedelta = timedelta(0)
    ) -> None:
        self._enqueue(session, "hear_text", str(text_id), after=after)

    @override
    def owe_reading(self, session: Session, report_id: ReportId) -> None:
        self._enqueue(session, "read_report", str(report_id))

    @override
    def owe_file_reading(self, session: Session, attachment_id: AttachmentId) -> None:
        self._enqueue(session, "read_file", str(attachment_id))

    @override
    def owe_looking_back(self, session: Session, incident_id: IncidentId) -> None:
        key = f"look-back:{incident_id}"
        with suppress(DBOSQueueDeduplicatedError), session.begin_nested():
            self._enqueue(session, "look_back", str(incident_id), once=key)

    @override
    def owe_reencoding(self, session: Session) -> None:
        with suppress(DBOSQueueDeduplicatedError), session.begin_nested():
            self._enqueue(session, "reencode", once="reencode")

    def close(self) -> None:
        self._client.destroy()

    def _enqueue(
        self,
        session: Session,
        workflow: str,
        *ids: str,
        after: timedelta = timedelta(0),
        once: str | None = None,
    ) -> None:
        options: dict[str, Any] = {
            "workflow_name": workflow,
            "queue_name": QUEUE,
            "app_version": VERSION,
        }
        if after > timedelta(0):
            options["delay_seconds"] = after.total_seconds()
        if once is not None:
            options["deduplication_id"] = once
        self._client.enqueue_in_transaction(session, options, *ids)


class JobRunner:
    """Runs jobs in this process until stopped. At most one per process."""

    def __init__(self, engine: Engine, handlers: Handlers, *, sweep_every: timedelta) -> None:
        self._engine = engine
        self._handlers = handlers
        self._sweep_every = sweep_every
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._slot: Connection | None = None
        self._number = 0

    def start(self) -> None:
        _handlers.append(self._handlers)
        executor = self._take_slot()
        DBOS(
            config={
                "name": "muster",
                "system_database_engine": self._engine,
                "executor_id": executor,
                "application_version": VERSION,
                "serializer": JsonSerializer(),
                "log_level": "WARNING",
            }
        )
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=32, polling_interval_sec=0.1)
        self._thread = threading.Thread(target=self._keep_sweeping, name="sweep", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
        DBOS.destroy(workflow_completion_timeout_sec=1)
        if self._slot is not None:
            self._slot.close()
        _handlers.remove(self._handlers)

    def purge_finished(self, older_than: timedelta) -> int:
        """Forget jobs that ended that long ago; returns how many. Only while running."""
        ended = DBOS.list_workflows(
            status=_ENDED,
            completed_before=(datetime.now(UTC) - older_than).isoformat(),
            limit=_PURGED_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if ended:
            DBOS.delete_workflows([job.workflow_id for job in ended])
        return len(ended)

    def _keep_sweeping(self) -> None:
        while not self._stop.is_set():
            try:
                self._handlers.sweep()
                self._keep_slot()
                self._resume_orphans()
            except Exception:  # the loop that must not die
                log.exception("sweep failed; the next one follows")
            self._stop.wait(self._sweep_every.total_seconds())

    def _take_slot(self) -> str:
        """A name no other living process has: the first advisory lock that is free."""
        if self._engine.dialect.name == "sqlite":
            return "embedded"
        self._slot = self._connect_for_good()
        for number in range(_SLOTS):
            if _try_lock(self._slot, number):
                self._number = number
                return f"slot-{number}"
        msg = f"more than {_SLOTS} workers on one database"
        raise RuntimeError(msg)

    def _keep_slot(self) -> None:
        """Take our name again where the database cut the line that held it."""
        if self._slot is None:
            return
        try:
            self._slot.execute(text("SELECT 1"))
        except DBAPIError:
            self._slot.invalidate()
            self._slot.close()
        else:
            return
        self._slot = self._connect_for_good()
        if not _try_lock(self._slot, self._number):
            log.error("another worker took the name slot-%d; restart this one", self._number)

    def _connect_for_good(self) -> Connection:
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def _resume_orphans(self) -> None:
        """Take over what a dead worker had begun: its lock is free, its jobs are pending."""
        if self._slot is None:
            return
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        by_executor: dict[str, list[str]] = {}
        for job in pending:
            if job.executor_id and job.executor_id.startswith("slot-"):
                by_executor.setdefault(job.executor_id, []).append(job.workflow_id)
        for executor, jobs in by_executor.items():
            number = int(executor.removeprefix("slot-"))
            if executor != DBOS.executor_id and _try_lock(self._slot, number):
                DBOS.resume_workflows(jobs)
                self._slot.execute(
                    text("SELECT pg_advisory_unlock(:space, :number)"),
                    {"space": _LOCK_SPACE, "number": number},
                )


def build_jobs_engine(url: str) -> Engine:
    """DBOS's own engine on the same database; makes its tables where they are missing.

    They must be there before the first job is owed: a client of DBOS never makes them.
    """
    DBOS.migrate(url)
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url,
            connect_args={
                "check_same_thread": False,
                "timeout": 30,
                "isolation_level": "IMMEDIATE",
            },
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _: Any) -> None:
            # Losing the last commits on power loss only repeats a wake-up.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA busy_timeout=30000")

        return engine
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=8,
        max_overflow=8,
        pool_pre_ping=True,
    )


def _try_lock(connection: Connection, number: int) -> bool:
    return bool(
        connection.execute(
            text("SELECT pg_try_advisory_lock(:space, :number)"),
            {"space": _LOCK_SPACE, "number": number},
        ).scalar()
    )
