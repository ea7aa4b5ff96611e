"""Texts from people through the operator's own gateway: signed JSON, one call per text."""

from __future__ import annotations

import logging
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.auth import house_of
from api.errors import MalformedRequestError
from api.routes.sms import ForgedSmsError, SmsNotConfiguredError
from api.texting import Texts, hear_brought
from api.wiring import Installation
from incidents.text_status import record_status
from incidents.transports.sms_gateway import (
    UnreadableTextError,
    is_signed,
    parse_brought,
    parse_status,
)

PATH: Final = "/channels/sms/gateway"
_MAX_BODY: Final = 64 << 10
log = logging.getLogger(__name__)
router = APIRouter(tags=["channels"])


@router.post(PATH, max_body_size=_MAX_BODY, status_code=204)
async def hear_gateway(request: Request) -> Response:
    """Take one text, or how far one of ours came. The same webhook-id again changes nothing."""
    house = house_of(request)
    body = await request.body()
    secret = house.settings.text_gateway_secret
    if house.texts is None or secret is None:
        raise SmsNotConfiguredError(
            "No gateway for texts is configured here. Set MUSTER_TEXT_GATEWAY_URL."
        )
    if not is_signed(secret.get_secret_value(), body, request.headers):
        raise ForgedSmsError(
            "This call is not signed by our gateway within the last five minutes. Check "
            "MUSTER_TEXT_GATEWAY_SECRET and the gateway's clock."
        )
    await run_in_threadpool(_take, house, house.texts, body, request.headers["webhook-id"])
    return Response(status_code=204)


def _take(house: Installation, texts: Texts, body: bytes, webhook_id: str) -> None:
    status = parse_status(body)
    if status is not None:
        text_id, word, error = status
        with house.database.transaction() as session:
            record_status(session, text_id, word.lower(), error=error, now=house.clock())
        return
    try:
        brought = parse_brought(body, webhook_id)
    except UnreadableTextError as error:
        raise MalformedRequestError(str(error)) from error
    if brought is None:
        log.info("text %s is from no phone number; not heard", webhook_id)
        return
    hear_brought(texts, brought, network_helps=False)
