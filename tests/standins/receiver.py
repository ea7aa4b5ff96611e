"""An outside system: a real HTTP server that takes signed records, and can be told to fail.

    with Receiver() as outside:
        outside.troubles.extend(["503", "503", "hang"])
        ...deliver to outside.url with outside.secret...
        outside.wait_for(12)

It verifies with the `standardwebhooks` library, accepts each id once (a repeat is answered
200 and counted), and remembers what came in order, per stream.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + base64.b64encode(b"an outside system's own secret 32").decode()


@dataclass
class Receiver:
    """What came, and what to answer next.

    `troubles` are used up one per request that is rightly signed, before it is looked at:
    a status ("503", "400", ...), "hang" (no answer, not accepted), "lost answer" (accepted,
    but the answer never arrives), "drop" (the connection is cut).
    """

    secret: str = SECRET
    hang_for: float = 60.0  # longer than any sender waits; ends early on stop
    troubles: deque[str] = field(default_factory=deque)
    troubles_of: dict[str, deque[str]] = field(default_factory=dict)  # by stream
    accepted: list[dict[str, Any]] = field(default_factory=list)
    repeats: Counter[str] = field(default_factory=Counter)
    tries: list[str] = field(default_factory=list)  # webhook-ids, rightly signed
    refused: list[str] = field(default_factory=list)  # why a call was not believed

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}/records"

    @property
    def ids(self) -> list[str]:
        with self._changed:
            return [event["id"] for event in self.accepted]

    def by_stream(self) -> dict[str, list[dict[str, Any]]]:
        """Accepted events per stream, in the order they were accepted."""
        found: dict[str, list[dict[str, Any]]] = {}
        with self._changed:
            for event in self.accepted:
                found.setdefault(event["partitionkey"], []).append(event)
        return found

    def wait_for(self, count: int, *, within: float = 30.0) -> None:
        """Until `count` records are accepted."""
        self.wait_until(lambda: len(self.accepted) >= count, within=within)

    def wait_until(self, condition: Callable[[], bool], *, within: float = 30.0) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, timeout=within):
                msg = f"after {within} s: {len(self.accepted)} accepted, refused {self.refused}"
                raise TimeoutError(msg)

    def start(self, port: int = 0) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                body = self.rfile.read(length)
                if len(body) < length:  # the sender died in mid-sentence: nothing was said
                    self.close_connection = True
                    return
                status = receiver._take(body, {k.lower(): v for k, v in self.headers.items()})
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silent."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: Any) -> None:
                """A sender that hung up early is no news."""

        self._server = Server(("127.0.0.1", port), Handler)
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

    def _take(self, body: bytes, headers: dict[str, str]) -> int | None:
        """The status to answer; None cuts the connection."""
        try:
            event = Webhook(self.secret).verify(body, headers)
        except (WebhookVerificationError, ValueError) as error:
            return self._refuse(str(error), 401)
        if event["id"] != headers["webhook-id"]:
            return self._refuse("webhook-id is not the event's id", 400)
        if not headers.get("content-type", "").startswith("application/cloudevents+json"):
            return self._refuse(f"content-type {headers.get('content-type')}", 415)
        with self._changed:
            self.tries.append(event["id"])
            trouble = self._next_trouble(str(event["partitionkey"]))
            self._changed.notify_all()
        if trouble is not None and trouble.isdigit():
            return int(trouble)
        if trouble == "drop":
            return None
        if trouble == "hang":
            self._stopping.wait(self.hang_for)
            return None
        with self._changed:
            if event["id"] in {one["id"] for one in self.accepted}:
                self.repeats[event["id"]] += 1
            else:
                self.accepted.append(json.loads(body))
            self._changed.notify_all()
        if trouble == "lost answer":
            self._stopping.wait(self.hang_for)
            return None
        return 200

    def _next_trouble(self, stream: str) -> str | None:
        own = self.troubles_of.get(stream)
        if own:
            return own.popleft()
        return self.troubles.popleft() if self.troubles else None

    def _refuse(self, why: str, status: int) -> int:
        with self._changed:
            self.refused.append(why)
            self._changed.notify_all()
        return status


def wait_until(
    condition: Callable[[], object], *, within: float = 30.0, every: float = 0.02
) -> None:
    """Until `condition` holds; for what no stand-in can tell."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            msg = f"not within {within} s"
            raise TimeoutError(msg)
        time.sleep(every)
