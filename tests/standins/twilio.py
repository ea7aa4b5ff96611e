"""Twilio, as far as we use it: takes texts over its REST API, and posts signed webhooks.

    with Twilio() as twilio:
        sms = TwilioSms(twilio.account_sid, twilio.auth_token, twilio.number, api_base=twilio.url)
        twilio.troubles.extend(["503", "slow"])
        ...
        twilio.deliver("+4930111", "wifi is down", to="http://127.0.0.1:8000", public="https://...")

Signing is done by the official library, as is checking.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from twilio.request_validator import RequestValidator

from incidents.segments import count_segments

PATH = "/channels/sms/twilio"


@dataclass
class Twilio:
    """One account, its messages, and what to answer next.

    `troubles` are used up one per request to send: a status ("503", "429"), an error number
    of five signs ("21211", answered as a 400), "slow" (no answer in time, not taken),
    "lost answer" (taken, but the answer never arrives), "garbage" (taken, not JSON).
    """

    account_sid: str = "AC" + "5" * 32
    auth_token: str = "the account's auth token"
    number: str = "+15005550006"
    hang_for: float = 60.0
    troubles: deque[str] = field(default_factory=deque)
    list_troubles: deque[str] = field(default_factory=deque)
    opted_out: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)  # oldest first
    tries: list[dict[str, str]] = field(default_factory=list)
    looks: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def texts_to(self, number: str) -> list[str]:
        with self._changed:
            return [one["body"] for one in self.sent if one["to"] == number]

    def wait_for(self, count: int, *, within: float = 30.0) -> None:
        """Until `count` texts are taken."""
        self.wait_until(lambda: len(self.sent) >= count, within=within)

    def wait_until(self, condition: Callable[[], bool], *, within: float = 30.0) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout=within):
                msg = f"after {within} s: {len(self.sent)} texts, {len(self.tries)} tries"
                raise TimeoutError(msg)

    # -- towards us --------------------------------------------------------------------------

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
        headers = self.sign(form, public)
        post, base = (httpx.post, to.rstrip("/")) if isinstance(to, str) else (to.post, "")
        for _ in range(times):
            answer = post(base + PATH, content=urlencode(form), headers=headers)
        return answer

    # -- from us -----------------------------------------------------------------------------

    def start(self) -> Self:
        twilio = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                form = {key: values[-1] for key, values in parse_qs(body.decode()).items()}
                self._answer(twilio._create(form) if self._is_known() else _UNAUTHORISED)

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                asked = {key: values[-1] for key, values in query.items()}
                self._answer(twilio._list(asked) if self._is_known() else _UNAUTHORISED)

            def _is_known(self) -> bool:
                wanted = base64.b64encode(f"{twilio.account_sid}:{twilio.auth_token}".encode())
                path = urlsplit(self.path).path
                return (
                    self.headers.get("authorization") == f"Basic {wanted.decode()}"
                    and path == f"/2010-04-01/Accounts/{twilio.account_sid}/Messages.json"
                )

            def _answer(self, answer: tuple[int, Any] | None) -> None:
                if answer is None:
                    self.close_connection = True
                    return
                status, said = answer
                body = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Silent."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: Any) -> None:
                """A caller that hung up early is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
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

    def _create(self, form: dict[str, str]) -> tuple[int, Any] | None:
        with self._changed:
            self.tries.append(form)
            trouble = self.troubles.popleft() if self.troubles else None
            self._changed.notify_all()
        if form["To"] in self.opted_out:
            trouble = "21610"
        if trouble is not None and trouble.isdigit():
            return _error(int(trouble))
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

    def _list(self, asked: dict[str, str]) -> tuple[int, Any]:
        with self._changed:
            self.looks.append(asked)
            if self.list_troubles:
                return _error(int(self.list_troubles.popleft()))
            found = [
                one
                for one in reversed(self.sent)
                if one["to"] == asked.get("To", one["to"])
                and one["from"] == asked.get("From", one["from"])
            ]
        size = int(asked.get("PageSize", "50"))
        page = {
            "messages": found[:size],
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": len(found[:size]),
            "first_page_uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages.json?Page=0",
            "next_page_uri": None,
            "previous_page_uri": None,
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages.json",
        }
        return 200, page


def new_sid() -> str:
    return "SM" + secrets.token_hex(16)


def _error(number: int) -> tuple[int, Any]:
    """A status, or one of Twilio's error numbers (a 400)."""
    status, code = (400, number) if number > 999 else (number, number)
    said = {
        "code": code,
        "message": f"Error about the number +4915112345678: {number}",
        "more_info": f"https://www.twilio.com/docs/errors/{number}",
        "status": status,
    }
    return status, said


_UNAUTHORISED = (
    401,
    {"code": 20003, "message": "Authenticate", "more_info": "", "status": 401},
)
