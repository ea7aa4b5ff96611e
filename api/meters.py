"""What is counted for Prometheus: numbers by state, never a word or a name of anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from typing_extensions import override

from incidents.handoffs import count_waiting, longest_wait
from incidents.helping import count_outcomes
from incidents.overview import forwarding_health
from models.clock import Clock
from models.database import Database
from models.incident import Incident
from models.report import Report
from models.vocabulary import Audience, Status

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1, 2.5, 5, 10)


class Meters:
    """One installation's counters; others are read from the database when asked."""

    def __init__(
        self, database: Database, targets: tuple[str, ...], ready: Callable[[], bool], clock: Clock
    ) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self.turns = Histogram(
            "muster_turn_seconds",
            "One message of a chat, from the request to its answer.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_Stored(database, targets, ready, clock))

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self._registry)


class _Stored(Collector):
    def __init__(
        self, database: Database, targets: tuple[str, ...], ready: Callable[[], bool], clock: Clock
    ) -> None:
        self._database = database
        self._targets = targets
        self._ready = ready
        self._clock = clock

    @override
    def collect(self) -> Iterator[Metric]:
        with self._database.reading() as session:
            reports = session.execute(select(func.count(Report.id))).scalar_one()
            unread = session.execute(
                select(func.count(Report.id)).where(Report.read_at.is_(None))
            ).scalar_one()
            incidents = session.execute(
                select(func.count(Incident.id)).where(
                    Incident.status == Status.OPEN, Incident.audience == Audience.OPEN
                )
            ).scalar_one()
            health = forwarding_health(session, self._targets)
            waiting, since = count_waiting(session), longest_wait(session)
            helped = count_outcomes(session)
        yield _gauge("muster_reports", "Reports recorded.", reports)
        yield _gauge("muster_reports_unread", "Reports that wait for the encoder.", unread)
        yield _gauge("muster_incidents_open", "Open incidents, without restricted ones.", incidents)
        yield _gauge("muster_reader_ready", "1 when texts can be read.", int(self._ready()))
        yield _gauge("muster_people_waiting", "People who wait for one of staff.", waiting)
        yield _gauge("muster_people_waiting_seconds", "How long the first waits.", self._age(since))
        told = GaugeMetricFamily(
            "muster_help", "Help that was told, by what became of it.", labels=["outcome"]
        )
        for outcome, count in helped.items():
            told.add_metric([outcome.value], count)
        yield told
        owed = GaugeMetricFamily(
            "muster_deliveries", "Records by state.", labels=["target", "state"]
        )
        oldest = GaugeMetricFamily(
            "muster_delivery_oldest_seconds", "Age of the oldest record owed.", labels=["target"]
        )
        for one in health:
            owed.add_metric([one.target, "pending"], one.pending)
            owed.add_metric([one.target, "parked"], one.parked)
            oldest.add_metric([one.target], self._age(one.oldest))
        yield owed
        yield oldest

    def _age(self, since: datetime | None) -> float:
        return 0.0 if since is None else max(0.0, (self._clock() - since).total_seconds())


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)
