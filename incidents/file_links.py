"""Links to files that are signed, live for minutes, and open for one person alone."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer

from models.errors import NotFoundError
from models.ids import AttachmentId

LIFE: Final = timedelta(minutes=10)
_SALT: Final = "file-link"


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Makes and reads the last part of a link. `secret` is the installation's."""

    secret: str
    life: timedelta = LIFE

    def make_token(self, attachment_id: AttachmentId, person: str) -> str:
        """A token that opens this file for this person."""
        return str(self._signer().dumps([str(attachment_id), person]))

    def parse_token(self, token: str, person: str) -> AttachmentId:
        """The file that the token opens for the person who shows it.

        Raises:
            NotFoundError: It is forged, too old, or another person's; never which.

        """
        with contextlib.suppress(BadSignature, ValueError, TypeError, AttributeError):
            file, owner = self._signer().loads(token, max_age=int(self.life.total_seconds()))
            if owner == person:
                return AttachmentId(UUID(file))
        raise NotFoundError("This link has ended or is not yours. Open the file from its report.")

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt=_SALT)
