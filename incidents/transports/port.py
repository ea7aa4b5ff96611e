"""Ways out of the house. A transport says whether a failure is permanent, never when to retry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class TransportError(Exception):
    """The other side did not take it.

    `permanent` is true where another try cannot help; then the message says why.
    """

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


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

    def send(self, to: str, text: str, *, unsure: bool) -> str:
        """Send; returns the provider's message id.

        Args:
            to: E.164 number.
            text: The words.
            unsure: An earlier try may have gone out: look before sending again.

        Raises:
            TransportError: It was not taken.

        """
        ...
