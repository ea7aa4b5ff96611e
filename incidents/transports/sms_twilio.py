"""Texts through Twilio, by its own library; and whether a call really came from there.

A phone number is personal: neither the library's request log nor an error's words leave
this module, only Twilio's error number.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator, get_signature_algorithm
from typing_extensions import override

from incidents.segments import count_segments, render_plain
from incidents.text_inbound import MOST_MEDIA, BroughtMedia, BroughtText
from incidents.transports.port import OptedOutError, SmsTransport, TransportError

OPTED_OUT: Final = 21610
_WHY: Final[Mapping[int, str]] = MappingProxyType(
    {
        20003: "the account's credentials are refused; check MUSTER_TWILIO_AUTH_TOKEN",
        21211: "not a phone number",
        21408: "texts to this country are switched off at the provider",
        21606: "our own number cannot send to this one",
        21611: "the provider's queue is full",
        21612: "no way to this number from ours",
        21614: "not a mobile number",
        21617: "the text is too long",
    }
)
_FOR_NOW: Final = frozenset({14107, 20429, 21611})  # limits and full queues: 400, yet they pass
_TRIAL: Final = "Sent from your Twilio trial account - "  # put before the words on trial accounts
_RECENT: Final = 50
log = logging.getLogger(__name__)


def parse_brought(fields: Mapping[str, str]) -> BroughtText:
    """The text in a call that was checked; `fields` as Twilio names them."""
    told = fields.get("NumMedia", "0")
    count = min(int(told), MOST_MEDIA) if told.isascii() and told.isdecimal() else 0
    media = tuple(
        BroughtMedia(fields[f"MediaUrl{n}"], fields.get(f"MediaContentType{n}", ""))
        for n in range(count)
        if fields.get(f"MediaUrl{n}")
    )
    return BroughtText(
        id=fields.get("MessageSid", ""),
        sender=fields.get("From", ""),
        text=fields.get("Body", ""),
        media=media,
    )


def signature_fits(
    auth_token: str, url: str, parameters: Any, *, signature: str, settings: str = ""
) -> bool:
    """Whether Twilio signed this call.

    Args:
        auth_token: The account's secret.
        url: The address that Twilio was told, query included; never one made from the request.
        parameters: The form, with a `getlist`; or a JSON body's text, whose hash must then be
            `bodySHA256` in the address.
        signature: `X-Twilio-Signature`.
        settings: `X-Twilio-Webhooks-Signature-Settings`; names the algorithm.

    """
    if isinstance(parameters, str) and "bodySHA256" not in parse_qs(urlsplit(url).query):
        return False
    validator = RequestValidator(auth_token)
    return bool(
        validator.validate(url, parameters, signature, algorithm=get_signature_algorithm(settings))
    )


class TwilioSms(SmsTransport):
    """One account and the number it sends from."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        *,
        api_base: str | None = None,
        status_to: str | None = None,
        timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        """Open the account.

        Args:
            account_sid: Whose account.
            auth_token: Its secret.
            sender: Our number.
            api_base: Where it lives instead of api.twilio.com.
            status_to: Address that is told how far each text came; None for nobody.
            timeout: For one request.

        """
        from twilio.rest import Client  # a third of a second: only where texts are sent

        self._sender = sender
        self._more = {"status_callback": status_to} if status_to else {}
        self._http = _HouseClient(api_base, timeout.total_seconds())
        self._messages = Client(
            account_sid,
            auth_token,
            http_client=self._http,
            environment={"TWILIO_REGION": ""},  # nothing is read from the process's own
        ).messages

    @override
    def send(
        self, to: str, text: str, *, unsure: bool, known: Collection[str] = (), key: str = ""
    ) -> str:
        words = render_plain(text)
        segments = count_segments(words)
        if segments > 1:
            log.warning("a text of %d signs goes out in %d segments", len(words), segments)
        try:
            if unsure and (found := self._look_up(to, words, known)) is not None:
                return found
            sent = self._messages.create(to=to, from_=self._sender, body=words, **self._more)
            return str(sent.sid)
        except TwilioException as error:
            raise _told(error) from error
        except (requests.RequestException, json.JSONDecodeError) as error:
            msg = f"no answer ({type(error).__name__})"
            raise TransportError(msg, permanent=False) from error

    def close(self) -> None:
        self._http.session.close()

    def _look_up(self, to: str, words: str, known: Collection[str]) -> str | None:
        """The newest text to this number with these words that no other message of ours is."""
        ours = {words, _TRIAL + words}
        for one in self._messages.list(to=to, from_=self._sender, limit=_RECENT, page_size=_RECENT):
            if one.body in ours and one.sid not in known and one.direction != "inbound":
                return str(one.sid)
        return None


class _HouseClient(TwilioHttpClient):
    """The library's client with a timeout, without its log, and if asked with another host."""

    def __init__(self, api_base: str | None, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self._base = urlsplit(api_base.rstrip("/")) if api_base else None

    @override
    def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        if self._base is not None:
            asked = urlsplit(url)
            url = urlunsplit(
                (
                    self._base.scheme,
                    self._base.netloc,
                    self._base.path + asked.path,
                    asked.query,
                    "",
                )
            )
        return super().request(method, url, *args, **more)

    @override
    def log_request(self, kwargs: Any) -> None:
        """Nothing: the library would log the number."""

    @override
    def log_response(self, status_code: int, response: Any) -> None:
        """Nothing."""


def _told(error: TwilioException) -> TransportError:
    """What Twilio's answer means: a 400 is for ever, credentials and load are not."""
    status = getattr(error, "status", None)
    code = getattr(error, "code", None)
    if status is None:  # a list that could not be read: its answer is the second argument
        status = getattr(error.args[1] if len(error.args) > 1 else None, "status_code", 0)
    if code == OPTED_OUT:
        return OptedOutError(f"this number asked for no texts (error {OPTED_OUT})")
    why = _WHY.get(code or 0)
    number = f"error {code}" if code not in {None, status} else f"status {status}"
    message = f"{why} ({number})" if why else f"refused ({number})"
    return TransportError(message, permanent=status == 400 and code not in _FOR_NOW)
