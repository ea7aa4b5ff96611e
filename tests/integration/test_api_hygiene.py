"""What every answer carries, and what every request is held to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation
from models.ids import new_id
from models.report import ReportText
from models.vocabulary import Role
from tests.integration.api_fixtures import key_for, open_chat

PROBLEM = "application/problem+json"
PATHS = ("/livez", "/nowhere", "/api/v1/incidents", "/login", "/static/nothing.js", "/")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_same_strict_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert len(headers["x-request-id"]) >= 8


def test_what_people_said_is_never_kept_by_a_cache(client: TestClient) -> None:
    url, headers = open_chat(client)
    answer = client.get(f"{url}/messages", headers=headers)
    assert answer.headers["cache-control"] == "no-store"


def test_a_request_id_is_kept_where_it_is_harmless(client: TestClient) -> None:
    given = client.get("/nowhere", headers={"X-Request-ID": "order-66.retry_2"})
    assert given.headers["x-request-id"] == given.json()["request_id"] == "order-66.retry_2"
    forged = client.get("/nowhere", headers={"X-Request-ID": 'x" onload="alert(1)'})
    assert "onload" not in forged.headers["x-request-id"]


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_a_megabyte_is_refused_before_it_is_read_through(
    client: TestClient, installation: Installation, announced: bool
) -> None:
    body = b'{"text": "' + b"x" * (1 << 20) + b'"}'
    headers = key_for(installation, Role.SERVICE) | {
        "content-type": "application/json",
        "Idempotency-Key": "a",
    }
    pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
    answer = client.post("/api/v1/reports", content=body if announced else pieces, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
    assert answer.json()["code"] == "request.too_large"


def test_a_name_that_is_not_ours_is_refused(client: TestClient) -> None:
    answer = client.get("/livez", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)


def test_a_wrong_method_names_the_right_one(client: TestClient) -> None:
    answer = client.delete("/api/v1/conversations")
    assert (answer.status_code, answer.headers["content-type"]) == (405, PROBLEM)
    assert answer.headers["allow"] == "POST"


def test_a_body_without_its_type_is_not_taken_for_json(
    client: TestClient, installation: Installation
) -> None:
    headers = key_for(installation, Role.SERVICE) | {"Idempotency-Key": "a"}
    answer = client.post(
        "/api/v1/reports", content=b'{"text": "x", "reporter": "p001"}', headers=headers
    )
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "reference", ["INC-1", "INC-000000-1", "' OR 1=1 --", "INC-%00", "x" * 300, "..%2f..%2fetc"]
)
def test_a_reference_that_cannot_be_one_is_simply_not_found(
    client: TestClient, installation: Installation, reference: str
) -> None:
    key = key_for(installation, Role.ADMIN)
    for noun in ("incidents", "reports"):
        answer = client.get(f"/api/v1/{noun}/{reference}", headers=key)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == PROBLEM


def test_schemas_and_the_description_of_the_api_are_served(client: TestClient) -> None:
    from models.records import SCHEMAS

    for name, schema in SCHEMAS.items():
        assert client.get(f"/schemas/{name}.v1.json").json() == schema
    assert client.get("/schemas/secret.v1.json").status_code == 404
    described = client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert "/api/v1/reports" in described["paths"]


def test_metrics_count_and_never_tell(client: TestClient, installation: Installation) -> None:
    url, headers = open_chat(client)
    client.post(f"{url}/messages", json={"client_id": "1", "text": "wifi is down"}, headers=headers)
    told = client.get("/metrics").text
    assert "muster_turn_seconds_count 1.0" in told
    assert "muster_reports 0.0" in told
    assert "muster_reader_ready 1.0" in told
    assert "wifi" not in told


def test_an_accident_is_a_problem_like_any_other_and_tells_nothing_of_the_inside(
    installation: Installation,
) -> None:
    class BrokenDesk:
        def open_web(self, **_: object) -> None:
            raise ValueError("the password is hunter2")

    broken = replace(installation, desk=BrokenDesk())
    with TestClient(create_app(broken)) as door:
        answer = door.post("/api/v1/conversations", json={})
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert answer.json()["code"] == "internal"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "hunter2" not in answer.text


def test_what_the_database_refuses_never_repeats_what_people_said(
    installation: Installation,
) -> None:
    with (
        pytest.raises(IntegrityError) as refused,
        installation.database.transaction() as session,
    ):
        session.add(ReportText(report_id=new_id(), text="my secret words"))
    assert "my secret words" not in str(refused.value)
