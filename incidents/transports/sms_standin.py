"""A stand-in for Twilio, for rehearsals and tests: takes texts over REST, posts signed webhooks.

    with Twilio() as twilio:
        sms = TwilioSms(twilio.account_sid, twilio.auth_token, twilio.number, api_base=twilio.url)
        twilio.troubles.extend(["503", "slow"])
        ...
        twilio.deliver("+4930111", "wifi is down", to="http://127.0.0.1:8000", public="https://...")

It listens on loopback only. Signing is done by the official library, as is checking.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit

import httpx
from twilio.request_validator import RequestValidator

from incidents.segments import count_segments
from incidents.transports.sms_standin_http import Answer, error_answer, start_server

PATH: Final = "/channels/sms/twilio"


@dataclass
class Twilio:
    """One account, its messages, and what to answer next.

    `troubles` are used up one per request to send: a status ("503", "429"), an error number
    of five signs ("21211", answered as a 400), "slow" (no answer in time, not taken),
    "lost answer" (taken, but the answer never arrives), "garbage" (taken, not JSON).
    `list_troubles` and `media_troubles` are statuses, one per look-up and per file asked for.
    """

    account_sid: str = "AC" + "5" * 32
    auth_token: str = "the account's auth token"  # noqa: S105 - of nobody's account
    number: str = "+15005550006"
    port: int = 0
    hang_for: float = 60.0
    troubles: deque[str] = field(default_factory=deque)
    list_troubles: deque[str] = field(default_factory=deque)
    media_troubles: deque[str] = field(default_factory=deque)
    opted_out: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)  # oldest first
    tries: list[dict[str, str]] = field(default_factory=list)
    looks: list[dict[str, str]] = field(default_factory=list)
    media: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    media_asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None  # noqa: S101 - started
        return f"http://127.0.0.1:{self._server.server_port}"

    def texts_to(self, number: str) -> list[str]:
        """What was sent to a number, oldest first."""
        with self._changed:
            return [one["body"] for one in self.sent if one["to"] == number]

    def wait_for(self, count: int, *, within: float = 30.0) -> None:
        """Until `count` texts are taken."""
        self.wait_until(lambda: len(self.sent) >= count, within=within)

    def wait_until(self, condition: Callable[[], bool], *, within: float = 30.0) -> None:
        """Until something is so; looked at whenever we are called.

        Raises:
            TimeoutError: It is not so in time.

        """
        with self._changed:
            if not self._changed.wait_for(condition, timeout=within):
                msg = f"after {within} s: {len(self.sent)} texts, {len(self.tries)} tries"
                raise TimeoutError(msg)

    # -- towards the product -----------------------------------------------------------------

    def form(self, sender: str, text: str, sid: str | None = None, **more: str) -> dict[str, str]:
        """The fields of an inbound text."""
        sid = sid or new_sid()
        return {
            "ToCountry": "US",
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "SmsSid": sid,
            "SmsStatus": "received",
            "FromCity": "",
            "Body": text,
            "To": self.number,
            "NumSegments": str(count_segments(text)),
            "MessageSid": sid,
            "AccountSid": self.account_sid,
            "From": sender,
            "ApiVersion": "2010-04-01",
            **more,
        }

    def sign(
        self, form: dict[str, str], public: str, *, path: str = PATH, algorithm: str | None = None
    ) -> dict[str, str]:
        """The headers that make a call ours."""
        signature = RequestValidator(self.auth_token).compute_signature(
            public.rstrip("/") + path, form, algorithm
        )
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": signature,
            "user-agent": "TwilioProxy/1.1",
        }
        if algorithm is not None:
            headers["x-twilio-webhooks-signature-settings"] = (
                f"key=webhooks_sharedkey_1,algorithm={algorithm}"
            )
        return headers

    def add_media(self, content: bytes, media_type: str = "image/png") -> str:
        """Keep a file; returns the address it is had from."""
        name = "ME" + secrets.token_hex(16)
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages/{new_sid()}/Media/{name}"
        with self._changed:
            self.media[path] = (media_type, content)
        return self.url + path

    def media_fields(self, files: Sequence[tuple[str, str]]) -> dict[str, str]:
        """The fields that name files, each an address and a type."""
        told = {"NumMedia": str(len(files))}
        for number, (url, media_type) in enumerate(files):
            told |= {f"MediaUrl{number}": url, f"MediaContentType{number}": media_type}
        return told

    def deliver(
        self,
        sender: str,
        text: str,
        *,
        to: Any,
        public: str,
        sid: str | None = None,
        times: int = 1,
        **more: str,
    ) -> Any:
        """Post an inbound text to an address or a client, `times` times over; the last answer."""
        form = self.form(sender, text, sid, **more)
        return self.post(form, to=to, public=public, times=times)

    def tell_status(
        self, sid: str, status: str, *, to: Any, public: str, error: str | None = None
    ) -> Any:
        """Post how far a text came; in whatever order it is called."""
        form = {
            "MessageSid": sid,
            "MessageStatus": status,
            "SmsSid": sid,
            "SmsStatus": status,
            "AccountSid": self.account_sid,
            "From": self.number,
            "ApiVersion": "2010-04-01",
            **({"ErrorCode": error} if error else {}),
        }
        return self.post(form, to=to, public=public, path=f"{PATH}/status")

    def post(
        self,
        form: dict[str, str],
        *,
        to: Any,
        public: str,
        path: str = PATH,
        times: int = 1,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Post a form, signed unless `headers` say otherwise; the last answer."""
        headers = headers or self.sign(form, public, path=path)
        post, base = (httpx.post, to.rstrip("/")) if isinstance(to, str) else (to.post, "")
        answer = None
        for _ in range(times):
            answer = post(base + path, content=urlencode(form), headers=headers)
        return answer

    # -- from the product --------------------------------------------------------------------

    def start(self) -> Self:
        """Listen, on a free port unless one was named."""
        self._server = start_server(self, self.port)
        return self

    def stop(self) -> None:
        """Let go of everybody who waits, and end."""
        self._stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, method: str, path: str, fields: dict[str, str]) -> Answer | None:
        """What a request with our credentials gets; None cuts the line."""
        asked = urlsplit(path).path
        if asked in self.media or "/Media/" in asked:
            return self._give(asked)
        if asked != f"/2010-04-01/Accounts/{self.account_sid}/Messages.json":
            return error_answer(404)
        return self._create(fields) if method == "POST" else self._list(fields)

    def _give(self, path: str) -> Answer:
        with self._changed:
            self.media_asked.append(path)
            trouble = self.media_troubles.popleft() if self.media_troubles else None
            self._changed.notify_all()
        if trouble is not None:
            return error_answer(int(trouble))
        return self.media.get(path) or error_answer(404)

    def _create(self, form: dict[str, str]) -> Answer | None:
        with self._changed:
            self.tries.append(form)
            trouble = self.troubles.popleft() if self.troubles else None
            self._changed.notify_all()
        if form["To"] in self.opted_out:
            trouble = "21610"
        if trouble is not None and trouble.isdigit():
            return error_answer(int(trouble))
        if trouble == "slow":
            self._stopping.wait(self.hang_for)
            return None
        message = {
            "sid": new_sid(),
            "account_sid": self.account_sid,
            "to": form["To"],
            "from": form["From"],
            "body": form["Body"],
            "direction": "outbound-api",
            "status": "queued",
            "error_code": None,
            "num_segments": str(count_segments(form["Body"])),
            "date_created": "Mon, 23 Nov 2026 12:00:00 +0000",
            "date_sent": None,
        }
        with self._changed:
            self.sent.append(message)
            self._changed.notify_all()
        if trouble == "lost answer":
            self._stopping.wait(self.hang_for)
            return None
        if trouble == "garbage":
            return 201, b"<html>a proxy's page</html>"
        return 201, message

    def _list(self, asked: dict[str, str]) -> Answer:
        with self._changed:
            self.looks.append(asked)
            if self.list_troubles:
                return error_answer(int(self.list_troubles.popleft()))
            found = [
                one
                for one in reversed(self.sent)
                if one["to"] == asked.get("To", one["to"])
                and one["from"] == asked.get("From", one["from"])
            ]
        size = int(asked.get("PageSize", "50"))
        here = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        page = {
            "messages": found[:size],
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": len(found[:size]),
            "first_page_uri": f"{here}?Page=0",
            "next_page_uri": None,
            "previous_page_uri": None,
            "uri": here,
        }
        return 200, page


def new_sid() -> str:
    """An id as Twilio gives texts."""
    return "SM" + secrets.token_hex(16)
