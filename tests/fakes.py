"""Stand-ins that keep the promises of the ports; all of them, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from classifier.catalogue import Catalogue
from classifier.encoding import Encoder, EncoderUnavailableError, HashEncoder, Vectors
from classifier.facts import FactFinder
from classifier.heads import NOTHING, Prediction
from classifier.pair_features import FEATURES
from classifier.pair_scorer import PairScorer
from classifier.reading import Reading
from classifier.recurrence import FEATURES as RECURRENCE_FEATURES
from classifier.recurrence_scorer import RecurrenceScorer
from incidents.file_scanning import Finding, Verdict
from incidents.transports.port import TransportError
from models.ids import AttachmentId, IncidentId, MessageId, ReportId, TextId

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
    sms_later: list[tuple[MessageId, timedelta]] = field(default_factory=list)
    texts: list[TextId] = field(default_factory=list)
    texts_later: list[tuple[TextId, timedelta]] = field(default_factory=list)
    unread: list[ReportId] = field(default_factory=list)
    files: list[AttachmentId] = field(default_factory=list)
    past_owed: list[IncidentId] = field(default_factory=list)
    reencodings: int = 0

    def wake_stream(
        self, session: Session, target: str, stream: str, *, after: timedelta = timedelta(0)
    ) -> None:
        if after:
            self.later.append((target, stream, after))
        elif (target, stream) not in self.streams:
            self.streams.append((target, stream))

    def owe_sms(
        self, session: Session, message_id: MessageId, *, after: timedelta = timedelta(0)
    ) -> None:
        if after:
            self.sms_later.append((message_id, after))
        else:
            self.sms.append(message_id)

    def owe_hearing(
        self, session: Session, text_id: TextId, *, after: timedelta = timedelta(0)
    ) -> None:
        if after:
            self.texts_later.append((text_id, after))
        else:
            self.texts.append(text_id)

    def owe_reading(self, session: Session, report_id: ReportId) -> None:
        self.unread.append(report_id)

    def owe_file_reading(self, session: Session, attachment_id: AttachmentId) -> None:
        self.files.append(attachment_id)

    def owe_looking_back(self, session: Session, incident_id: IncidentId) -> None:
        self.past_owed.append(incident_id)

    def owe_reencoding(self, session: Session) -> None:
        self.reencodings += 1


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


class OtherEncoder(HashEncoder):
    """The same words in other buckets, under another name; remembers what it was given.

    `dies_after`: how many texts it encodes before the power is cut; `refuses`: a word that it
    cannot encode.
    """

    id = "hash-v2"

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.dies_after: int | None = None
        self.refuses: str | None = None

    def encode(self, texts: Sequence[str]) -> Vectors:
        for text in texts:
            if self.dies_after is not None and len(self.seen) >= self.dies_after:
                raise KeyboardInterrupt
            if self.refuses is not None and self.refuses in text:
                raise ValueError(text)
            self.seen.append(text)
        return np.roll(super().encode(texts), 1, axis=1)


class PlainReader:
    """Reads words and catalogue facts, and guesses nothing: quick, and the same everywhere."""

    def __init__(self, catalogue: Catalogue, encoder: Encoder | None = None) -> None:
        self.encoder = encoder or HashEncoder()
        self._finder = FactFinder(catalogue)
        self.broken: str | None = None  # set to a reason: every text is refused

    def read(self, text: str) -> Reading:
        if self.broken is not None:
            raise EncoderUnavailableError(self.broken)
        secret = "phishing" in text.lower()
        category = Prediction("security", 1.0, {"security": 1.0}, abstained=False)
        return Reading(
            vector=self.encoder.encode([text])[0],
            encoder_id=self.encoder.id,
            facts=self._finder.find(text),
            category=category if secret else NOTHING,
            impact=NOTHING,
            urgency=NOTHING,
            artifact="none",
        )


def plain_scorer() -> PairScorer:
    """Half of the words shared with the nearest member: as likely as not the same, and joined."""
    weights = np.array([20.0 if name == "max" else 0.0 for name in FEATURES])
    return PairScorer(
        name="plain",
        mean=np.zeros(len(FEATURES)),
        scale=np.ones(len(FEATURES)),
        weights=weights,
        bias=-10.0,
        join=0.5,
        suggest=0.3,
        manifest={},
    )


def plain_recurrence() -> RecurrenceScorer:
    """Half of the words shared with the nearest past report: as likely as not the same cause."""
    count = len(RECURRENCE_FEATURES)
    weights = np.array([20.0 if name == "best" else 0.0 for name in RECURRENCE_FEATURES])
    return RecurrenceScorer(
        "plain", np.zeros(count), np.ones(count), weights, bias=-10.0, link=0.5, manifest={}
    )


@dataclass
class FakeScanner:
    """A scanner of viruses that says what it is told to say, and remembers what it was asked."""

    verdict: Verdict = field(default_factory=lambda: Verdict(Finding.CLEAN))
    asked: list[str] = field(default_factory=list)

    def scan(self, path: Path, name: str) -> Verdict:
        self.asked.append(name)
        assert path.is_file()
        return self.verdict
