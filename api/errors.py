"""Every error as an RFC 9457 problem, by the one table from a code to an HTTP status."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from models.errors import DomainError

log = logging.getLogger(__name__)

STATUS: Final[Mapping[str, int]] = {
    "domain.error": 500,
    "not_found": 404,
    "stale_version": 412,
    "catalogue.unknown_service": 422,
    "catalogue.unknown_site": 422,
    "catalogue.unreadable": 422,
    "storage.full": 503,
    "storage.busy": 503,
    "internal": 500,
    "encoder.unavailable": 503,
    "encoder.source": 500,
    "heads.missing": 503,
    "window.foreign_vector": 500,
    "article.bad": 422,
    "article.unreadable": 422,
    "artifact.unreadable": 500,
    "artifact.unknown": 404,
    "artifact.changed": 409,
    "artifact.nothing_to_do": 409,
    "heads.foreign": 409,
    "history.too_long": 422,
    "stream.unreadable": 422,
    "train.nothing_to_learn": 422,
    "train.unclear": 422,
    "tickets.unreadable": 422,
    "evaluate.bad_rule": 422,
    "evaluate.unknown_part": 422,
    "policy.bad_alarms": 422,
    "policy.bad_matrix": 422,
    "dialogue.unsupported": 500,
    "rasa.not_configured": 404,
    "rasa.forged": 403,
    "rasa.too_large": 413,
    "rasa.bad_call": 422,
    "rasa.action_rejected": 400,
    "rasa.unknown_action": 404,
    "rasa.unknown_response": 404,
    "rasa.domain_needed": 449,
    "incident.illegal_move": 409,
    "review.senseless": 409,
    "review.newer": 409,
    "review.undone": 409,
    "message.client_id_reused": 422,
    "message.empty": 422,
    "conversation.busy": 409,
    "handoff.taken": 409,
    "handoff.busy": 409,
    "handoff.not_held": 409,
    "handoff.unsendable": 422,
    "handoff.nothing_to_file": 409,
    "attachment.too_large": 413,
    "attachment.too_many": 409,
    "attachment.refused": 415,
    "attachment.mismatch": 422,
    "attachment.named": 409,
    "attachment.storage_unusable": 503,
    "attachment.bad_storage": 500,
    "upload.gap": 409,
    "upload.client_id_reused": 422,
    "attachment.unsupported": 415,
    "sms.forged": 403,
    "sms.not_configured": 404,
    "settings.bad": 500,
    "serve.blocked": 500,
    "auth.needed": 401,
    "identity.refused": 401,
    "identity.needed": 401,
    "auth.forbidden": 403,
    "auth.csrf": 403,
    "auth.refused": 401,
    "rate.limited": 429,
    "request.malformed": 400,
    "request.invalid": 422,
    "request.precondition_required": 428,
    "request.too_large": 413,
    "idempotency.key_required": 400,
    "idempotency.reused": 422,
    "report.empty": 422,
    "report.future": 422,
    "replay.running": 409,
    "replay.bad_policy": 422,
    "replay.no_history": 409,
    "artifact.no_weights": 422,
    "learn.too_little": 409,
    "replay.unreadable": 422,
    "replay.refused": 502,
    "staff.unknown": 404,
}

PROBLEM: Final = "application/problem+json"
_RESERVED: Final = frozenset({"type", "title", "status", "detail", "instance", "code", "errors"})
_HINTS: Final = {
    404: "There is nothing at this address.",
    405: "This address does not take that method; see the Allow header.",
    413: "That is too large.",
    415: "This kind of content is not taken here.",
}


class MalformedRequestError(DomainError):
    """The request could not be read at all."""

    code: ClassVar[str] = "request.malformed"


class PreconditionRequiredError(DomainError):
    """The request must say which version it saw."""

    code: ClassVar[str] = "request.precondition_required"


class RateLimitedError(DomainError):
    """Too much from one place in a short time."""

    code: ClassVar[str] = "rate.limited"


def render_problem(
    request: Request,
    code: str,
    detail: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] = MappingProxyType({}),
) -> JSONResponse:
    """One problem, as JSON; `more` are its extension members."""
    status = status or STATUS.get(code, 500)
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": render_title(code),
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "code": code,
        "request_id": getattr(request.state, "request_id", None),
    }
    body |= {key: value for key, value in more.items() if key not in _RESERVED or key == "errors"}
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=PROBLEM)


def render_title(code: str) -> str:
    """The code in words; the same for every problem of its kind."""
    return code.removeprefix("http.").replace(".", ": ").replace("_", " ").capitalize()


def add_error_handlers(app: FastAPI) -> None:
    """Render our errors and the framework's; what nobody expected, `api.hygiene` renders."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _busy)
    app.add_exception_handler(PoolTimeoutError, _busy)
    app.add_exception_handler(DataError, _unstorable)


async def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this type
    if error.code == "auth.needed" and _is_page(request):
        back = quote(request.url.path, safe="/")
        return RedirectResponse(f"/login?next={back}", 303)
    data = {key: value for key, value in error.data.items() if key not in _RESERVED}
    headers = {}
    if "retry_after" in data:
        headers["Retry-After"] = str(data["retry_after"])
    if error.code == "auth.needed":
        headers["WWW-Authenticate"] = "Bearer"
    if error.code == "storage.full":
        headers["Retry-After"] = "30"
    return render_problem(request, error.code, str(error), headers=headers, more=_plain(data))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return render_problem(request, "request.malformed", "The body is not valid JSON.")
    errors = [
        {"where": "/".join(str(part) for part in one["loc"]), "message": one["msg"]}
        for one in found[:20]
    ]
    said = "; ".join(f"{one['where']}: {one['message']}" for one in errors[:3])
    return render_problem(
        request, "request.invalid", f"Mend the request: {said}", more={"errors": errors}
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type
    if error.status_code == 400:
        return render_problem(request, "request.malformed", "The body could not be read.")
    if error.status_code == 413:
        return render_problem(request, "request.too_large", _HINTS[413])
    phrase = HTTPStatus(error.status_code).phrase
    detail = _HINTS.get(error.status_code, phrase)
    code = f"http.{phrase.lower().replace(' ', '_')}"
    return render_problem(
        request, code, detail, status=error.status_code, headers=error.headers or {}
    )


async def _busy(request: Request, error: Exception) -> Response:
    log.warning("database not available: %s", type(error).__name__)
    return render_problem(
        request,
        "storage.busy",
        "The storage does not answer at the moment; nothing was recorded. Try again.",
        status=503,
        headers={"Retry-After": "2"},
    )


async def _unstorable(request: Request, error: Exception) -> Response:
    """A sign that this database cannot hold (PostgreSQL: NUL), where no shape took it out."""
    log.warning("unstorable input: %s", type(error).__name__)
    return render_problem(
        request, "request.malformed", "The request holds signs that are no text. Take them out."
    )


def _is_page(request: Request) -> bool:
    return (
        request.method == "GET"
        and request.url.path.startswith("/console")
        and "text/html" in request.headers.get("accept", "")
    )


def _plain(data: Mapping[str, object]) -> dict[str, object]:
    simple = (str, int, float, bool, list, tuple, dict, type(None))
    return {key: value if isinstance(value, simple) else str(value) for key, value in data.items()}
