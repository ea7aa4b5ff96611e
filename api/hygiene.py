"""What every answer carries and every request is held to: request id, CSP, size, one log line."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
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
        headers_of = self._framed if scope["path"] in FRAMED else self._usual
        status = 0
        replaced = False

        async def named(message: Message) -> None:
            nonlocal status, replaced
            if replaced:  # the plain words of a refusal that a problem stands for
                return
            if message["type"] == "http.response.start":
                status = message["status"]
                plain, body = _is_plain(message), b""
                if plain:
                    body = _problem(status, scope["path"], request_id)
                    message = {
                        "type": "http.response.start",
                        "status": status,
                        "headers": [
                            (b"content-type", PROBLEM.encode()),
                            (b"content-length", str(len(body)).encode()),
                        ],
                    }
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = request_id
                for name, value in headers_of.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(("/api/", "/console", "/login")):
                    headers.setdefault("cache-control", "no-store")
                if plain:
                    await send(message)
                    message = {"type": "http.response.body", "body": body}
                    replaced = True
            await send(message)

        try:
            await self._app(scope, receive, named)
        finally:
            route = scope.get("route")
            log.info(
                "request",
                request_id=request_id,
                method=scope["method"],
                # The template, not the path: a path may hold a link's token.
                route=getattr(route, "path", None),
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )


def _is_plain(start: Message) -> bool:
    """A refusal by the framework itself, before any route: too large, or a foreign host."""
    if start["status"] not in {400, 413}:
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
