"""The stand-in's listening end: who asks, with which credentials; answers as Twilio's REST does."""

from __future__ import annotations

import base64
import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Protocol, TypeAlias
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

Answer: TypeAlias = tuple[int | str, Any]
"""A status and what is said (an object, or bytes); or a media type and a file's bytes."""
_FIRST_ERROR: Final = 1000
_UNAUTHORISED: Final = {
    "code": 20003,
    "message": "Authenticate",
    "more_info": "",
    "status": 401,
}


class Account(Protocol):
    """Who answers."""

    account_sid: str
    auth_token: str

    def answer(self, method: str, path: str, fields: dict[str, str]) -> Answer | None:
        """What a request with the right credentials gets; None cuts the line."""
        ...


def error_answer(number: int) -> Answer:
    """A status, or one of Twilio's error numbers (a 400)."""
    status = int(HTTPStatus.BAD_REQUEST) if number >= _FIRST_ERROR else number
    said = {
        "code": number,
        "message": f"Error about the number +4915112345678: {number}",
        "more_info": f"https://www.twilio.com/docs/errors/{number}",
        "status": status,
    }
    return status, said


def start_server(account: Account, port: int) -> ThreadingHTTPServer:
    """Listen on loopback, in a thread that ends with the process."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            self._answer("POST", body.decode())

        def do_GET(self) -> None:
            self._answer("GET", urlsplit(self.path).query)

        def _answer(self, method: str, told: str) -> None:
            answer: Answer | None = (401, _UNAUTHORISED)
            if self._is_known():
                fields = {key: values[-1] for key, values in parse_qs(told).items()}
                answer = account.answer(method, self.path, fields)
            if answer is None:
                self.close_connection = True
                return
            status, said = answer
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            is_file = isinstance(status, str)
            self.send_response(200 if isinstance(status, str) else status)
            self.send_header("content-type", str(status) if is_file else "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _is_known(self) -> bool:
            wanted = base64.b64encode(f"{account.account_sid}:{account.auth_token}".encode())
            return self.headers.get("authorization") == f"Basic {wanted.decode()}"

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        @override
        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller that hung up early is no news."""

    server = Server(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server
