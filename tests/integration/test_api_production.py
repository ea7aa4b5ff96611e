"""Behind https, in production: ceilings hold, proxies are believed only where we said so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Environment, resolve_settings
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.vocabulary import Role
from tests.fakes import FakeJobs, StandingClock
from tests.integration.api_fixtures import key_for, make_store, open_chat, serving

STRONG = "k3Jd0w-Zq8XbV1nM5pTsY7rC2fHgLaEu4oNi"


@pytest.fixture
def production(
    tmp_path: Path, catalogue: Catalogue, reader: Reader, clock: StandingClock
) -> Iterator[Installation]:
    settings = resolve_settings(
        environment=Environment.PRODUCTION,
        data_dir=tmp_path / "var",
        session_secret=STRONG,
        public_base_url="https://muster.example",
        embed_origins="https://intranet.example",
        trusted_proxies="127.0.0.1",
    )
    settings.data_dir.mkdir()
    make_store(settings, catalogue)
    house = build_installation(settings, clock=clock, reader=reader, jobs=FakeJobs())
    yield house
    house.close()


@pytest.fixture
def door(production: Installation) -> Iterator[TestClient]:
    app = create_app(production)
    with TestClient(app, base_url="https://muster.example", raise_server_exceptions=False) as found:
        yield found


def test_one_conversation_may_say_thirty_things_a_minute(door: TestClient) -> None:
    url, headers = open_chat(door)
    answers = [
        door.post(
            f"{url}/messages", json={"client_id": f"m{number}", "text": "hello"}, headers=headers
        )
        for number in range(31)
    ]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    assert answers[30].status_code == 429
    assert answers[30].json()["code"] == "rate.limited"
    assert 1 <= int(answers[30].headers["retry-after"]) <= 60
    other, its_headers = open_chat(door)
    said = door.post(
        f"{other}/messages", json={"client_id": "1", "text": "hello"}, headers=its_headers
    )
    assert said.status_code == 200


def test_one_address_may_open_sixty_conversations_a_minute(door: TestClient) -> None:
    answers = [door.post("/api/v1/conversations", json={}).status_code for _ in range(61)]
    assert answers == [201] * 60 + [429]


def test_numbers_are_told_to_keys_only(door: TestClient, production: Installation) -> None:
    assert door.get("/metrics").status_code == 401
    key = key_for(production, Role.SERVICE)
    assert door.get("/metrics", headers=key).status_code == 200


def test_only_our_own_name_and_the_chosen_frames_are_let_in(door: TestClient) -> None:
    chat = door.get("/")
    assert "frame-ancestors https://intranet.example" in chat.headers["content-security-policy"]
    assert "x-frame-options" not in chat.headers
    console = door.get("/login")
    assert "frame-ancestors 'none'" in console.headers["content-security-policy"]
    assert console.headers["x-frame-options"] == "DENY"
    assert "max-age" in chat.headers["strict-transport-security"]
    assert door.get("/livez", headers={"Host": "other.example"}).status_code == 400


def test_there_is_no_demo_and_no_list_of_pages_for_strangers(door: TestClient) -> None:
    for path in ("/demo/replay", "/docs", "/redoc", "/.env", "/static/../api/auth.py"):
        assert door.get(path).status_code == 404, path


def test_what_a_proxy_here_passes_on_is_not_from_here(production: Installation) -> None:
    production.start(work=False)
    with serving(production) as served, httpx.Client(base_url=served.url) as http:
        assert http.get("/metrics").status_code == 200  # straight from this machine
        passed_on = http.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
        assert passed_on.status_code == 401


def test_sign_in_is_counted_by_the_address_that_a_trusted_proxy_names(
    production: Installation,
) -> None:
    production.start(work=False)
    with serving(production) as served, httpx.Client(base_url=served.url, timeout=20) as http:

        def attempt(address: str, name: str) -> int:
            return http.post(
                "/login",
                data={"name": name, "password": "x"},
                headers={"X-Forwarded-For": address},
            ).status_code

        tries = [attempt("203.0.113.9", f"n{number}") for number in range(11)]
        assert tries[-1] == 429
        assert 429 not in tries[:10]
        assert attempt("203.0.113.10", "n1") != 429
