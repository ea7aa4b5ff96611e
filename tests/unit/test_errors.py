"""Problems: every error has one shape, and says nothing that it should not."""

from __future__ import annotations

import json

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from api.errors import PROBLEM, RateLimitedError, add_error_handlers
from models.errors import NotFoundError, StaleVersionError, StorageFullError


class Shape(BaseModel):
    number: int


@pytest.fixture
def door() -> TestClient:
    app = FastAPI()
    add_error_handlers(app)

    @app.get("/raise/{what}")
    def fail(what: str) -> None:
        raise {
            "missing": NotFoundError("There is no incident INC-1.", reference="INC-1"),
            "stale": StaleVersionError("It changed.", version=7, status="ours", odd=object()),
            "full": StorageFullError("Free space."),
            "fast": RateLimitedError("Wait.", retry_after=12),
            "away": OperationalError("SELECT secret", {}, Exception("host=10.0.0.1")),
        }[what]

    @app.post("/shape")
    def take(body: Shape) -> Shape:
        return body

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("missing", 404, "not_found"),
        ("stale", 412, "stale_version"),
        ("full", 503, "storage.full"),
        ("fast", 429, "rate.limited"),
        ("away", 503, "storage.busy"),
    ],
)
def test_every_error_is_a_problem_with_its_code_and_status(
    door: TestClient, what: str, status: int, code: str
) -> None:
    answer = door.get(f"/raise/{what}")
    told = answer.json()
    assert answer.headers["content-type"] == PROBLEM
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert told["type"] == f"/problems/{code}"
    assert told["instance"] == f"/raise/{what}"
    assert told["detail"]
    assert told["title"]


def test_what_a_client_needs_stands_beside_but_never_in_place_of_the_members(
    door: TestClient,
) -> None:
    told = door.get("/raise/stale").json()
    assert told["version"] == 7
    assert told["status"] == 412
    assert isinstance(told["odd"], str)


def test_a_refusal_for_now_says_when_to_come_back(door: TestClient) -> None:
    assert door.get("/raise/fast").headers["retry-after"] == "12"
    assert int(door.get("/raise/full").headers["retry-after"]) > 0
    assert int(door.get("/raise/away").headers["retry-after"]) > 0


def test_a_database_that_is_away_tells_nothing_of_the_inside(door: TestClient) -> None:
    said = door.get("/raise/away").text
    assert "SELECT" not in said
    assert "10.0.0.1" not in said


def test_a_wrong_shape_says_where_and_never_repeats_the_value(door: TestClient) -> None:
    answer = door.post("/shape", json={"number": "hunter2"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "request.invalid"
    assert answer.json()["errors"][0]["where"] == "body/number"
    assert "hunter2" not in answer.text


@pytest.mark.parametrize("body", [b"{", b'{"number": "\xff"}', b"\xff\xfe\x00"])
def test_a_body_that_is_no_json_is_malformed(door: TestClient, body: bytes) -> None:
    answer = door.post("/shape", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "request.malformed"


def test_a_wrong_address_or_method_is_a_problem_too(door: TestClient) -> None:
    assert door.get("/nowhere").headers["content-type"] == PROBLEM
    wrong = door.delete("/shape")
    assert (wrong.status_code, wrong.headers["content-type"]) == (405, PROBLEM)
    assert wrong.headers["allow"] == "POST"
    json.loads(wrong.text)
