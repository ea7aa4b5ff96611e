"""What intake asks of the reader of texts, and a reader that is still loading."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol, runtime_checkable

from typing_extensions import override

from classifier.encoding import Encoder, EncoderUnavailableError
from classifier.heads import Heads
from classifier.reading import Heard, Reader, Reading


class ReaderPort(Protocol):
    """Reads one text."""

    def read(self, text: str) -> Reading:
        """Facts, vector and labels of a text.

        Raises:
            EncoderUnavailableError: Nothing can be read now.

        """
        ...

    def hear(self, text: str, *, asked: str | None) -> Heard:
        """The same for a message of a conversation, with its dialogue act.

        Raises:
            EncoderUnavailableError: Nothing can be read now.

        """
        ...


class LoadingReader(ReaderPort):
    """Builds its reader in the background; a text that comes earlier waits a little.

    If building fails, every text is refused, and recorded unread.
    """

    def __init__(self, build: Callable[[], Reader], *, patience: timedelta) -> None:
        self._build = build
        self._patience = patience.total_seconds()
        self._done = threading.Event()
        self._reader: Reader | None = None
        self.failure: str | None = None

    def start(self) -> None:
        threading.Thread(target=self._load, name="load-reader", daemon=True).start()

    @property
    def ready(self) -> bool:
        return self._reader is not None

    def current(self) -> Reader:
        """The reader, waiting for it up to the patience.

        Raises:
            EncoderUnavailableError: It is not there.

        """
        if not self._done.is_set():
            self._done.wait(self._patience)
        if self._reader is None:
            raise EncoderUnavailableError(
                self.failure or "The encoder is still loading. Try again in a moment."
            )
        return self._reader

    def use_heads(self, heads: Heads | None) -> None:
        """Label by these; None: by those of set-up. Only once the reader is there.

        Raises:
            EncoderUnavailableError: It is not.
            ForeignHeadsError: They were trained on another encoder's vectors.

        """
        if self._reader is None:
            raise EncoderUnavailableError("The encoder is still loading. Try again in a moment.")
        self._reader.use_heads(heads)

    @override
    def read(self, text: str) -> Reading:
        return self.current().read(text)

    @override
    def hear(self, text: str, *, asked: str | None) -> Heard:
        return self.current().hear(text, asked=asked)

    def _load(self) -> None:
        try:
            self._reader = self._build()
        except Exception as error:  # noqa: BLE001 - whatever it is, reports are recorded unread
            self.failure = f"The encoder could not be loaded: {error}"
        finally:
            self._done.set()


@runtime_checkable
class _Encodes(Protocol):
    encoder: Encoder


def loaded_encoder(reader: ReaderPort) -> Encoder | None:
    """The encoder that reads now; None while it is not there."""
    if isinstance(reader, LoadingReader):
        return reader.current().encoder if reader.ready else None
    return reader.encoder if isinstance(reader, _Encodes) else None
