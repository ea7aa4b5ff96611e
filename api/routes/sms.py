"""Texts from people, as Twilio brings them: signed, written down, acknowledged with no words.

They are heard by a job, and answered by another, so a call that Twilio repeats changes nothing.
The signature is checked against the configured public address, never against one made from the
request: a proxy rewrites that, and a forger chooses it.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict

from api.auth import house_of
from api.errors import MalformedRequestError
from api.texting import Texts, hear_brought
from api.wiring import Installation
from incidents.text_inbound import E164
from incidents.text_status import record_status
from incidents.transports.sms_twilio import parse_brought, signature_fits
from models.errors import DomainError

PATH: Final = "/channels/sms/twilio"
STATUS_PATH: Final = "/channels/sms/twilio/status"
_MAX_BODY: Final = 64 << 10
_MAX_FIELDS: Final = 200
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9]{1,64}")
_SILENCE: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
log = logging.getLogger(__name__)
router = APIRouter(tags=["channels"])


class SmsNotConfiguredError(DomainError):
    """Texts are not switched on in this installation."""

    code: ClassVar[str] = "sms.not_configured"


class ForgedSmsError(DomainError):
    """The call was not signed by our provider account."""

    code: ClassVar[str] = "sms.forged"


@router.post(PATH, max_body_size=_MAX_BODY)
async def hear_twilio(request: Request) -> Response:
    """Take one text. The same MessageSid again changes nothing and sends nothing."""
    house = house_of(request)
    texts, fields = checked_fields(house, request, await request.body(), PATH)
    await run_in_threadpool(_hear, texts, house.settings.twilio_from, fields)
    return Response(_SILENCE, media_type="text/xml")


@router.post(STATUS_PATH, max_body_size=_MAX_BODY, status_code=204)
async def note_status(request: Request) -> Response:
    """Remember how far a text of ours came; an older word changes nothing."""
    house = house_of(request)
    _, fields = checked_fields(house, request, await request.body(), STATUS_PATH)
    await run_in_threadpool(_note, house, fields)
    return Response(status_code=204)


def checked_fields(
    house: Installation, request: Request, body: bytes, path: str
) -> tuple[Texts, Mapping[str, str]]:
    """Where texts go, and the fields of a call that our Twilio account really made.

    The body is a form or JSON.

    Raises:
        SmsNotConfiguredError: No account is configured.
        MalformedRequestError: The body is no form and no JSON object.
        ForgedSmsError: The signature or the account is not ours.

    """
    settings = house.settings
    token = settings.twilio_auth_token
    if house.texts is None or token is None:
        raise SmsNotConfiguredError(
            "Texts are not switched on here. Set MUSTER_TWILIO_ACCOUNT_SID."
        )
    as_json = request.headers.get("content-type", "").lower().startswith("application/json")
    signed, fields = _parse_json(body) if as_json else _parse_form(body)
    query = request.scope["query_string"].decode("latin-1")
    ours = signature_fits(
        token.get_secret_value(),
        settings.base_url + path + (f"?{query}" if query else ""),
        signed,
        signature=request.headers.get("x-twilio-signature", ""),
        settings=request.headers.get("x-twilio-webhooks-signature-settings", ""),
    )
    if not ours or fields.get("AccountSid") != settings.twilio_account_sid:
        raise ForgedSmsError(
            "This call is not signed by our account. If it is Twilio's, let MUSTER_PUBLIC_BASE_URL "
            "be exactly the address that Twilio calls, and check MUSTER_TWILIO_AUTH_TOKEN."
        )
    return house.texts, fields


def _parse_form(body: bytes) -> tuple[ImmutableMultiDict[str, str], Mapping[str, str]]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError as error:
        raise MalformedRequestError(
            "The body is no readable form. Send it as Twilio does."
        ) from error
    form = ImmutableMultiDict(pairs)
    return form, dict(form)


def _parse_json(body: bytes) -> tuple[str, Mapping[str, str]]:
    try:
        told = json.loads(body)
        text = body.decode()
    except ValueError as error:
        raise MalformedRequestError("The body is no readable JSON.") from error
    if not isinstance(told, dict):
        raise MalformedRequestError("The body is no JSON object. Send it as Twilio does.")
    return text, {str(name): str(value) for name, value in told.items()}


def _hear(texts: Texts, ours: str | None, fields: Mapping[str, str]) -> None:
    brought = parse_brought(fields)
    if not _MESSAGE_ID.fullmatch(brought.id):
        raise MalformedRequestError("The call names no MessageSid.")
    if not E164.fullmatch(brought.sender) or brought.sender == ours:
        # A short code or a name: nobody to answer, and no person.
        log.info("text %s is from no phone number; not heard", brought.id)
        return
    hear_brought(texts, brought, network_says=fields.get("OptOutType", ""), network_helps=True)


def _note(house: Installation, fields: Mapping[str, str]) -> None:
    message_id = fields.get("MessageSid", "")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise MalformedRequestError("The call names no MessageSid.")
    error = fields.get("ErrorCode", "")[:32] or None
    status = fields.get("MessageStatus", "").lower()
    with house.database.transaction() as session:
        record_status(session, message_id, status, error=error, now=house.clock())
