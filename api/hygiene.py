"""What every answer carries and every request is held to: request id, CSP, size, one log line."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import PROBLEM, render_title
from api.settings import Settings

_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
FRAMED: Final = frozenset({"/", "/help"})
"""Pages that another site may show in a frame, if the settings name it; the console never."""
_REFUSALS: Final = {
    400: ("request.malformed", "The request could not be read, or names another host."),
    413: ("request.too_large", "That is too large. Send less at once."),
    500: ("internal", "Something went wrong on our side. Try again; it was logged."),
}
log = structlog.get_logger("muster.http")


def security_headers(settings: Settings, *, framed: bool) -> Mapping[str, str]:
    """The same on every answer, but for who may frame it; a route may only make them stricter."""
    framers = " ".join(settings.embed_origins) if framed else "'none'"
    headers = {
        "content-security-policy": "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self' data: blob:",
                "connect-src 'self'",
                "font-src 'self'",
                "manifest-src 'self'",
                f"frame-ancestors {framers}",
                "base-uri 'none'",
                "form-action 'self'",
            )
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }
    if not framed:
        headers["x-frame-options"] = "DENY"
    if settings.https:
        headers["strict-transport-security"] = "max-age=31536000"
    return headers


class Hygiene:
    """Outermost: names the request, adds the headers, logs ids and never words."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._usual = security_headers(settings, framed=False)
        self._framed = security_headers(settings, framed=bool(settings.embed_origins))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        began = time.perf_counter()
        headers = self._framed if scope["path"] in FRAMED else self._usual
        answer = _Answer(send, scope["path"], request_id, headers)
        try:
            await self._app(scope, receive, answer.send)
        except Exception:  # what nobody expected is answered as everything else is
            log.exception("unexpected", request_id=request_id, route=_route(scope))
            if answer.status:
                raise  # half an answer went out: the connection is cut
            plain = [(b"content-type", b"text/plain")]
            await answer.send({"type": "http.response.start", "status": 500, "headers": plain})
        finally:
            log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                route=_route(scope),
                status=answer.status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )


@dataclass
class _Answer:
    """One answer on its way out; a plain refusal by the framework becomes a problem."""

    out: Send
    path: str
    request_id: str
    headers: Mapping[str, str]
    status: int = 0
    replaced: bool = False

    async def send(self, message: Message) -> None:
        if self.replaced:  # the plain words that a problem stands for
            return
        if message["type"] != "http.response.start":
            await self.out(message)
            return
        self.status = message["status"]
        if not _is_plain(message):
            await self.out(self._named(message))
            return
        self.replaced = True
        body = _problem(self.status, self.path, self.request_id)
        start = {
            "type": "http.response.start",
            "status": self.status,
            "headers": [
                (b"content-type", PROBLEM.encode()),
                (b"content-length", str(len(body)).encode()),
            ],
        }
        await self.out(self._named(start))
        await self.out({"type": "http.response.body", "body": body})

    def _named(self, start: Message) -> Message:
        headers = MutableHeaders(scope=start)
        headers["x-request-id"] = self.request_id
        for name, value in self.headers.items():
            headers.setdefault(name, value)
        if self.path.startswith(("/api/", "/console", "/login")):
            headers.setdefault("cache-control", "no-store")
        return start


def _route(scope: Scope) -> str | None:
    """The template, not the path: a path may hold a link's token."""
    path: str | None = getattr(scope.get("route"), "path", None)
    return path


def _is_plain(start: Message) -> bool:
    """A refusal by no route of ours: too large, a foreign host, an accident."""
    if start["status"] not in _REFUSALS:
        return False
    kind = next((v for k, v in start["headers"] if k.lower() == b"content-type"), b"")
    return not kind.startswith((PROBLEM.encode(), b"text/html", b"text/xml"))


def _problem(status: int, path: str, request_id: str) -> bytes:
    code, detail = _REFUSALS[status]
    return json.dumps(
        {
            "type": f"/problems/{code}",
            "title": render_title(code),
            "status": status,
            "detail": detail,
            "instance": path,
            "code": code,
            "request_id": request_id,
        }
    ).encode()
