"""Ways out of the house. A transport says whether a failure is permanent, never when to retry."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol


class TransportError(Exception):
    """The other side did not take it.

    `permanent` is true where another try cannot help; then the message says why.
    """

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class OptedOutError(TransportError):
    """The person behind the address wants no messages; the provider knows."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


class RecordTransport(Protocol):
    """Delivers one CloudEvent to one target."""

    def deliver(self, event: Mapping[str, Any]) -> None:
        """Send; returns when the other side has accepted.

        Raises:
            TransportError: It did not.

        """
        ...


class SmsTransport(Protocol):
    """Sends one text message."""

    def send(
        self, to: str, text: str, *, unsure: bool, known: Collection[str] = (), key: str = ""
    ) -> str:
        """Send; returns the provider's message id.

        Args:
            to: E.164 number.
            text: The words.
            unsure: An earlier try may have gone out: look before sending again.
            known: Provider ids of other messages to this number: a look-up passes them over.
            key: The same on every try of the same text.

        Raises:
            OptedOutError: The person wants no texts.
            TransportError: It was not taken.

        """
        ...
