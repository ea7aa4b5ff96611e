"""Stand-ins that keep the promises of the ports; all of them, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from incidents.transports.port import TransportError
from models.ids import MessageId, ReportId

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class StandingClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **wait: float) -> None:
        self.now += timedelta(**wait)


@dataclass
class FakeJobs:
    """Remembers what was owed; what a rolled-back transaction owed stays, as a hint may."""

    streams: list[tuple[str, str]] = field(default_factory=list)
    later: list[tuple[str, str, timedelta]] = field(default_factory=list)
    sms: list[MessageId] = field(default_factory=list)
    unread: list[ReportId] = field(default_factory=list)

    def wake_stream(
        self, session: Session, target: str, stream: str, *, after: timedelta = timedelta(0)
    ) -> None:
        if after:
            self.later.append((target, stream, after))
        elif (target, stream) not in self.streams:
            self.streams.append((target, stream))

    def owe_sms(self, session: Session, message_id: MessageId) -> None:
        self.sms.append(message_id)

    def owe_reading(self, session: Session, report_id: ReportId) -> None:
        self.unread.append(report_id)


@dataclass
class FakeTransport:
    """An outside system: accepts, unless told what to answer next."""

    accepted: list[Mapping[str, Any]] = field(default_factory=list)
    tries: list[Mapping[str, Any]] = field(default_factory=list)
    troubles: list[TransportError] = field(default_factory=list)

    def deliver(self, event: Mapping[str, Any]) -> None:
        self.tries.append(event)
        if self.troubles:
            raise self.troubles.pop(0)
        self.accepted.append(event)
