"""The product's output: the kinds of record and the JSON Schema of each one's `data`.

Both are promises: add, never rename. The schemas are published under
`docs/reference/records/` and served at `/schemas/`; every record is checked against them
in the tests. The envelope is CloudEvents 1.0, structured JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from models.vocabulary import (
    Audience,
    Author,
    Category,
    Channel,
    HelpOutcome,
    MajorState,
    Priority,
    Severity,
    Status,
)


class RecordKind(StrEnum):
    """What happened, as the outside hears it."""

    REPORT_RECORDED = "muster.report.recorded.v1"
    REPORT_EXTENDED = "muster.report.extended.v1"
    REPORT_REGROUPED = "muster.report.regrouped.v1"
    REPORT_WITHDRAWN = "muster.report.withdrawn.v1"
    INCIDENT_OPENED = "muster.incident.opened.v1"
    INCIDENT_CHANGED = "muster.incident.changed.v1"
    INCIDENT_PROPOSED = "muster.incident.proposed.v1"
    INCIDENT_DECLARED = "muster.incident.declared.v1"
    INCIDENT_MERGED = "muster.incident.merged.v1"
    INCIDENT_SPLIT = "muster.incident.split.v1"
    INCIDENT_RESOLVED = "muster.incident.resolved.v1"

    @property
    def schema_name(self) -> str:
        """`report` or `incident`: one schema serves all kinds of a noun."""
        return self.value.split(".")[1]


def _enum(vocabulary: type[StrEnum], *, nullable: bool = False) -> dict[str, Any]:
    values: list[str | None] = [member.value for member in vocabulary]
    return {"enum": [*values, None] if nullable else values}


_TEXT: Final = {"type": "string"}
_MAYBE: Final = {"type": ["string", "null"]}
_MOMENT: Final = {"type": "string", "format": "date-time"}
_REPORT_REF: Final = {"type": "string", "pattern": "^RPT-[0-9A-HJKMNP-TV-Z]{6}-[0-9A-HJKMNP-TV-Z]$"}
_INCIDENT_REF: Final = {
    "type": "string",
    "pattern": "^INC-[0-9A-HJKMNP-TV-Z]{6}-[0-9A-HJKMNP-TV-Z]$",
}


def _closed(
    title: str,
    properties: Mapping[str, Any],
    *,
    later: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A closed object; `later` has what was added since, which older records lack."""
    return {
        "type": "object",
        "title": title,
        "properties": dict(properties) | dict(later or {}),
        "required": sorted(properties),
        "additionalProperties": False,
        **more,
    }


SCHEMAS: Final[Mapping[str, dict[str, Any]]] = {
    "report": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "/schemas/report.v1.json",
        **_closed(
            "A report: one person's account of a disturbance, and the incident it is in",
            {
                "reference": _REPORT_REF,
                "incident": _INCIDENT_REF,
                "previous_incident": {"anyOf": [_INCIDENT_REF, {"type": "null"}]},
                "description": _MAYBE,
                "channel": _enum(Channel),
                "language": _TEXT,
                "reporter": _closed(
                    "Who told it", {"id": _MAYBE, "name": _MAYBE, "verified_by": _MAYBE}
                ),
                "service": _MAYBE,
                "site": _MAYBE,
                "category": _enum(Category, nullable=True),
                "impact": {"type": "integer", "minimum": 1, "maximum": 3},
                "urgency": {"type": "integer", "minimum": 1, "maximum": 3},
                "priority": _enum(Priority),
                "severity": _enum(Severity),
                "people": {"type": ["integer", "null"], "minimum": 0},
                "since": _MAYBE,
                "audience": _enum(Audience),
                "signatures": {"type": "array", "items": _TEXT},
                "additions": {
                    "type": "array",
                    "items": _closed(
                        "What came later", {"kind": _TEXT, "text": _MAYBE, "at": _MOMENT}
                    ),
                },
                "attachments": {
                    "type": "array",
                    "items": _closed(
                        "A file",
                        {
                            "id": _TEXT,
                            "name": _TEXT,
                            "type": _TEXT,
                            "size": {"type": "integer", "minimum": 0},
                            "sha256": _TEXT,
                        },
                    ),
                },
                "grouping": _closed(
                    "Why it is in this incident",
                    {
                        "author": _enum(Author),
                        "probability": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
                        "sentence": _TEXT,
                    },
                ),
                "attributes": {"type": "object"},
                "occurred_at": {"anyOf": [_MOMENT, {"type": "null"}]},
                "received_at": _MOMENT,
            },
            later={
                "on_behalf_of": _MAYBE,
                "tried": {
                    "type": "array",
                    "items": _closed(
                        "Help that the person was told: an article, or an incident's workaround",
                        {
                            "article": _MAYBE,
                            "incident": {"anyOf": [_INCIDENT_REF, {"type": "null"}]},
                            "outcome": _enum(HelpOutcome),
                            "at": _MOMENT,
                        },
                    ),
                },
            },
        ),
    },
    "incident": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "/schemas/incident.v1.json",
        **_closed(
            "An incident: the full picture after a change; a greater version replaces a smaller",
            {
                "reference": _INCIDENT_REF,
                "version": {"type": "integer", "minimum": 1},
                "title": _TEXT,
                "status": _enum(Status),
                "major_state": _enum(MajorState),
                "severity": _enum(Severity),
                "priority": _enum(Priority),
                "category": _enum(Category, nullable=True),
                "service": _MAYBE,
                "sites": {"type": "array", "items": _TEXT},
                "reports": {"type": "integer", "minimum": 0},
                "reporters": {"type": "integer", "minimum": 0},
                "audience": _enum(Audience),
                "workaround": _MAYBE,
                "absorbed_into": {"anyOf": [_INCIDENT_REF, {"type": "null"}]},
                "related": {"type": "array", "items": _INCIDENT_REF},
                "reason": _MAYBE,
                "opened_at": _MOMENT,
                "first_report_at": {"anyOf": [_MOMENT, {"type": "null"}]},
                "last_report_at": {"anyOf": [_MOMENT, {"type": "null"}]},
            },
            later={
                "published": {"type": "boolean"},
                "seen_before": {
                    "type": "array",
                    "items": _closed(
                        "A past incident that may have had the same cause",
                        {
                            "incident": _INCIDENT_REF,
                            "probability": {
                                "type": ["number", "null"],
                                "minimum": 0,
                                "maximum": 1,
                            },
                            "author": _enum(Author),
                            "sentence": _TEXT,
                        },
                    ),
                },
            },
        ),
    },
}
