"""Words of the product are promises: what is stored once keeps its spelling and its order."""

from __future__ import annotations

from models import vocabulary as words
from models.records import SCHEMAS, RecordKind


def values(kind: type) -> list[str]:
    return [member.value for member in kind]


def test_severities_and_priorities_have_an_order_of_their_own() -> None:
    assert sorted(words.Severity, key=lambda s: s.rank) == ["SEV4", "SEV3", "SEV2", "SEV1"]
    assert sorted(words.Priority, key=lambda p: p.rank) == ["P1", "P2", "P3", "P4", "P5"]


def test_what_was_promised_to_be_stored_is_still_there() -> None:
    promised = {
        words.Category: {
            "access", "network", "email", "collaboration", "business_application", "hardware",
            "printing", "telephony", "commerce", "security", "data", "other",
        },
        words.Channel: {"web", "sms", "api", "email", "phone"},
        words.Audience: {"open", "restricted"},
        words.Status: {"open", "resolved", "absorbed"},
        words.MajorState: {"none", "proposed", "declared", "rejected"},
        words.Author: {"model", "signature", "reporter", "staff", "policy"},
        words.ConstraintKind: {"must_link", "cannot_link"},
        words.DeliveryState: {"pending", "delivered", "superseded", "parked"},
        words.AttachmentState: {"quarantined", "clean", "refused"},
        words.Role: {
            "reporter", "analyst", "commander", "communications", "admin", "auditor", "service",
        },
    }  # fmt: skip
    for kind, promise in promised.items():
        assert promise <= set(values(kind)), kind


def test_every_value_fits_the_column_it_is_stored_in() -> None:
    for kind in vars(words).values():
        if isinstance(kind, type) and issubclass(kind, words.StrEnum) and len(kind):
            assert all(len(value) <= 32 for value in values(kind))
            assert len(set(values(kind))) == len(list(kind))


def test_the_kinds_of_record_are_a_closed_list() -> None:
    assert set(values(RecordKind)) >= {
        *(f"muster.report.{what}.v1" for what in ("recorded", "extended", "regrouped", "withdrawn")),
        *(
            f"muster.incident.{what}.v1"
            for what in (
                "opened", "changed", "proposed", "declared", "merged", "split", "resolved",
            )
        ),
    }  # fmt: skip
    assert {kind.schema_name for kind in RecordKind} == set(SCHEMAS)
