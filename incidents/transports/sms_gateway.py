"""Texts through a gateway of the operator's own (a phone with a SIM card, a modem): signed JSON.

Both ways the call is signed as Standard Webhooks asks, with one shared secret: HMAC-SHA256
over id, time and body, compared in constant time, and refused when more than five minutes old.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from standardwebhooks import Webhook, WebhookVerificationError
from typing_extensions import override

from incidents.segments import render_plain
from incidents.text_inbound import E164, BroughtMedia, BroughtText
from incidents.text_joining import MOST_PARTS
from incidents.transports.port import OptedOutError, SmsTransport, TransportError
from incidents.transports.signed_post import post_signed

PROVIDER: Final = "gateway"
_ID: Final = re.compile(r"[\x21-\x7e]{1,100}")
_PERMANENT: Final = frozenset({400, 404, 410, 413, 415, 422})
_OPTED_OUT: Final = 451


class UnreadableTextError(ValueError):
    """The call is signed, but is no text."""


def is_signed(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether our gateway sent this, within the last five minutes.

    Args:
        secret: `whsec_...`.
        body: As it came.
        headers: `webhook-id`, `webhook-timestamp`, `webhook-signature`; lower-case names.

    """
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # a ValueError: headers or body unreadable
        return False
    return True


def parse_brought(body: bytes, webhook_id: str) -> BroughtText | None:
    """The text in a call that was checked; None where it is from nobody whom one can answer.

    Args:
        body: As it came.
        webhook_id: The call's, the same on every try of it: it names the text.

    Raises:
        UnreadableTextError: It is no text as `docs/how-to/text-gateway.md` has it.

    """
    try:
        told = json.loads(body)
    except ValueError as error:
        msg = "The body is no JSON."
        raise UnreadableTextError(msg) from error
    if not isinstance(told, dict) or not isinstance(told.get("text", ""), str):
        msg = "Send an object with from and text."
        raise UnreadableTextError(msg)
    sender = told.get("from")
    if _ID.fullmatch(webhook_id) is None:
        msg = "webhook-id must be 1 to 100 visible ASCII characters, another for each text."
        raise UnreadableTextError(msg)
    if not isinstance(sender, str):
        msg = "`from` must be the sender's number, like +4915112345678."
        raise UnreadableTextError(msg)
    sender = _number(sender)
    if E164.fullmatch(sender) is None:
        return None
    series, part, parts = _part(told.get("part"), sender)
    return BroughtText(
        id=f"{PROVIDER}:{webhook_id}",
        sender=sender,
        text=told.get("text", ""),
        media=_media(told.get("media", [])),
        series=series,
        part=part,
        parts=parts,
        said_at=_moment(told.get("sent_at")),
    )


def parse_status(body: bytes) -> tuple[str, str, str | None] | None:
    """The provider's id of a text of ours, how far it came, an error; None: another call."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict) or "status" not in told:
        return None
    error = told.get("error")
    ours = f"{PROVIDER}-out:{told.get('id')}"[:128]
    return ours, str(told["status"]), None if error is None else str(error)[:32]


@dataclass(frozen=True, slots=True)
class GatewaySms(SmsTransport):
    """The way out: one POST per text; the same `id` on every try."""

    url: str
    secret: str = field(repr=False)
    timeout: timedelta = timedelta(seconds=10)
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(follow_redirects=False, trust_env=False), repr=False
    )

    @override
    def send(
        self, to: str, text: str, *, unsure: bool, known: Collection[str] = (), key: str = ""
    ) -> str:
        body = json.dumps({"id": key, "to": to, "text": render_plain(text)}, ensure_ascii=False)
        answer = post_signed(
            self.client,
            self.url,
            body,
            key=key,
            secret=self.secret,
            content_type="application/json; charset=utf-8",
            timeout=self.timeout,
        )
        if answer.is_success:
            return f"{PROVIDER}-out:{key}"
        if answer.status_code == _OPTED_OUT:
            msg = "the gateway says that this number wants no texts"
            raise OptedOutError(msg)
        msg = f"the gateway answered {answer.status_code}"
        raise TransportError(msg, permanent=answer.status_code in _PERMANENT)

    def close(self) -> None:
        self.client.close()


def _number(told: str) -> str:
    """As phones write it: spaces and dashes go, a leading 00 is a plus."""
    number = re.sub(r"[\s().\-/]", "", told[:40])
    return f"+{number[2:]}" if number.startswith("00") else number


def _part(told: Any, sender: str) -> tuple[str | None, int, int]:
    if told is None:
        return None, 1, 1
    known = told if isinstance(told, dict) else {}
    ref, number, of = known.get("ref"), known.get("number"), known.get("of")
    if (
        isinstance(ref, str | int)
        and isinstance(number, int)
        and isinstance(of, int)
        and 1 <= number <= of <= MOST_PARTS
    ):
        return (f"{sender}:{str(ref)[:64]}:{of}" if of > 1 else None), number, of
    msg = f"`part` must be {{ref, number, of}}, with 1 <= number <= of <= {MOST_PARTS}."
    raise UnreadableTextError(msg)


def _media(told: Any) -> tuple[BroughtMedia, ...]:
    if isinstance(told, list) and all(
        isinstance(one, dict)
        and isinstance(one.get("url"), str)
        and isinstance(one.get("type", ""), str)
        for one in told
    ):
        return tuple(BroughtMedia(one["url"][:2000], one.get("type", "")[:100]) for one in told)
    msg = "`media` must be a list of {url, type}."
    raise UnreadableTextError(msg)


def _moment(told: Any) -> datetime | None:
    if told is None:
        return None
    try:
        moment = datetime.fromisoformat(str(told))
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        msg = "`sent_at` must be a moment like 2026-11-23T12:00:00Z."
        raise UnreadableTextError(msg) from error
