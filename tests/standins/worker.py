"""A process of its own that runs durable jobs: DBOS is one per process, and may be killed.

    python -m tests.standins.worker DATABASE_URL OUTSIDE_URL LOG [hold]

prints "ready" and works until its standard input ends. A text to send is only noted in LOG,
as `PID began ID` and `PID sent ID`; with `hold`, the first one never ends.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

from classifier.catalogue import parse_catalogue
from incidents.forwarding import Forwarder
from incidents.jobs import DurableJobs, Handlers, JobRunner, build_jobs_engine
from incidents.ledger import Outbox
from incidents.policies import ForwardingPolicy
from incidents.transports.record_webhook import WebhookTarget
from models.clock import utc_now
from models.database import build_database
from models.ids import MessageId, ReportId
from tests.conftest import ORGANISATION, open_house
from tests.fakes import PlainReader, StandingClock, plain_scorer
from tests.standins.receiver import SECRET

SWEEP = timedelta(seconds=0.3)
LEASE = timedelta(seconds=3)
TIMEOUT = timedelta(seconds=1)


def main(url: str, outside: str, log: Path, *, hold: bool) -> None:
    database = build_database(url)
    engine = build_jobs_engine(url)
    jobs = DurableJobs(engine)
    forwarder = Forwarder(
        database,
        Outbox(("records",), jobs),
        {"records": WebhookTarget("records", outside, SECRET, timeout=TIMEOUT)},
        source="https://muster.example",
        worker=f"worker-{os.getpid()}",
        clock=utc_now,
        policy=ForwardingPolicy(lease=LEASE, timeout=TIMEOUT, sweep_every=SWEEP),
    )
    catalogue = parse_catalogue(ORGANISATION)
    house = open_house(
        database, catalogue, PlainReader(catalogue), StandingClock(utc_now()), plain_scorer(), jobs
    )

    def note(what: str, message: MessageId) -> None:
        with log.open("a", encoding="utf-8") as stream:
            stream.write(f"{os.getpid()} {what} {message}\n")

    def send_sms(message: MessageId) -> None:
        note("began", message)
        if hold:
            threading.Event().wait()
        note("sent", message)

    def read_report(report: ReportId) -> None:
        house.intake.read_unread(report, now=utc_now())

    def sweep() -> None:
        for stream in forwarder.due_streams():
            with database.transaction() as session:
                jobs.wake_stream(session, *stream)

    if database.is_sqlite:
        forwarder.release_leases()
    runner = JobRunner(
        engine,
        Handlers(forwarder.deliver_stream, send_sms, read_report, sweep),
        sweep_every=SWEEP,
    )
    runner.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    runner.stop()
    jobs.close()
    database.dispose()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), hold="hold" in sys.argv[4:])
