"""The published schemas: closed, complete, and strict about what they promise."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from models.records import SCHEMAS
from tests.standins.published import VALIDATORS

INCIDENT: dict[str, Any] = {
    "reference": "INC-7K2F4Q-M",
    "version": 1,
    "title": "Wi-Fi: Berlin",
    "status": "open",
    "major_state": "none",
    "severity": "SEV3",
    "priority": "P3",
    "category": None,
    "service": "wifi",
    "sites": ["berlin"],
    "reports": 2,
    "reporters": 2,
    "audience": "open",
    "workaround": None,
    "absorbed_into": None,
    "related": [],
    "reason": None,
    "opened_at": "2026-11-23T12:00:00Z",
    "first_report_at": "2026-11-23T12:00:00Z",
    "last_report_at": None,
}


# What records of before lack.
ADDED_LATER = {"published", "seen_before", "tried", "on_behalf_of"}


def objects(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Every object in a schema, with the ones inside it."""
    found = [schema] if schema.get("properties") else []
    parts = list(schema.get("properties", {}).values())
    parts += [schema["items"]] if "items" in schema else []
    for part in parts:
        found += objects(part)
    return found


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_valid_named_and_closed(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"/schemas/{name}.v1.json"
    for part in objects(schema):
        assert part["additionalProperties"] is False
        assert set(part["properties"]) - set(part["required"]) <= ADDED_LATER


def test_an_incident_as_it_is_sent_is_valid() -> None:
    VALIDATORS["incident"].validate(INCIDENT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reference", "INC-7K2F4Q"),
        ("reference", "RPT-7K2F4Q-M"),
        ("version", 0),
        ("status", "gone"),
        ("severity", "SEV5"),
        ("reports", -1),
        ("opened_at", "yesterday"),
        ("absorbed_into", "nowhere"),
        ("sites", [1]),
        ("surprise", 1),
    ],
)
def test_an_incident_that_is_not_as_promised_is_noticed(name: str, value: object) -> None:
    wrong = copy.deepcopy(INCIDENT) | {name: value}
    with pytest.raises(ValidationError):
        VALIDATORS["incident"].validate(wrong)


@pytest.mark.parametrize("name", sorted(INCIDENT))
def test_an_incident_that_lacks_a_field_is_noticed(name: str) -> None:
    short = {key: value for key, value in INCIDENT.items() if key != name}
    with pytest.raises(ValidationError):
        VALIDATORS["incident"].validate(short)
