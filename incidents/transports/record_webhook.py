"""Records by HTTP POST: a CloudEvent as body, signed as Standard Webhooks asks.

`webhook-id` is the event's id and the same on every try. Redirects are not followed: a
target that moved is told to us by people, not by an answer (CVE-2025-32358).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from typing_extensions import override

from incidents.policies import PERMANENT_REFUSALS
from incidents.transports.port import RecordTransport, TransportError
from incidents.transports.signed_post import post_signed


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
        answer = post_signed(
            self.client,
            self.url,
            body,
            key=str(event["id"]),
            secret=self.secret,
            content_type="application/cloudevents+json; charset=utf-8",
            timeout=self.timeout,
        )
        if answer.is_success:
            return
        why = PERMANENT_REFUSALS.get(answer.status_code)
        msg = f"answered {answer.status_code}" + (f" ({why})" if why else "")
        raise TransportError(msg, permanent=why is not None)
