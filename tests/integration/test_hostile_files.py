"""Sixty hostile files, through the front door: none is kept, and people's own files still are."""

# ruff: noqa: F811 - fixtures are imported by name
from __future__ import annotations

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.wiring import Installation
from benchmarks.hostile import FAMILIES, make_hostile
from benchmarks.hostile_files import honest
from models.report import Attachment
from tests.integration.api_fixtures import (  # noqa: F401 - fixtures
    client,
    installation,
    open_chat,
)


def send(client: TestClient, name: str, content: bytes) -> dict[str, object]:
    path, headers = open_chat(client)
    answer = client.post(f"{path}/attachments", files={"file": (name, content)}, headers=headers)
    return {"status": answer.status_code, **answer.json()}


def test_none_of_sixty_hostile_files_is_kept(
    client: TestClient, installation: Installation
) -> None:
    files = make_hostile(count=60)
    assert {one.family for one in files} == set(FAMILIES)
    for one in files:
        answer = send(client, one.name, one.content)
        assert answer["status"] == 415, (one.family, one.name)
        assert str(answer["detail"]).endswith(".")
    with installation.database.reading() as session:
        assert session.scalars(select(Attachment)).all() == []
    folder = installation.attachments.blobs.folder
    assert folder is not None
    assert [one for one in folder.rglob("*") if one.is_file()] == []


@pytest.mark.parametrize(("name", "content"), honest(), ids=[name for name, _ in honest()])
def test_a_file_as_people_send_it_is_kept(client: TestClient, name: str, content: bytes) -> None:
    answer = send(client, name, content)
    assert (answer["status"], answer["state"]) == (201, "clean"), answer


def test_the_same_seed_makes_the_same_files() -> None:
    first, second = make_hostile(count=19), make_hostile(count=19)
    assert [one.name for one in first] == [one.name for one in second]
