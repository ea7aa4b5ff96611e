"""Texts from people, as Twilio brings them: signed, heard, and acknowledged with no words.

The answer to a person goes out by a job, so a call that Twilio repeats never sends two. The
signature is checked against the configured public address, never against one made from the
request: a proxy rewrites that, and a forger chooses it.
"""

from __future__ import annotations

import logging
import re
from typing import ClassVar, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict

from api.auth import house_of
from api.errors import MalformedRequestError
from api.wiring import Installation
from assistant.messages import Inbound
from incidents.consent import parse_signal
from incidents.transports.sms_twilio import signature_fits
from models.errors import DomainError

PATH: Final = "/channels/sms/twilio"
_MAX_BODY: Final = 64 << 10
_MAX_FIELDS: Final = 200
_E164: Final = re.compile(r"\+[1-9]\d{5,14}")
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
    """Hear one text. The same MessageSid again changes nothing and sends nothing."""
    house = house_of(request)
    form = checked_form(house, request, await request.body())
    await run_in_threadpool(_hear, house, form)
    return Response(_SILENCE, media_type="text/xml")


def checked_form(
    house: Installation, request: Request, body: bytes
) -> ImmutableMultiDict[str, str]:
    """The fields of a call that our Twilio account really made.

    Raises:
        SmsNotConfiguredError: No account is configured.
        MalformedRequestError: The body is no form.
        ForgedSmsError: The signature or the account is not ours.

    """
    settings = house.settings
    token = settings.twilio_auth_token
    if house.texting is None or token is None:
        raise SmsNotConfiguredError(
            "Texts are not switched on here. Set MUSTER_TWILIO_ACCOUNT_SID."
        )
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
    query = request.scope["query_string"].decode("latin-1")
    ours = signature_fits(
        token.get_secret_value(),
        settings.base_url + PATH + (f"?{query}" if query else ""),
        form,
        signature=request.headers.get("x-twilio-signature", ""),
        settings=request.headers.get("x-twilio-webhooks-signature-settings", ""),
    )
    if not ours or form.get("AccountSid") != settings.twilio_account_sid:
        raise ForgedSmsError(
            "This call is not signed by our account. If it is Twilio's, let MUSTER_PUBLIC_BASE_URL "
            "be exactly the address that Twilio calls, and check MUSTER_TWILIO_AUTH_TOKEN."
        )
    return form


def _hear(house: Installation, form: ImmutableMultiDict[str, str]) -> None:
    sender, text, message_id = (form.get(name, "") for name in ("From", "Body", "MessageSid"))
    if not _MESSAGE_ID.fullmatch(message_id):
        raise MalformedRequestError("The call names no MessageSid.")
    if not _E164.fullmatch(sender) or sender == house.settings.twilio_from:
        # A short code or a name: nobody to answer, and no person.
        log.info("text %s is from no phone number; not heard", message_id)
        return
    signal = parse_signal(text, network_says=form.get("OptOutType", ""))
    texting = house.texting
    if (
        signal is not None
        and texting is not None
        and texting.hear_signal(sender, signal, signal_id=message_id)
    ):
        return
    if not text.strip():
        log.info("text %s has no words; not heard", message_id)
        return
    house.desk.hear_sms(sender, Inbound(text=text, provider_message_id=message_id))
