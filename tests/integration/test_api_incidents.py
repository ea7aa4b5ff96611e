"""Incidents over HTTP: lists that hold still, versions that are checked, restricted ones unseen."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wiring import Installation
from models.vocabulary import Role
from tests.fakes import StandingClock
from tests.integration.api_fixtures import file_report, key_for

WIFI = (
    ("p031", "Wifi on the third floor in Berlin is completely gone since 9"),
    ("p032", "kein WLAN im Berliner Büro, bei den Kollegen auch nicht"),
    ("p033", "no wireless in Berlin, my laptop does not find HF-Staff anymore"),
    ("p034", "is the wifi down in berlin? can't connect to anything"),
    ("p035", "Berlin office: wlan disconnected for the whole team, about 12 people"),
)
ALONE = (
    ("p001", "My headset only works on one ear", "london"),
    ("p002", "SAP invoice posting ends in error F5 263", "lisbon"),
    ("p003", "The coffee corner printer in Chicago eats paper", "chicago"),
    ("p004", "Salesforce dashboards load very slowly today", "london"),
    ("p005", "I forgot my Okta password", "pune"),
)
PHISH = "Phishing mail with a fake payslip page stole my password, I clicked the link"


@pytest.fixture
def key(installation: Installation) -> dict[str, str]:
    return key_for(installation, Role.ADMIN, "Ada")


def wave(door: TestClient, key: dict[str, str], clock: StandingClock) -> str:
    for person, text in WIFI:
        clock.forward(minutes=2)
        told = file_report(door, key, text, person, site="berlin")
    assert told["incident"]["reporters"] == 5
    return str(told["incident"]["reference"])


def everyday(door: TestClient, key: dict[str, str], clock: StandingClock) -> list[str]:
    found = []
    for person, text, site in ALONE:
        clock.forward(minutes=3)
        told = file_report(door, key, text, person, site=site)
        found.append(str(told["incident"]["reference"]))
    assert len(set(found)) == len(ALONE)
    return found


def read(door: TestClient, key: dict[str, str], reference: str) -> dict[str, Any]:
    answer = door.get(f"/api/v1/incidents/{reference}", headers=key)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def act(door: TestClient, key: dict[str, str], reference: str, what: str, body: Any = None, **more):
    version = more.pop("version", None) or read(door, key, reference)["version"]
    return door.post(
        f"/api/v1/incidents/{reference}/{what}",
        json=body,
        headers=key | {"If-Match": f'"{version}"'},
        params=more,
    )


def listed(door: TestClient, key: dict[str, str], **filters: object) -> list[str]:
    answer = door.get("/api/v1/incidents", params=filters, headers=key)
    assert answer.status_code == 200, answer.text
    return [one["reference"] for one in answer.json()["incidents"]]


def test_a_wave_is_one_incident_with_members_that_say_why(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    reference = wave(client, key, clock)
    told = client.get(f"/api/v1/incidents/{reference}/members", headers=key).json()
    assert [one["text"] for one in told["members"]] == [text for _, text in WIFI]
    assert all(one["membership"]["evidence"]["sentence"] for one in told["members"])
    timeline = client.get(f"/api/v1/incidents/{reference}/timeline", headers=key).json()
    kinds = [entry["kind"] for entry in timeline["entries"]]
    assert kinds[0] == "incident.opened"
    assert kinds.count("report.joined") == 5
    assert "incident.proposed" in kinds


def test_filters_choose_and_unknown_ones_are_refused(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    reference = wave(client, key, clock)
    others = everyday(client, key, clock)
    assert listed(client, key, view="candidates") == [reference]
    assert listed(client, key, view="queue")[-1:] == [reference]
    assert set(listed(client, key, view="all")) == {reference, *others}
    assert listed(client, key, service="wifi") == [reference]
    assert listed(client, key, site="chicago") == [others[2]]
    assert listed(client, key, site="chi%") == []
    assert listed(client, key, words="coffee corner") == [others[2]]
    assert listed(client, key, words=reference) == [reference]
    assert listed(client, key, words="100%_\\'\";--") == []
    severity = read(client, key, reference)["severity"]
    assert reference in listed(client, key, severity=severity)
    for wrong in ({"view": "mine"}, {"severity": "SEV9"}, {"limit": 0}, {"limit": 9999}):
        assert client.get("/api/v1/incidents", params=wrong, headers=key).status_code == 422


def test_pages_follow_each_other_without_gap_or_repeat_while_reports_arrive(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    before = everyday(client, key, clock)
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2, "view": "all"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/v1/incidents", params=params, headers=key).json()
        seen += [one["reference"] for one in page["incidents"]]
        clock.forward(minutes=1)
        file_report(client, key, f"odd thing number {len(seen)} at gate {len(seen)}", "p050")
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == before[::-1]


def test_pages_include_absorbed_incidents_which_have_no_reports_of_their_own(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    first, second, *rest = everyday(client, key, clock)
    source = {"reference": second, "version": read(client, key, second)["version"]}
    assert act(client, key, first, "merge", {"from": [source]}).status_code == 200
    seen, cursor = [], None
    while True:
        params = {"limit": 1, "view": "all"} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/v1/incidents", params=params, headers=key).json()
        seen += [one["reference"] for one in page["incidents"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted([first, second, *rest])


@pytest.mark.parametrize("cursor", ["nonsense", "WyIyMDI2IiwiMSJd.forged", "-"])
def test_a_cursor_that_is_not_ours_is_refused(
    client: TestClient, key: dict[str, str], cursor: str
) -> None:
    answer = client.get("/api/v1/incidents", params={"cursor": cursor}, headers=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.malformed")


def test_a_restricted_incident_is_nowhere_for_those_who_may_not_see_it(
    client: TestClient, installation: Installation, key: dict[str, str], clock: StandingClock
) -> None:
    hidden = file_report(client, key, PHISH, "p002")["incident"]["reference"]
    clock.forward(minutes=1)
    shown = file_report(client, key, ALONE[0][1], "p001")["incident"]["reference"]
    outsider = key_for(installation, Role.COMMUNICATIONS)
    assert set(listed(client, key)) == {hidden, shown}
    assert listed(client, outsider) == [shown]
    assert listed(client, outsider, words="payslip") == []
    assert listed(client, outsider, words=hidden) == []
    missing = client.get("/api/v1/incidents/INC-000000-0", headers=outsider)
    for part in ("", "/members", "/timeline"):
        answer = client.get(f"/api/v1/incidents/{hidden}{part}", headers=outsider)
        assert answer.status_code == 404
        assert answer.json()["code"] == missing.json()["code"]


def test_the_etag_is_the_version_and_each_change_moves_it(
    client: TestClient, key: dict[str, str]
) -> None:
    reference = file_report(client, key, ALONE[0][1], "p001")["incident"]["reference"]
    seen = client.get(f"/api/v1/incidents/{reference}", headers=key).headers["etag"]
    answer = client.post(
        f"/api/v1/incidents/{reference}/title",
        json={"title": "Headsets"},
        headers=key | {"If-Match": seen},
    )
    now = client.get(f"/api/v1/incidents/{reference}", headers=key)
    assert answer.headers["etag"] == now.headers["etag"] != seen
    assert now.json()["title"] == "Headsets"


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        (None, 428, "request.precondition_required"),
        ("*", 400, "request.malformed"),
        ("1", 400, "request.malformed"),
        ('"999"', 412, "stale_version"),
        ('"0"', 412, "stale_version"),
    ],
)
def test_a_change_says_which_version_it_saw(
    client: TestClient, key: dict[str, str], if_match: str | None, status: int, code: str
) -> None:
    reference = file_report(client, key, ALONE[0][1], "p001")["incident"]["reference"]
    headers = key | ({"If-Match": if_match} if if_match else {})
    answer = client.post(f"/api/v1/incidents/{reference}/declare", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert read(client, key, reference)["major_state"] == "none"


def test_of_two_people_who_saw_the_same_version_the_second_is_told(
    client: TestClient, key: dict[str, str]
) -> None:
    reference = file_report(client, key, ALONE[0][1], "p001")["incident"]["reference"]
    version = read(client, key, reference)["version"]
    assert act(client, key, reference, "declare", version=version).status_code == 200
    late = act(client, key, reference, "title", {"title": "Late"}, version=version)
    assert late.status_code == 412
    assert late.json()["version"] == version + 1
    assert reference in late.json()["detail"]


def test_a_preview_shows_what_would_happen_and_changes_nothing(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    reference = wave(client, key, clock)
    reports = [
        one["reference"]
        for one in client.get(f"/api/v1/incidents/{reference}/members", headers=key).json()[
            "members"
        ]
    ]
    body = {"reports": reports[:2], "title": "Something else"}
    shown = act(client, key, reference, "split", body, preview="true").json()
    assert shown["preview"] is True
    assert shown["undo"] is None
    assert sorted(one["reports"] for one in shown["after"]) == [2, 3]
    assert read(client, key, reference)["reports"] == 5
    assert len(listed(client, key)) == 1
    done = act(client, key, reference, "split", body).json()
    assert sorted(one["reports"] for one in done["after"]) == [2, 3]


def test_a_merge_can_be_undone_and_the_undo_too(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    first, second, *_ = everyday(client, key, clock)
    source = {"reference": second, "version": read(client, key, second)["version"]}
    merged = act(client, key, first, "merge", {"from": [source]}).json()
    absorbed = client.get(f"/api/v1/incidents/{second}", headers=key)
    assert absorbed.status_code == 200
    assert absorbed.json()["absorbed_into"] == first
    assert absorbed.headers["link"] == f'</api/v1/incidents/{first}>; rel="canonical"'
    undone = client.post(f"/api/v1/reviews/{merged['undo']}/undo", headers=key)
    assert undone.status_code == 200
    assert read(client, key, second)["reports"] == 1
    assert read(client, key, second)["absorbed_into"] is None
    again = client.post(f"/api/v1/reviews/{undone.json()['undo']}/undo", headers=key)
    assert again.status_code == 200
    assert read(client, key, first)["reports"] == 2
    twice = client.post(f"/api/v1/reviews/{merged['undo']}/undo", headers=key)
    assert (twice.status_code, twice.json()["code"]) == (409, "review.undone")


def test_a_merge_checks_the_versions_of_all(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    first, second, *_ = everyday(client, key, clock)
    stale = {"reference": second, "version": read(client, key, second)["version"] + 1}
    answer = act(client, key, first, "merge", {"from": [stale]})
    assert answer.status_code == 412
    assert answer.json()["reference"] == second


def test_what_makes_no_sense_is_refused_in_a_sentence(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    first, second, *_ = everyday(client, key, clock)
    report = client.get(f"/api/v1/incidents/{first}/members", headers=key).json()["members"][0]
    mine = {"reference": first, "version": read(client, key, first)["version"]}
    for what, body in (
        ("accept", None),
        ("merge", {"from": [mine]}),
        ("split", {"reports": [report["reference"]]}),
        ("move", {"report": report["reference"], "to": first}),
    ):
        answer = act(client, key, first, what, body)
        assert answer.status_code == 409, (what, answer.text)
        assert answer.json()["detail"]
    elsewhere = act(client, key, second, "move", {"report": report["reference"], "to": first})
    assert elsewhere.status_code == 404
    for what, body in (
        ("merge", {"from": []}),
        ("reject", {"reason": ""}),
        ("reject", {}),
        ("severity", {"severity": "SEV0"}),
        ("lock", {"locked": "perhaps"}),
        ("title", {"title": "x" * 301}),
        ("title", {"title": "x", "colour": "red"}),
    ):
        assert act(client, key, first, what, body).status_code == 422, what


def test_every_action_of_staff_has_its_route(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    reference = wave(client, key, clock)
    other = everyday(client, key, clock)[0]
    member = client.get(f"/api/v1/incidents/{reference}/members", headers=key).json()["members"][0]
    for what, body, field, value in (
        ("reject", {"reason": "planned work"}, "major_state", "rejected"),
        ("declare", None, "major_state", "declared"),
        ("lock", {"locked": True}, "locked", True),
        ("lock", {"locked": False}, "locked", False),
        ("title", {"title": "Berlin is offline"}, "title", "Berlin is offline"),
        ("severity", {"severity": "SEV1"}, "severity", "SEV1"),
        ("workaround", {"workaround": "Use a cable"}, "workaround", "Use a cable"),
        ("move", {"report": member["reference"], "to": other}, "reports", 4),
        ("resolve", None, "status", "resolved"),
        ("reopen", None, "status", "open"),
    ):
        answer = act(client, key, reference, what, body)
        assert answer.status_code == 200, (what, answer.text)
        assert answer.json()["sentence"]
        assert read(client, key, reference)[field] == value, what


def test_a_name_is_on_the_timeline_for_what_somebody_did(
    client: TestClient, key: dict[str, str]
) -> None:
    reference = file_report(client, key, ALONE[0][1], "p001")["incident"]["reference"]
    act(client, key, reference, "declare")
    entries = client.get(f"/api/v1/incidents/{reference}/timeline", headers=key).json()["entries"]
    assert [one["actor"] for one in entries if one["kind"] == "incident.declared"] == ["Ada"]
