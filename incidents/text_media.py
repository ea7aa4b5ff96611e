"""What came with a text besides words: fetched, checked and kept, or said why not.

One try per call for what is not decided yet; who calls decides when to try again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final, Protocol
from uuid import UUID

from incidents.attachments import AttachmentPolicy
from incidents.transports.port import TransportError
from incidents.transports.sms_media import MediaTransport
from models.errors import DomainError, StorageFullError
from models.ids import AttachmentId, ConversationId
from models.report import Attachment

_ENDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image/jpeg": "jpg",
        "image/jpg": "jpg",
        "image/png": "png",
        "image/gif": "gif",
        "image/webp": "webp",
        "application/pdf": "pdf",
        "text/plain": "txt",
        "text/csv": "csv",
    }
)
log = logging.getLogger(__name__)


class FileStore(Protocol):
    """Where files of people are kept (`incidents.attachments.AttachmentStore`)."""

    @property
    def policy(self) -> AttachmentPolicy:
        """How much is taken."""
        ...

    def keep_file(self, conversation: ConversationId, name: str, source: Any) -> Attachment:
        """Check and keep one."""
        ...


@dataclass(frozen=True, slots=True)
class TextMedia:
    """Fetches what a text brought, and keeps it as a file of its conversation."""

    transport: MediaTransport
    store: FileStore

    def fetch(
        self, conversation: ConversationId, media: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Each with what became of it: `file` (an id), `trouble`, or neither: try again."""
        return [
            self._fetched(conversation, number, one) for number, one in enumerate(media, start=1)
        ]

    def _fetched(
        self, conversation: ConversationId, number: int, one: Mapping[str, Any]
    ) -> dict[str, Any]:
        if "file" in one or "trouble" in one:
            return dict(one)
        media_type = str(one["type"]).partition(";")[0].strip().lower()
        ending = _ENDINGS.get(media_type)
        if ending is None:
            return {**one, "trouble": "files of that kind are not taken"}
        try:
            content = self.transport.fetch(str(one["url"]), most=self.store.policy.max_bytes)
            kept = self.store.keep_file(conversation, f"text-{number}.{ending}", BytesIO(content))
        except (TransportError, DomainError) as error:
            return {**one, **_became(error)}
        return {"url": one["url"], "type": one["type"], "file": str(kept.id)}


def _became(error: TransportError | DomainError) -> dict[str, str]:
    """Whether another try may help, in the words for people."""
    passes = (
        not error.permanent
        if isinstance(error, TransportError)
        else isinstance(error, StorageFullError)
    )
    return {"later" if passes else "trouble": str(error)[:200]}


def is_decided(media: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every one is kept or given up."""
    return all("file" in one or "trouble" in one for one in media)


def given_up(media: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is still not there is given up, with the last reason."""
    return [
        dict(one)
        if "file" in one or "trouble" in one
        else {**one, "trouble": one.get("later", "it did not arrive")}
        for one in media
    ]


def kept_files(media: Sequence[Mapping[str, Any]]) -> tuple[AttachmentId, ...]:
    """The files that were kept, each once."""
    return tuple(
        dict.fromkeys(AttachmentId(UUID(str(one["file"]))) for one in media if "file" in one)
    )


def troubles(media: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why some were not kept, for people."""
    return [str(one["trouble"]) for one in media if "trouble" in one]
