"""The link to older incidents leads on from any row, also from one that was emptied."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from api.routes.console import _parse_before, _render_before
from models.ids import IncidentId, new_id
from models.incident import Incident
from tests.fakes import NOON


@pytest.mark.parametrize("last_at", [None, NOON + timedelta(hours=1)])
def test_a_link_to_older_rows_is_read_back_as_it_was_written(last_at: datetime | None) -> None:
    last = Incident(id=IncidentId(new_id()), opened_at=NOON, last_at=last_at)
    assert _parse_before(_render_before(last)) == (last_at or NOON, last.id)


@pytest.mark.parametrize("text", ["", "_", "yesterday_1", "2026-11-23T12:00:00_nobody"])
def test_a_broken_link_starts_at_the_newest(text: str) -> None:
    assert _parse_before(text) is None
