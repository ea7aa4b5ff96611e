"""What the job runner does for us: each job's errand, and the sweep that finds what was missed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from api.texting import Texts
from assistant.handoff_desk import HandoffDesk
from classifier.encoding import EncoderUnavailableError
from incidents.alarm_store import take_alarms
from incidents.attachment_reading import FileReadings, due_files
from incidents.file_uploads import Uploads
from incidents.forwarding import Forwarder
from incidents.in_force import InForce
from incidents.intake import Intake, unread_reports
from incidents.looking_back import missed_looks
from incidents.priority_policy import LiveCells, read_matrix
from incidents.readers import LoadingReader, loaded_encoder
from incidents.recurrence import Recurrences
from incidents.reencoding import Progress, Reencoder, read_progress
from incidents.vector_index import VectorIndex
from models.clock import Clock
from models.database import Database
from models.ids import AttachmentId, IncidentId, MessageId, ReportId, TextId
from models.staff import IdempotencyKey

KEYS_KEPT: Final = timedelta(days=7)
JOBS_KEPT: Final = timedelta(days=1)
_READ_AT_ONCE: Final = 50
_FILES_AT_ONCE: Final = 20
_LOOKS_AT_ONCE: Final = 20
_COUNTED_EVERY: Final = timedelta(hours=1)
log = logging.getLogger(__name__)


@dataclass
class Tending:
    """Wakes what is due; every errand asks again whether it is."""

    database: Database
    intake: Intake
    forwarder: Forwarder
    texts: Texts | None
    cells: LiveCells
    in_force: InForce
    files: FileReadings
    clock: Clock
    past: Recurrences
    vectors: VectorIndex
    purge: Callable[[timedelta], int] | None = None
    progress: Progress | None = None
    handoffs: HandoffDesk | None = None
    _counted_at: datetime | None = None
    _vectors_at: datetime | None = None

    def send_sms(self, message_id: MessageId) -> None:
        if self.texts is not None:
            self.texts.sending.send_sms(message_id)

    def hear_text(self, text_id: TextId) -> None:
        """Hear what waits from the number of a text."""
        if self.texts is not None:
            self.texts.hearing.hear_text(text_id)

    def read_report(self, report_id: ReportId) -> None:
        """Read a report that came while nothing could be read; if it still cannot, a sweep will."""
        try:
            self.intake.read_unread(report_id, now=self.clock())
        except EncoderUnavailableError:
            log.info("report %s still waits to be read", report_id)

    def read_file(self, attachment_id: AttachmentId) -> None:
        """Read what stands in a file, and look what a late one speaks of."""
        self.files.read_file(attachment_id)

    def look_back(self, incident_id: IncidentId) -> None:
        """Look for past incidents of the same cause."""
        self.past.look_back(incident_id)

    def reencode(self) -> None:
        """Make some vectors of an earlier encoder anew."""
        encoder = loaded_encoder(self.intake.reader)
        if encoder is not None:
            Reencoder(self.database, self.clock).reencode(encoder)

    def sweep(self) -> None:
        """Look for missed wake-ups, unread reports, what staff changed, and what is too old."""
        self._wake_streams()
        self._wake_texts()
        if self.handoffs is not None:
            self.handoffs.sweep()
        self._read_what_waits()
        self._read_missed_files()
        Uploads(self.files.store).forget_old()
        self._reencode_what_is_old()
        self._owe_missed_looks()
        self._index_vectors()
        with self.database.reading() as session:
            self.cells.take(read_matrix(session))
            take_alarms(session, self.intake.organisation.alarms, now=self.clock())
            self.in_force.look(session)
            self.intake.window.renew(session, now=self.clock())
        with self.database.transaction() as session:
            session.execute(
                delete(IdempotencyKey).where(IdempotencyKey.at < self.clock() - KEYS_KEPT)
            )
        if self.purge is not None:
            self.purge(JOBS_KEPT)

    def _wake_streams(self) -> None:
        # A transaction each: several in one could wait for a merge that waits for them.
        for target, stream in self.forwarder.due_streams():
            with self.database.transaction() as session:
                self.forwarder.outbox.jobs.wake_stream(session, target, stream)

    def _wake_texts(self) -> None:
        if self.texts is not None:
            self.texts.sweep(KEYS_KEPT)

    def _read_what_waits(self) -> None:
        reader = self.intake.reader
        if isinstance(reader, LoadingReader) and not reader.ready:
            return
        with self.database.reading() as session:
            waiting = list(unread_reports(session))[:_READ_AT_ONCE]
        for report_id in waiting:
            try:
                self.read_report(report_id)
            except Exception:  # one report that cannot be read does not stop the others
                log.exception("report %s could not be read; the next sweep tries again", report_id)

    def _read_missed_files(self) -> None:
        with self.database.reading() as session:
            due = due_files(session, now=self.clock(), limit=_FILES_AT_ONCE)
        for attachment_id in due:
            try:
                self.read_file(attachment_id)
            except Exception:  # one file that cannot be read does not stop the others
                log.exception(
                    "file %s could not be read; the next sweep tries again", attachment_id
                )

    def _reencode_what_is_old(self) -> None:
        encoder, now = loaded_encoder(self.intake.reader), self.clock()
        rested = self._counted_at is None or now - self._counted_at >= _COUNTED_EVERY
        whole = self.progress is not None and self.progress.is_whole
        if encoder is None or (whole and not rested):
            return
        with self.database.reading() as session:
            self.progress = read_progress(session, encoder.id)
        self._counted_at = now
        if not self.progress.is_whole:
            with self.database.transaction() as session:
                self.forwarder.outbox.jobs.owe_reencoding(session)

    def _owe_missed_looks(self) -> None:
        with self.database.reading() as session:
            due = missed_looks(session, now=self.clock(), limit=_LOOKS_AT_ONCE)
        for incident_id in due:
            with self.database.transaction() as session:
                self.forwarder.outbox.jobs.owe_looking_back(session, incident_id)

    def _index_vectors(self) -> None:
        """Copy what PostgreSQL's index lacks: what is new at each sweep, all of it once an hour."""
        now, past = self.clock(), self.past
        whole = self._vectors_at is not None and now - self._vectors_at < _COUNTED_EVERY
        if not self.vectors.tend(past.encoder_id, past.width, recent_only=whole) and not whole:
            self._vectors_at = now
