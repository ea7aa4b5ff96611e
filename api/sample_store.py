"""The demo's outside system: a small page of its own that shows what arrives, and believes nothing.

It stands for the tool that gets the records in a real installation: another process's place,
another port, every signature verified, each record once. It keeps the last 500 in memory.
"""

from __future__ import annotations

import socket
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

_KEPT: Final = 500
_SHOWN: Final = 40
_MAX_BODY: Final = 1 << 20
_WEB: Final = Path(__file__).parent.parent / "web"
_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@dataclass
class Arrived:
    """What has come, newest last; each id once."""

    records: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    incidents: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    count: int = 0
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, event: dict[str, Any]) -> None:
        """Keep a record; a repeated one changes nothing, an older version neither."""
        with self._lock:
            if event["id"] in self.records:
                return
            self.records[event["id"]] = event
            self.count += 1
            while len(self.records) > _KEPT:
                self.records.popitem(last=False)
            data = event.get("data")
            if str(event.get("type", "")).startswith("muster.incident.") and isinstance(data, dict):
                self._take_snapshot(data)

    def newest(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(reversed(self.records.values()))

    def newest_incidents(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(reversed(self.incidents.values()))

    def _take_snapshot(self, data: dict[str, Any]) -> None:
        reference = str(data.get("reference"))
        known = self.incidents.get(reference)
        if known is not None and known["version"] >= data["version"]:
            return
        self.incidents[reference] = data
        self.incidents.move_to_end(reference)
        while len(self.incidents) > _KEPT:
            self.incidents.popitem(last=False)


@dataclass(frozen=True, slots=True)
class SampleStore:
    """The running store: where it is, and how to stop it."""

    url: str
    arrived: Arrived
    _server: uvicorn.Server
    _thread: threading.Thread

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=5)


def start_sample_store(port: int, secret: str) -> SampleStore:
    """Serve the store on this machine only, in a thread, until stopped.

    Args:
        port: Where; 0 takes a free one.
        secret: `whsec_...`, shared with the sender.

    Raises:
        OSError: The port is taken.

    """
    listening = socket.create_server(("127.0.0.1", port))
    arrived = Arrived()
    config = uvicorn.Config(
        create_store(arrived, secret),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, args=([listening],), name="sample-store", daemon=True
    )
    thread.start()
    return SampleStore(f"http://127.0.0.1:{listening.getsockname()[1]}", arrived, server, thread)


def create_store(arrived: Arrived, secret: str) -> FastAPI:
    """The store's app: take records, show them."""
    app = FastAPI(title="Sample outside system", docs_url=None, redoc_url=None, openapi_url=None)
    page = Environment(
        loader=FileSystemLoader(_WEB / "templates"), autoescape=True, undefined=StrictUndefined
    ).get_template("sample_store.html")

    @app.post("/records", status_code=202)
    async def take_record(request: Request) -> Response:
        body = await request.body()
        try:
            event: dict[str, Any] = Webhook(secret).verify(body, dict(request.headers))
        except (WebhookVerificationError, ValueError):
            arrived.refused += 1
            return JSONResponse({"detail": "This is not signed by the sender we know."}, 401)
        arrived.take(event)
        return Response(status_code=202)

    @app.get("/records/{event_id}")
    def show_record(event_id: str) -> JSONResponse:
        found = arrived.records.get(event_id)
        if found is None:
            return JSONResponse({"detail": "No such record, or no longer kept."}, 404)
        return JSONResponse(found, headers=_HEADERS)

    @app.get("/records")
    def list_records() -> JSONResponse:
        return JSONResponse({"count": arrived.count, "records": arrived.newest()}, headers=_HEADERS)

    @app.get("/")
    def show() -> HTMLResponse:
        text = page.render(
            count=arrived.count,
            refused=arrived.refused,
            incidents=[_row(one) for one in arrived.newest_incidents()],
            records=[_line(one) for one in arrived.newest()[:_SHOWN]],
        )
        return HTMLResponse(text, headers=_HEADERS)

    @app.get("/store.css")
    def style() -> FileResponse:
        return FileResponse(
            _WEB / "static" / "sample_store.css", media_type="text/css", headers=_HEADERS
        )

    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=_MAX_BODY)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return app


def _row(data: Mapping[str, Any]) -> dict[str, Any]:
    places = [data.get("service"), *(data.get("sites") or [])]
    return {**data, "where": " · ".join(str(place) for place in places if place) or "-"}


def _line(event: Mapping[str, Any]) -> dict[str, str]:
    try:
        at = datetime.fromisoformat(str(event.get("time"))).strftime("%H:%M:%S")
    except ValueError:
        at = "-"
    return {
        "at": at,
        "kind": str(event.get("type", "")).removeprefix("muster.").removesuffix(".v1"),
        "subject": str(event.get("subject", "")),
        "sequence": str(event.get("sequence", "")),
        "id": str(event.get("id", "")),
    }
