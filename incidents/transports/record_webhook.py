"""Records by HTTP POST: a CloudEvent as body, signed as Standard Webhooks asks.

`webhook-id` is the event's id and the same on every try. Redirects are not followed: a
target that moved is told to us by people, not by an answer (CVE-2025-32358).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from standardwebhooks import Webhook
from typing_extensions import override

from incidents.policies import PERMANENT_REFUSALS
from incidents.transports.port import RecordTransport, TransportError


@dataclass(frozen=True, slots=True)
class WebhookTarget(RecordTransport):
    """One outside system.

    Attributes:
        name: As it stands in `delivery.target`.
        url: Where records are posted.
        secret: `whsec_...`, shared with the receiver.

    """

    name: str
    url: str
    secret: str = field(repr=False)
    timeout: timedelta = timedelta(seconds=10)
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(follow_redirects=False), repr=False
    )

    @override
    def deliver(self, event: Mapping[str, Any]) -> None:
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        sent_at = datetime.now(UTC)
        signature = Webhook(self.secret).sign(str(event["id"]), sent_at, body)
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "webhook-id": str(event["id"]),
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": signature,
        }
        try:
            answer = self.client.post(
                self.url,
                content=body.encode(),
                headers=headers,
                timeout=self.timeout.total_seconds(),
            )
        except httpx.HTTPError as error:
            msg = f"no answer ({type(error).__name__})"
            raise TransportError(msg, permanent=False) from error
        if answer.is_success:
            return
        why = PERMANENT_REFUSALS.get(answer.status_code)
        msg = f"answered {answer.status_code}" + (f" ({why})" if why else "")
        raise TransportError(msg, permanent=why is not None)
