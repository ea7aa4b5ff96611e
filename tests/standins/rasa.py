"""A Rasa server with our connector: a real HTTP server whose answers an engine of ours thinks.

    with RasaStandIn(engine, token) as rasa:
        rasa.troubles.append("503")
        ...RasaDialogue(domain, rasa.url, token)...

It verifies the signature as the connector does, and keeps nothing between turns.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from assistant.dialogue import ConversationState
from assistant.engine import Engine
from models.vocabulary import Channel

_ODD = {"nonsense": b"<html>", "other": b'{"messages": [{}]}'}


@dataclass
class RasaStandIn:
    """What was asked, and how to fail next.

    A trouble is a status ("503"), "nonsense" (no JSON), "other" (JSON that our connector does not
    write) or "silent" (what Rasa says when it could not call our actions: nothing).
    """

    engine: Engine
    token: str
    troubles: deque[str] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0

    def __post_init__(self) -> None:
        outside = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = outside.answer(body, self.headers.get("x-muster-signature", ""))
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, body: bytes, signature: str) -> tuple[int, bytes]:
        expected = hmac.new(self.token.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            self.forged += 1
            return 403, b"{}"
        trouble = self.troubles.popleft() if self.troubles else ""
        call = json.loads(body)
        if trouble == "silent":
            return 200, json.dumps({**call["state"], "messages": []}).encode()
        if trouble in _ODD:
            return 200, _ODD[trouble]
        if trouble:
            return int(trouble), b"{}"
        self.asked.append(call)
        return 200, json.dumps(self._think(call)).encode()

    def _think(self, call: dict[str, Any]) -> dict[str, Any]:
        slots = dict(call["state"]["slots"])
        state = ConversationState(
            requested=slots.pop("requested_slot"),
            slots=slots,
            loop=call["state"]["loop"],
            rejected=call["state"]["rejected"],
        )
        latest = {**call["parse_data"], "metadata": call["metadata"]}
        state, turn = self.engine.answer(state, Channel(call["channel"]), latest)
        handed = {"filing": turn.filing, "addition": turn.addition, "handoff": turn.handoff}
        return {
            "messages": [
                {
                    "response": said.response,
                    "text": said.text,
                    "buttons": [{"title": b.title, "payload": b.payload} for b in said.buttons],
                    "custom": {"card": said.card} if said.card else {},
                }
                for said in turn.utterances
            ],
            "slots": {**state.slots, **handed, "requested_slot": state.requested},
            "loop": state.loop,
            "rejected": state.rejected,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
