"""Pictures of a text, from where its provider keeps them; and from nowhere else.

A URL comes from outside, so its host must be one that the operator's settings name. The
account's credentials go to the provider's own host only, never along a redirect.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

import httpx
from typing_extensions import override

from incidents.transports.port import TransportError

TWILIO_STORES: Final = (
    "media.twiliocdn.com/",
    "mms.twiliocdn.com/",
    "s3-external-1.amazonaws.com/media.twiliocdn.com/",
)
_REDIRECTS: Final = 3
_CHUNK: Final = 64 << 10
_NOT_FOUND: Final = "the provider no longer has it"


class MediaTransport(Protocol):
    """Fetches one picture or file."""

    def fetch(self, url: str, *, most: int) -> bytes:
        """Its bytes.

        Args:
            url: As the provider told it.
            most: Bytes; a larger one is not read to its end.

        Raises:
            TransportError: It cannot be had, now or ever.

        """
        ...


@dataclass(frozen=True, slots=True)
class SmsMedia(MediaTransport):
    """Media of one provider's account.

    Attributes:
        home: `scheme://host[:port]` of the provider; gets the credentials.
        user: With `password`, the account.
        stores: Host and path (up to a slash) that it may send us on to, by https and without
            credentials.
        timeout: For one file, all its redirects included.

    """

    home: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    stores: tuple[str, ...] = ()
    timeout: timedelta = timedelta(seconds=10)
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(follow_redirects=False, trust_env=False), repr=False
    )

    @override
    def fetch(self, url: str, *, most: int) -> bytes:
        until = time.monotonic() + self.timeout.total_seconds()
        for _ in range(_REDIRECTS + 1):
            headers = self._checked(url)
            try:
                with self.client.stream("GET", url, headers=headers, timeout=5.0) as answer:
                    if not answer.has_redirect_location:
                        return _read(answer, most, until)
                    url = urljoin(url, answer.headers["location"])
            except httpx.InvalidURL as error:
                msg = "its address is not readable"
                raise TransportError(msg, permanent=True) from error
            except httpx.HTTPError as error:
                msg = f"no answer ({type(error).__name__})"
                raise TransportError(msg, permanent=False) from error
        msg = "the provider sends us round in circles"
        raise TransportError(msg, permanent=True)

    def close(self) -> None:
        self.client.close()

    def _checked(self, url: str) -> Mapping[str, str]:
        """The headers for a URL that may be asked; raises for any other."""
        try:
            asked = urlsplit(url)
        except ValueError as error:
            msg = "its address is not readable"
            raise TransportError(msg, permanent=True) from error
        if f"{asked.scheme}://{asked.netloc}".lower() == self.home.lower():
            if not self.user:
                return {}
            words = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return {"authorization": f"Basic {words}"}
        place = f"{asked.netloc.lower()}{asked.path or '/'}"
        if asked.scheme == "https" and ".." not in place and place.startswith(self.stores):
            return {}
        msg = "it is not where the provider keeps its files"
        raise TransportError(msg, permanent=True)


def _read(answer: httpx.Response, most: int, until: float) -> bytes:
    if answer.status_code != HTTPStatus.OK:
        gone = answer.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
        # Just after the text, 404 may mean "not yet"; so may anything but "gone".
        why = _NOT_FOUND if gone else f"the provider answered {answer.status_code}"
        raise TransportError(why, permanent=answer.status_code == HTTPStatus.GONE)
    told = answer.headers.get("content-length", "")
    read = bytearray()
    if told.isdecimal() and int(told) > most:
        raise _too_large(most)
    for chunk in answer.iter_bytes(_CHUNK):
        read += chunk
        if len(read) > most:
            raise _too_large(most)
        if time.monotonic() > until:
            msg = "the provider was too slow"
            raise TransportError(msg, permanent=False)
    return bytes(read)


def _too_large(most: int) -> TransportError:
    return TransportError(f"it is larger than {most >> 20} MB", permanent=True)
