"""What the rest asks of the job engine, inside the transaction of the cause."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from models.ids import AttachmentId, IncidentId, MessageId, ReportId, TextId


class Jobs(Protocol):
    """Work owed to the outside. Each call is part of the caller's transaction.

    Nothing is ever cancelled: a job asks on waking whether it is still due. Asking twice
    for the same wake-up is fine.
    """

    def wake_stream(
        self, session: Session, target: str, stream: str, *, after: timedelta = timedelta(0)
    ) -> None:
        """Have the stream's pending records sent to the target, in order."""
        ...

    def owe_sms(
        self, session: Session, message_id: MessageId, *, after: timedelta = timedelta(0)
    ) -> None:
        """Have one outbound message sent by SMS."""
        ...

    def owe_hearing(
        self, session: Session, text_id: TextId, *, after: timedelta = timedelta(0)
    ) -> None:
        """Have a text that came heard, with all that waits from the same number."""
        ...

    def owe_reading(self, session: Session, report_id: ReportId) -> None:
        """Have an unread report read and grouped as soon as the encoder is there."""
        ...

    def owe_reencoding(self, session: Session) -> None:
        """Have some vectors of an earlier encoder made anew, by one worker at a time."""
        ...

    def owe_file_reading(self, session: Session, attachment_id: AttachmentId) -> None:
        """Have the text in a file read, and considered once its report is recorded."""
        ...

    def owe_looking_back(self, session: Session, incident_id: IncidentId) -> None:
        """Have past incidents of the same cause looked for."""
        ...
