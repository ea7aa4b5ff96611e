"""The demo's outside system believes only what is signed, and shows it as words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from api.sample_store import SampleStore, start_sample_store
from incidents.transports.port import TransportError
from incidents.transports.record_webhook import WebhookTarget
from tests.standins.receiver import SECRET


@pytest.fixture
def store() -> Iterator[SampleStore]:
    found = start_sample_store(0, SECRET)
    yield found
    found.stop()


@pytest.fixture
def target(store: SampleStore) -> Iterator[WebhookTarget]:
    found = WebhookTarget("records", f"{store.url}/records", SECRET, timeout=timedelta(seconds=5))
    yield found
    found.client.close()


def snapshot(number: int, version: int, title: str = "Wi-Fi · Berlin") -> dict[str, Any]:
    return {
        "id": f"event-{number}",
        "type": "muster.incident.changed.v1",
        "subject": "INC-7K2F4Q-M",
        "sequence": str(number),
        "partitionkey": "INC-7K2F4Q-M",
        "time": "2026-11-23T12:00:00Z",
        "data": {
            "reference": "INC-7K2F4Q-M",
            "version": version,
            "title": title,
            "status": "open",
            "major_state": "proposed",
            "severity": "SEV2",
            "priority": "P2",
            "service": "wifi",
            "sites": ["berlin"],
            "reports": version,
            "reporters": version,
        },
    }


def test_a_signed_record_is_shown_with_the_newest_version_of_its_incident(
    store: SampleStore, target: WebhookTarget
) -> None:
    for number, version in ((1, 1), (3, 3), (2, 2)):
        target.deliver(snapshot(number, version))
    target.deliver(snapshot(3, 3))
    page = httpx.get(store.url)
    assert page.status_code == 200
    assert '<td class="number">3</td>' in page.text
    assert "<strong>3</strong> records" in page.text
    listed = httpx.get(f"{store.url}/records").json()
    assert [one["id"] for one in listed["records"]] == ["event-2", "event-3", "event-1"]
    assert httpx.get(f"{store.url}/records/event-2").json()["data"]["version"] == 2
    assert httpx.get(f"{store.url}/records/event-9").status_code == 404


def test_words_are_shown_as_words_and_nothing_on_the_page_may_run(
    store: SampleStore, target: WebhookTarget
) -> None:
    target.deliver(snapshot(1, 1, "<script>alert(1)</script>"))
    page = httpx.get(store.url)
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "style=" not in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert httpx.get(f"{store.url}/store.css").headers["content-type"].startswith("text/css")


def test_what_is_not_signed_by_the_sender_it_knows_is_refused(store: SampleStore) -> None:
    stranger = WebhookTarget("records", f"{store.url}/records", "whsec_" + "QUFB" * 10)
    with pytest.raises(TransportError, match="401"):
        stranger.deliver(snapshot(1, 1))
    stranger.client.close()
    now = datetime.now(UTC)
    body = json.dumps(snapshot(1, 1))
    for at, sent in ((now, body + " "), (now - timedelta(minutes=10), body)):
        headers = {
            "webhook-id": "event-1",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(SECRET).sign("event-1", at, body),
        }
        answer = httpx.post(f"{store.url}/records", content=sent, headers=headers)
        assert answer.status_code == 401
    assert httpx.get(f"{store.url}/records").json()["count"] == 0
    assert "<strong>3</strong> refused" in httpx.get(store.url).text


def test_another_host_name_gets_nothing(store: SampleStore) -> None:
    assert httpx.get(store.url, headers={"host": "evil.example.org"}).status_code == 400


def test_the_last_five_hundred_are_kept(store: SampleStore) -> None:
    for number in range(600):
        store.arrived.take(snapshot(number, number + 1))
    assert len(store.arrived.records) == 500
    assert store.arrived.count == 600
    assert next(iter(store.arrived.records)) == "event-100"


def test_a_taken_port_is_said_at_once(store: SampleStore) -> None:
    with pytest.raises(OSError, match="in use"):
        start_sample_store(int(store.url.rsplit(":", 1)[1]), SECRET)
