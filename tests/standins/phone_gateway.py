"""A gateway of the operator's own: takes signed texts, once each, and answers as it is told to."""

from __future__ import annotations

import base64
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"a secret of a phone on a desk 32").decode()


@dataclass
class PhoneGateway:
    """`bodies` are the texts it took, each id once; `answers` the next statuses, then 204."""

    secret: str = SECRET
    answers: deque[int] = field(default_factory=deque)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def home(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"{self.home}/texts"

    def __enter__(self) -> Self:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                told = Webhook(gateway.secret).verify(body, dict(self.headers.items()))
                status = gateway.answers.popleft() if gateway.answers else 204
                if status == 204 and told["id"] not in {one["id"] for one in gateway.bodies}:
                    gateway.bodies.append(told)
                self._say(status, b"")

            def do_GET(self) -> None:
                found = gateway.files.get(self.path)
                self._say(404 if found is None else 200, found or b"")

            def _say(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
