"""What staff see of whom a report is about, of its priority, and of what was pasted."""

from __future__ import annotations

from starlette.testclient import TestClient

from api.wiring import Installation
from models.vocabulary import Role
from tests.integration.api_fixtures import key_for, open_chat
from tests.integration.console_forms import enter, tell

LOG = (
    "2026-11-25 08:58:07 ERROR [pool-3] Allocation ledger rejected batch 88123\n"
    "java.sql.SQLException: ORA-12170: TNS:Connect timeout occurred"
)


def file_by_chat(client: TestClient, text: str) -> str:
    """Tell it, send it as it is, and return its incident."""
    url, headers = open_chat(client)
    for number, words in enumerate((text, "just send it"), start=1):
        body = {"client_id": str(number), "text": words}
        answer = client.post(f"{url}/messages", json=body, headers=headers).json()
    reference: str = answer["incident"]["reference"]
    return reference


def test_staff_see_for_whom_a_report_is_and_the_log_beside_the_words(
    client: TestClient, installation: Installation
) -> None:
    reference = file_by_chat(
        client,
        f"My colleague <b>Anna</b> has no part in it. I report for Anna, her SAP fails\n{LOG}",
    )
    enter(client, installation)
    page = client.get(f"/console/incidents/{reference}").text
    assert "<dt>For</dt>" in page
    assert "Anna" in page
    assert "<b>Anna</b>" not in page
    assert "pasted a log" in page
    report = client.get(
        f"/api/v1/incidents/{reference}/members", headers=key_for(installation, Role.ANALYST)
    ).json()["members"][0]
    assert report["on_behalf_of"] == "Anna"
    assert report["additions"][0] == {
        "kind": "log", "text": LOG, "at": report["received_at"],
    }  # fmt: skip
    assert "ORA-12170" in str(report["signatures"])


def test_staff_see_why_a_priority_was_raised(
    client: TestClient, installation: Installation
) -> None:
    reference = tell(client, installation, reporter="p006")
    enter(client, installation)
    assert "raised by policy: VIP" in client.get(f"/console/incidents/{reference}").text
    other = tell(client, installation, text="my headset only works on one ear")
    assert "VIP" not in client.get(f"/console/incidents/{other}").text
