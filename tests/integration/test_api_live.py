"""Live updates over a real server: they resume where they stopped and end when the server does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from models.vocabulary import Role
from tests.integration.api_fixtures import Served, file_report, key_for, open_chat, serving

WORDS = "The wifi in the Berlin office is down for my whole team"
PHISH = "Phishing mail with a fake payslip page stole my password, I clicked the link"


class Stream:
    """One open text/event-stream; `take` waits for the next event."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def take(self) -> dict[str, Any]:
        event: dict[str, Any] = {}
        for line in self._lines:
            if not line:
                if "data" in event:
                    return event
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = json.loads(value) if name == "data" else value
        raise EOFError

    def drained(self) -> bool:
        """Whether the stream ended by itself, with nothing more to tell."""
        try:
            self.take()
        except EOFError:
            return True
        return False


@contextmanager
def following(
    http: httpx.Client, url: str, headers: dict[str, str], last: str | None = None
) -> Iterator[Stream]:
    more = {"Last-Event-ID": last} if last is not None else {}
    with http.stream("GET", url, headers=headers | more) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer.iter_lines())


def say(http: httpx.Client, url: str, headers: dict[str, str], number: int, text: str) -> None:
    answer = http.post(
        f"{url}/messages", json={"client_id": f"m{number}", "text": text}, headers=headers
    )
    assert answer.status_code == 200, answer.text


def test_a_chat_is_followed_from_its_beginning_and_as_it_goes_on(http: httpx.Client) -> None:
    url, headers = open_chat(http)
    with following(http, f"{url}/events", headers) as stream:
        hello = stream.take()
        assert (hello["id"], hello["event"]) == ("1", "message")
        assert hello["data"]["direction"] == "outbound"
        say(http, url, headers, 1, WORDS)
        told, answer = stream.take(), stream.take()
    assert (told["data"]["text"], told["data"]["client_id"]) == (WORDS, "m1")
    assert answer["id"] == "3"
    assert answer["data"]["direction"] == "outbound"


def test_a_stream_that_was_cut_resumes_after_the_last_event_without_doubles(
    http: httpx.Client,
) -> None:
    url, headers = open_chat(http)
    with following(http, f"{url}/events", headers) as stream:
        last = stream.take()["id"]
    say(http, url, headers, 1, WORDS)
    say(http, url, headers, 2, "several people")
    kept = http.get(f"{url}/messages", headers=headers).json()["messages"]
    with following(http, f"{url}/events", headers, last) as stream:
        seen = [stream.take()["data"] for _ in kept[1:]]
    assert seen == kept[1:]


@pytest.mark.parametrize("odd", ["nonsense", "-1", "1e3", ""])
def test_an_odd_place_to_resume_from_is_the_beginning(http: httpx.Client, odd: str) -> None:
    url, headers = open_chat(http)
    with following(http, f"{url}/events", headers, odd) as stream:
        assert stream.take()["id"] == "1"


def test_a_strangers_stream_is_refused(http: httpx.Client) -> None:
    url, _ = open_chat(http)
    _, other = open_chat(http)
    assert http.get(f"{url}/events", headers=other).status_code == 404
    assert http.get(f"{url}/events").status_code == 401
    assert http.get("/api/v1/incidents/events").status_code == 401


def test_staff_hear_which_incidents_changed_and_none_of_the_words(
    http: httpx.Client, served: Served
) -> None:
    key = key_for(served.house, Role.ADMIN)
    with following(http, "/api/v1/incidents/events", key) as stream:
        assert stream.take()["event"] == "hello"
        told = file_report(http, key, WORDS, "p031")
        changed = stream.take()
    assert changed["event"] == "changed"
    assert changed["data"] == {
        "seq": int(changed["id"]),
        "incidents": [{"reference": told["incident"]["reference"], "version": 1}],
    }
    file_report(http, key, "My headset only works on one ear", "p001")
    with following(http, "/api/v1/incidents/events", key, changed["id"]) as stream:
        assert len(stream.take()["data"]["incidents"]) == 1


def test_a_restricted_incident_is_not_announced_to_those_who_may_not_see_it(
    http: httpx.Client, served: Served
) -> None:
    admin = key_for(served.house, Role.ADMIN)
    outsider = key_for(served.house, Role.COMMUNICATIONS)
    with (
        following(http, "/api/v1/incidents/events", admin, "0") as seeing,
        following(http, "/api/v1/incidents/events", outsider, "0") as blind,
    ):
        hidden = file_report(http, admin, PHISH, "p002")["incident"]["reference"]
        assert seeing.take()["data"]["incidents"][0]["reference"] == hidden
        shown = file_report(http, admin, WORDS, "p031")["incident"]["reference"]
        assert [one["reference"] for one in blind.take()["data"]["incidents"]] == [shown]


def test_who_may_speak_with_people_hears_at_once_that_one_asks_for_a_person(
    http: httpx.Client, served: Served
) -> None:
    analyst = key_for(served.house, Role.ANALYST)
    outsider = key_for(served.house, Role.AUDITOR)
    url, headers = open_chat(http)
    with (
        following(http, "/api/v1/incidents/events", analyst) as seeing,
        following(http, "/api/v1/incidents/events", outsider) as blind,
    ):
        assert seeing.take()["event"] == blind.take()["event"] == "hello"
        say(http, url, headers, 1, "I want to talk to a human")
        told = seeing.take()
        assert (told["event"], told["data"]) == ("handoffs", {"waiting": 1})
        conversation = url.rsplit("/", 1)[1]
        http.post(f"/api/v1/handoffs/{conversation}/take", headers=analyst)
        assert seeing.take()["data"] == {"waiting": 0}
        say(http, url, headers, 2, "hello?")
        assert seeing.take()["event"] == "handoffs"
        shown = file_report(http, key_for(served.house, Role.ADMIN), WORDS, "p031")
        changed = blind.take()
    assert changed["event"] == "changed"
    assert changed["data"]["incidents"][0]["reference"] == shown["incident"]["reference"]
    with following(http, "/api/v1/incidents/events", analyst) as late:
        assert [late.take()["event"] for _ in range(2)] == ["hello", "handoffs"]


def test_streams_end_when_the_server_stops(
    installation: Any,
) -> None:
    installation.start(work=False)
    with serving(installation) as served, httpx.Client(base_url=served.url, timeout=20) as http:
        url, headers = open_chat(http)
        with following(http, f"{url}/events", headers) as stream:
            stream.take()
            served.server.should_exit = True
            assert stream.drained()


def test_the_oldest_streams_of_one_conversation_give_way(http: httpx.Client) -> None:
    """A line that was cut may seem open for minutes; whoever comes back is let in."""
    url, headers = open_chat(http)
    with ExitStack() as open_ones:
        streams = []
        for _ in range(22):
            streams.append(open_ones.enter_context(following(http, f"{url}/events", headers)))
            streams[-1].take()
        for gone in streams[:2]:
            assert gone.take()["event"] == "elsewhere"
            assert gone.drained()
        say(http, url, headers, 1, WORDS)
        assert streams[2].take()["data"]["text"] == WORDS


def test_fifty_open_streams_keep_nobody_from_talking(http: httpx.Client, served: Served) -> None:
    """Each waits without a thread; all hear of one change."""
    key = key_for(served.house, Role.ADMIN)
    heard: list[str] = []
    started = threading.Barrier(51, timeout=20)

    def follow() -> None:
        with (
            httpx.Client(base_url=served.url, timeout=20) as own,
            following(own, "/api/v1/incidents/events", key) as stream,
        ):
            stream.take()
            started.wait()
            heard.append(stream.take()["data"]["incidents"][0]["reference"])

    threads = [threading.Thread(target=follow) for _ in range(50)]
    for thread in threads:
        thread.start()
    started.wait()
    told = file_report(http, key, WORDS, "p031")["incident"]["reference"]
    for thread in threads:
        thread.join(20)
    assert heard == [told] * 50
