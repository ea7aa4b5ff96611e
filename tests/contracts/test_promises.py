"""What programs rely on: error codes, their statuses, and pages that say what is true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.errors import STATUS
from api.reference import render_reference
from models.errors import DomainError

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = render_reference()  # imports every module, so that every error is known


def errors(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from errors(one)


def ours() -> list[type[DomainError]]:
    return [one for one in errors() if not one.__module__.startswith("tests.")]


def test_every_error_code_has_a_status() -> None:
    assert {error.code for error in ours()} <= set(STATUS)


def test_every_status_belongs_to_an_error_or_to_the_front_door() -> None:
    said_by_the_door = {"internal", "storage.busy", "request.invalid", "request.too_large"}
    assert set(STATUS) - {error.code for error in ours()} == said_by_the_door


def test_every_error_says_in_its_first_line_when_it_is_raised() -> None:
    assert not [error for error in ours() if not (error.__doc__ or "").strip()]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_as_the_code_is_now(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "stale: run `muster docs`"
