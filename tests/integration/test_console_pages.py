"""The console over HTTP: what staff see and do there, and that nothing slips out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from api.wiring import Installation
from incidents.ledger import Outbox, owe_record
from models.delivery import Delivery
from models.incident import Incident, Review
from models.records import RecordKind
from models.vocabulary import Audience, DeliveryState, MajorState, Role, Status
from tests.integration.api_fixtures import key_for
from tests.integration.console_forms import PHISHING, SAP, act, csrf, enter, incident, tell


def test_a_form_without_our_token_changes_nothing(
    client: TestClient, installation: Installation
) -> None:
    reference = tell(client, installation)
    enter(client, installation)
    answer = client.post(
        f"/console/incidents/{reference}/change", data={"verb": "resolve", "csrf": "0" * 64}
    )
    assert answer.status_code == 403
    assert "Reload the page" in answer.text
    assert incident(installation, reference).status is Status.OPEN


@pytest.mark.parametrize(
    ("verb", "value", "field", "wanted"),
    [
        ("lock", "", "locked", True),
        ("resolve", "", "status", Status.RESOLVED),
        ("title", "SAP down", "title", "SAP down"),
        ("severity", "SEV1", "severity", "SEV1"),
        ("workaround", "Use the phone", "workaround", "Use the phone"),
    ],
)
def test_what_staff_set_is_set_and_can_be_taken_back(
    client: TestClient,
    installation: Installation,
    verb: str,
    value: str,
    field: str,
    wanted: object,
) -> None:
    reference = tell(client, installation)
    before = getattr(incident(installation, reference), field)
    enter(client, installation)
    done = act(client, reference, "change", verb=verb, value=value)
    assert "Done." in done.text
    assert getattr(incident(installation, reference), field) == wanted
    token = re.findall(r'name="token" value="([0-9a-f-]+)"', done.text)[0]
    undone = client.post(
        "/console/undo", data={"csrf": csrf(done.text), "token": token, "back": reference}
    )
    assert "Redo" in undone.text
    assert getattr(incident(installation, reference), field) == before


def test_a_report_written_down_later_shows_both_hours(
    client: TestClient, installation: Installation
) -> None:
    told = installation.clock() - timedelta(hours=2)
    answer = client.post(
        "/api/v1/reports",
        json={"text": SAP, "reporter": "p001", "occurred_at": told.isoformat()},
        headers={**key_for(installation, Role.SERVICE), "Idempotency-Key": "later"},
    )
    enter(client, installation)
    page = client.get(f"/console/incidents/{answer.json()['incident']['reference']}").text
    assert re.search(
        r"10:00 UTC</time></span><br>\s+<span[^>]*>written down <time[^>]*>23 Nov 2026, 12:00", page
    )


def test_declaring_is_for_those_who_may(client: TestClient, installation: Installation) -> None:
    reference = tell(client, installation)
    enter(client, installation, Role.COMMUNICATIONS)
    page = client.get(f"/console/incidents/{reference}").text
    assert "Declare a major incident" not in page
    refused = client.post(
        f"/console/incidents/{reference}/decide", data={"verb": "declare", "csrf": csrf(page)}
    )
    assert refused.status_code == 403
    enter(client, installation)
    act(client, reference, "decide", verb="declare")
    assert incident(installation, reference).major_state is MajorState.DECLARED


def test_an_auditor_reads_everything_and_finds_no_button(
    client: TestClient, installation: Installation
) -> None:
    reference = tell(client, installation)
    restricted = tell(client, installation, PHISHING, "p002")
    enter(client, installation, Role.AUDITOR)
    page = client.get(f"/console/incidents/{reference}").text
    assert "is extremely slow and then times out" in page
    assert f"/console/incidents/{reference}/" not in page.replace(f"{reference}/changes", "")
    assert client.get(f"/console/incidents/{restricted}").status_code == 200
    assert client.get("/console/forwarding").status_code == 200
    refused = client.post(
        f"/console/incidents/{reference}/change", data={"verb": "lock", "csrf": csrf(page)}
    )
    assert refused.status_code == 403


def test_a_restricted_incident_is_nowhere_for_those_who_may_not_see_it(
    client: TestClient, installation: Installation
) -> None:
    hidden = tell(client, installation, PHISHING, "p002")
    shown = tell(client, installation)
    assert incident(installation, hidden).audience is Audience.RESTRICTED
    enter(client, installation, Role.COMMUNICATIONS)
    pages = [
        client.get("/console", params={"view": "all"}),
        client.get("/console", params={"view": "all", "words": "payslip"}),
        client.get("/console/changes", params={"view": "all", "after": 0, "shown": hidden}),
        client.get(f"/console/incidents/{shown}"),
    ]
    assert all(page.status_code == 200 for page in pages)
    assert all(hidden not in page.text for page in pages)
    assert client.get(f"/console/incidents/{hidden}").status_code == 404
    assert client.get(f"/console/incidents/{hidden}/changes").status_code == 404
    enter(client, installation, Role.ANALYST)
    assert hidden in client.get("/console", params={"view": "all"}).text


def test_a_review_of_something_else_cannot_be_undone_from_here(
    client: TestClient, installation: Installation
) -> None:
    one, other = tell(client, installation), tell(client, installation, PHISHING, "p002")
    enter(client, installation)
    act(client, other, "change", verb="lock")
    with installation.database.reading() as session:
        token = session.scalars(select(Review.id)).one()
    page = client.get(f"/console/incidents/{one}", params={"done": str(token)})
    assert "Done." not in page.text
    answer = client.post(
        "/console/undo", data={"csrf": csrf(page.text), "token": str(token), "back": one}
    )
    assert answer.status_code == 404
    assert incident(installation, other).locked


def test_undoing_what_something_newer_stands_on_offers_to_undo_that_first(
    client: TestClient, installation: Installation
) -> None:
    reference = tell(client, installation)
    enter(client, installation)
    first = act(client, reference, "change", verb="lock")
    token = re.findall(r'name="token" value="([0-9a-f-]+)"', first.text)[0]
    act(client, reference, "change", verb="workaround", value="Use paper")
    answer = client.post(
        "/console/undo", data={"csrf": csrf(first.text), "token": token, "back": reference}
    )
    assert answer.status_code == 409
    assert "Undo the newer one" in answer.text


def test_a_merged_incident_leads_to_the_one_that_stands_for_it(
    client: TestClient, installation: Installation
) -> None:
    one, other = tell(client, installation), tell(client, installation, "The lift is stuck", "p003")
    enter(client, installation)
    form = {"csrf": csrf(client.get("/console").text), "into": one, "pick": [one, other]}
    preview = client.post("/console/merge", data=form)
    assert f"{other} merged into {one}." in preview.text
    assert incident(installation, other).status is Status.OPEN
    client.post("/console/merge", data=form | {"step": "do"})
    page = client.get(f"/console/incidents/{other}").text
    assert f'merged into <a href="/console/incidents/{one}"' in page


def test_merging_nothing_says_what_to_do(client: TestClient, installation: Installation) -> None:
    one = tell(client, installation)
    enter(client, installation)
    form = {"csrf": csrf(client.get("/console").text), "into": one, "pick": [one]}
    answer = client.post("/console/merge", data=form)
    assert answer.status_code == 409
    assert "Choose at least one other incident" in answer.text


def test_an_open_and_a_restricted_incident_do_not_mix(
    client: TestClient, installation: Installation
) -> None:
    one, other = tell(client, installation), tell(client, installation, PHISHING, "p002")
    enter(client, installation)
    form = {"csrf": csrf(client.get("/console").text), "into": one, "pick": [other]}
    assert client.post("/console/merge", data=form).status_code == 409


def test_a_stale_merge_shows_who_changed_what_and_keeps_the_choice(
    client: TestClient, installation: Installation
) -> None:
    one, other = tell(client, installation), tell(client, installation, "The lift is stuck", "p003")
    enter(client, installation)
    page = client.get("/console/merge", params={"pick": [one, other]}).text
    ticks = re.findall(r'name="pick" value="(INC-[^"]+@\d+)"', page)
    seen = re.findall(r'name="seen" value="(\d+)"', page)[0]
    act(client, other, "change", verb="workaround", value="Take the stairs")
    into = next(tick for tick in ticks if tick.startswith(one))
    form = {"csrf": csrf(page), "into": into, "pick": ticks, "seen": seen, "step": "do"}
    stale = client.post("/console/merge", data=form)
    assert stale.status_code == 412
    assert "has a workaround" in stale.text
    assert "by Ana commander" in stale.text
    fresh = incident(installation, other)
    assert f'value="{other}@{fresh.version}"' in stale.text
    assert fresh.status is Status.OPEN


@pytest.mark.parametrize(
    "query",
    [
        {"view": "nonsense", "severity": "SEV9", "before": "yesterday"},
        {"words": "%_\\' OR 1=1 --"},
        {"service": "wifi", "site": "berlin", "severity": "SEV1"},
        {"before": "2026-11-23T12:00:00+00:00_01a2121e-151c-7961-b42b-8b0d12ed557c"},
    ],
)
def test_odd_filters_show_a_page(
    client: TestClient, installation: Installation, query: dict[str, str]
) -> None:
    tell(client, installation)
    enter(client, installation)
    assert client.get("/console", params=query).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/console/incidents/INC-000000-0", "/console/incidents/%00", "/console/incidents/x?done=y"],
)
def test_what_is_not_there_is_said_on_a_page(
    client: TestClient, installation: Installation, path: str
) -> None:
    enter(client, installation)
    answer = client.get(path)
    assert answer.status_code in {404, 422}
    assert "<html" in answer.text


def test_a_hundred_rows_are_one_page_and_older_ones_the_next(
    client: TestClient, installation: Installation
) -> None:
    reference = tell(client, installation)
    with installation.database.transaction() as session:
        first = session.scalars(select(Incident).where(Incident.reference == reference)).one()
        values = {c.name: getattr(first, c.name) for c in Incident.__table__.columns}
        for number in range(120):
            values |= {
                "id": type(first.id)(int=first.id.int + number + 1),
                "reference": f"INC-T{number:05d}-0",
                "last_at": first.last_at - timedelta(minutes=number + 1),
            }
            session.add(Incident(**values))
    enter(client, installation)
    page = client.get("/console", params={"view": "all"}).text
    assert page.count("data-row") == 100
    older = re.findall(r'href="(/console\?[^"]*before=[^"]*)"', page)[0].replace("&amp;", "&")
    assert client.get(older).text.count("data-row") == 21


def test_parked_records_are_seen_with_their_reason_and_sent_again(
    client: TestClient, installation: Installation
) -> None:
    with installation.database.transaction() as session:
        outbox = Outbox(("itsm",), installation.jobs)
        owe_record(
            session,
            outbox,
            stream="INC-000000-0",
            kind=RecordKind.INCIDENT_CHANGED,
            subject="INC-000000-0",
            audience=Audience.OPEN,
            data={},
            now=installation.clock() - timedelta(hours=3),
        )
        session.execute(
            update(Delivery).values(state=DeliveryState.PARKED, reason="400: <no> such queue")
        )
    enter(client, installation)
    page = client.get("/console/forwarding").text
    assert "400: &lt;no&gt; such queue" in page
    delivery = re.findall(r'name="delivery" value="([0-9a-f-]+)"', page)[0]
    answer = client.post(
        "/console/forwarding/replay", data={"csrf": csrf(page), "delivery": delivery}
    )
    assert "1 record is on the way again" in answer.text
    with installation.database.reading() as session:
        assert session.scalars(select(Delivery.state)).one() is DeliveryState.PENDING


def test_an_analyst_has_no_forwarding_page(client: TestClient, installation: Installation) -> None:
    enter(client, installation, Role.ANALYST)
    assert 'href="/console/forwarding"' not in client.get("/console").text
    assert client.get("/console/forwarding").status_code == 403


def test_outside_the_demo_nothing_offers_the_replay(client: TestClient) -> None:
    page = client.get("/").text
    assert "Watch an outage arrive" not in page
    assert "demo.js" not in page
