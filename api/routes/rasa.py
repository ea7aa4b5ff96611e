"""What a Rasa server calls: our actions, our reader and our texts. Closed unless a token is set."""

from __future__ import annotations

import hmac
import json
import zlib
from typing import Any, ClassVar, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api.auth import house_of
from api.errors import MalformedRequestError
from api.wiring import Installation
from assistant.rasa_door import RasaDoor
from models.errors import DomainError

_MAX_BODY: Final = 4 << 20
_MAX_TEXT_BODY: Final = 1 << 20
_MAX_INFLATED: Final = 16 << 20
router = APIRouter(tags=["rasa"], prefix="/rasa")


class RasaNotConfiguredError(DomainError):
    """No Rasa server is expected here."""

    code: ClassVar[str] = "rasa.not_configured"


class RasaForgedError(DomainError):
    """The call does not carry the token that we share with our Rasa server."""

    code: ClassVar[str] = "rasa.forged"


class RasaTooLargeError(DomainError):
    """A packed call that is too large once unpacked."""

    code: ClassVar[str] = "rasa.too_large"


@router.post("/webhook", max_body_size=_MAX_BODY)
async def run_action(request: Request) -> Response:
    """Run one of our actions for a Rasa server (its `action_endpoint`)."""
    door = _checked(house_of(request), _bearer(request))
    call = _parse(await _body(request))
    return JSONResponse(await run_in_threadpool(door.actions.serve, call))


@router.post("/model/parse", max_body_size=_MAX_TEXT_BODY)
async def parse_text(request: Request) -> Response:
    """Read one message for a Rasa server (its `nlu` endpoint; its token comes in the body)."""
    house = house_of(request)
    given = _bearer(request)
    if house.rasa is None or given:
        _checked(house, given)
    call = _parse(await _body(request))
    door = _checked(house, given or str(call.get("token") or ""))
    text = call.get("text")
    return JSONResponse(await run_in_threadpool(door.parse, text if isinstance(text, str) else ""))


@router.post("/nlg", max_body_size=_MAX_BODY)
async def word_response(request: Request) -> Response:
    """Word one response for a Rasa server (its `nlg` endpoint)."""
    door = _checked(house_of(request), _bearer(request))
    return JSONResponse(door.word(_parse(await _body(request))))


def _checked(house: Installation, given: str) -> RasaDoor:
    """The door, for one who holds the token.

    Raises:
        RasaNotConfiguredError: No token is set.
        RasaForgedError: It is another.

    """
    token = house.settings.rasa_token
    if house.rasa is None or token is None:
        raise RasaNotConfiguredError("No Rasa server is expected here. Set MUSTER_RASA_TOKEN.")
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        raise RasaForgedError(
            "This call does not carry our token. Let Rasa's endpoints.yml name MUSTER_RASA_TOKEN."
        )
    return house.rasa


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def _body(request: Request) -> bytes:
    body = await request.body()
    coding = request.headers.get("content-encoding", "identity").lower()
    if coding == "identity":
        return body
    if coding != "deflate":
        raise MalformedRequestError("Send the body plain, or packed by deflate.")
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):  # with zlib's frame, as RFC 9110 has it, or bare
        unpacker = zlib.decompressobj(bits)
        try:
            unpacked = unpacker.decompress(body, _MAX_INFLATED)
        except zlib.error:
            continue
        if unpacker.unconsumed_tail:
            raise RasaTooLargeError("The call is too large once unpacked. Keep fewer events.")
        return unpacked
    raise MalformedRequestError("The body is not packed by deflate, as its header says.")


def _parse(body: bytes) -> dict[str, Any]:
    try:
        call = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedRequestError("The body is not valid JSON.") from error
    if not isinstance(call, dict):
        raise MalformedRequestError("The body is no JSON object.")
    return call
