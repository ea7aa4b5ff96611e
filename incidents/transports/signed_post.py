"""A body signed as Standard Webhooks has it, posted once: what records and texts go out by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
from standardwebhooks import Webhook

from incidents.transports.port import TransportError


def post_signed(
    client: httpx.Client,
    url: str,
    body: str,
    *,
    key: str,
    secret: str,
    content_type: str,
    timeout: timedelta,
) -> httpx.Response:
    """Post a body; the answer is the caller's to judge.

    Args:
        client: Its connections are kept.
        url: Where to.
        body: JSON.
        key: The message's id; the same for every try.
        secret: Of the signature.
        content_type: Of the body.
        timeout: For connecting and for each wait.

    Raises:
        TransportError: Nobody answered; it may be tried again.

    """
    sent_at = datetime.now(UTC)
    headers = {
        "content-type": content_type,
        "webhook-id": key,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(secret).sign(key, sent_at, body),
    }
    try:
        return client.post(
            url, content=body.encode(), headers=headers, timeout=timeout.total_seconds()
        )
    except httpx.HTTPError as error:
        msg = f"no answer ({type(error).__name__})"
        raise TransportError(msg, permanent=False) from error
