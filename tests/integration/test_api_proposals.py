"""What is proposed, over HTTP and on the console: merges, splits, candidates and their budget."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.wiring import Installation
from incidents.alarm_store import read_alarm_policy
from incidents.alarms import AlarmPolicy
from models.vocabulary import MajorState, Role
from tests.fakes import StandingClock
from tests.integration.api_fixtures import file_report, key_for
from tests.integration.console_forms import act, csrf, enter, incident

SAP = "SAP times out for everybody in accounting"
VPN = "the VPN gateway does not answer, nobody can work from home"


@pytest.fixture
def key(installation: Installation) -> dict[str, str]:
    return key_for(installation, Role.ADMIN, "Ada")


@pytest.fixture
def pair(client: TestClient, key: dict[str, str], clock: StandingClock) -> tuple[str, str]:
    """One outage in two incidents: the first one took no more reports for a while."""
    found = []
    for person in ("p001", "p003", "p004", "p002"):
        clock.forward(minutes=2)
        told = file_report(client, key, SAP, person)["incident"]["reference"]
        if person not in {"p004", "p002"}:
            continue
        seen = client.get(f"/api/v1/incidents/{told}", headers=key).headers["etag"]
        locked = {"locked": person == "p004"}
        head = key | {"If-Match": seen}
        assert client.post(f"/api/v1/incidents/{told}/lock", json=locked, headers=head).is_success
        found.append(told)
    head = key | {
        "If-Match": client.get(f"/api/v1/incidents/{found[0]}", headers=key).headers["etag"]
    }
    client.post(f"/api/v1/incidents/{found[0]}/lock", json={"locked": False}, headers=head)
    return found[0], found[1]


def proposals(client: TestClient, key: dict[str, str], reference: str) -> dict:
    answer = client.get(f"/api/v1/incidents/{reference}/proposals", headers=key)
    assert answer.status_code == 200
    return answer.json()


def test_a_proposed_merge_has_its_reasons_and_ends_with_a_word_of_staff(
    client: TestClient, installation: Installation, key: dict[str, str], pair: tuple[str, str]
) -> None:
    one, other = pair
    (found,) = proposals(client, key, other)["merges"]
    assert found["incident"] == one
    assert "their reports tell alike" in found["reasons"]
    enter(client, installation)
    page = client.get(f"/console/incidents/{other}").text
    assert "Merge proposed" in page
    assert f"/console/merge?pick={other}&amp;pick={one}" in page
    done = act(client, other, "change", verb="apart", value=one)
    assert "Done." in done.text
    assert "Merge proposed" not in done.text
    assert proposals(client, key, other)["merges"] == []


def test_a_proposed_split_shows_which_reports_and_can_be_done_or_declined(
    client: TestClient, installation: Installation, key: dict[str, str], clock: StandingClock
) -> None:
    references = {}
    for text, people in ((SAP, ("p001", "p002", "p003", "p004")), (VPN, ("p011", "p012", "p013"))):
        for person in people:
            clock.forward(minutes=1)
            references[text] = file_report(client, key, text, person)["incident"]["reference"]
    home, guest = references[SAP], references[VPN]
    assert home != guest
    version = client.get(f"/api/v1/incidents/{guest}", headers=key).json()["version"]
    etag = client.get(f"/api/v1/incidents/{home}", headers=key).headers["etag"]
    merged = client.post(
        f"/api/v1/incidents/{home}/merge",
        json={"from": [{"reference": guest, "version": version}]},
        headers=key | {"If-Match": etag},
    )
    assert merged.status_code == 200
    split = proposals(client, key, home)["split"]
    assert len(split["reports"]) == 3
    assert "3 of 7 reports may be something else" in split["sentence"]
    enter(client, installation)
    page = client.get(f"/console/incidents/{home}").text
    assert "May be two incidents." in page
    preview = act(client, home, "split", report=split["reports"])
    assert "What would happen" in preview.text
    etag = client.get(f"/api/v1/incidents/{home}", headers=key).headers["etag"]
    kept = client.post(
        f"/api/v1/incidents/{home}/together",
        json={"reports": split["reports"]},
        headers=key | {"If-Match": etag},
    )
    assert kept.status_code == 200
    assert proposals(client, key, home)["split"] is None
    assert "May be two incidents." not in client.get(f"/console/incidents/{home}").text


def test_lists_can_be_narrowed_to_what_is_in_the_queue_or_waits(
    client: TestClient, key: dict[str, str], clock: StandingClock
) -> None:
    for person in ("p001", "p002", "p003"):
        clock.forward(minutes=1)
        shown = file_report(client, key, SAP, person)["incident"]["reference"]
    waits = file_report(client, key, "my desk lamp flickers a little", "p004")["incident"][
        "reference"
    ]

    def listed(**wanted: object) -> set[str]:
        answer = client.get("/api/v1/incidents", params=wanted, headers=key).json()
        return {one["reference"] for one in answer["incidents"]}

    assert shown in listed(published=True)
    assert listed(published=False) == {waits}
    assert listed() >= {shown, waits}
    assert client.get(f"/api/v1/incidents/{shown}", headers=key).json()["publication"]["why"]


def test_the_budget_is_read_by_all_and_set_by_an_administrator_only(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    told = client.get("/api/v1/policies/alarms", headers=key).json()
    assert (told["budget"], told["people"], told["hours"], told["learned"]) == (1, 4, 6, False)
    assert told["sentence"].startswith("The fixed rule is in force")
    wanted = {"budget": 0.5, "people": 3, "hours": 2}
    analyst = key_for(installation, Role.ANALYST)
    assert client.put("/api/v1/policies/alarms", json=wanted, headers=analyst).status_code == 403
    assert client.put("/api/v1/policies/alarms", json=wanted, headers=key).json() == wanted
    bad = client.put("/api/v1/policies/alarms", json={**wanted, "hours": 0}, headers=key)
    assert (bad.status_code, bad.json()["code"]) == (422, "policy.bad_alarms")
    with installation.database.reading() as session:
        assert read_alarm_policy(session) == AlarmPolicy(0.5, 3, 2)


def test_a_new_rule_holds_at_once_and_the_page_says_which_and_who_set_it(
    client: TestClient, installation: Installation, key: dict[str, str], clock: StandingClock
) -> None:
    enter(client, installation, Role.ADMIN)
    page = client.get("/console/alarms").text
    assert "The fixed rule is in force (4 people in 6 hours)" in page
    form = {"csrf": csrf(page), "budget": "0.5", "people": "2", "hours": "1"}
    after = client.post("/console/alarms", data=form)
    assert "The fixed rule is in force (2 people in an hour)" in after.text
    assert "0.5 false alarms a week; 2 people in 1 hours" in after.text
    assert "by Ana admin" in after.text
    for person in ("p001", "p002"):
        clock.forward(minutes=1)
        told = file_report(client, key, SAP, person)["incident"]["reference"]
    assert incident(installation, told).major_state is MajorState.PROPOSED
    candidates = client.get("/console?view=candidates").text
    assert told in candidates
    assert "The fixed rule is in force" in candidates


def test_who_may_not_set_the_budget_sees_it_and_cannot_send_it(
    client: TestClient, installation: Installation
) -> None:
    enter(client, installation, Role.ANALYST)
    page = client.get("/console/alarms").text
    assert "Only an administrator changes this." in page
    form = {"csrf": csrf(page), "budget": "9", "people": "2", "hours": "1"}
    assert client.post("/console/alarms", data=form).status_code == 403


def test_what_waits_is_one_click_away_counted_and_says_so(
    client: TestClient, installation: Installation, key: dict[str, str]
) -> None:
    told = file_report(client, key, "my desk lamp flickers a little", "p004")["incident"][
        "reference"
    ]
    enter(client, installation)
    queue = client.get("/console").text
    assert '<span class="count" id="count-quiet">1</span>' in queue
    assert told not in queue
    assert told in client.get("/console?view=quiet").text
    assert told in client.get("/console?view=all&words=lamp").text
    assert "Waiting: not yet enough people" in client.get(f"/console/incidents/{told}").text
