"""What pages show of incidents and reports, as plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages import render_moment, render_wait
from api.views import pair_glimpses
from api.views_incident import (
    _KINDS,
    Span,
    related_incidents,
    render_happening,
    render_spans,
)
from incidents.outcomes import ENTRIES
from incidents.queries import MemberView
from incidents.review import Glimpse
from models.ids import EntryId, IncidentId, new_id
from models.incident import Membership, TimelineEntry
from models.report import Report
from tests.fakes import NOON


def fact(text: str, phrase: str, kind: str = "service", value: str = "wifi") -> dict:
    start = text.index(phrase)
    return {
        "kind": kind,
        "value": value,
        "start": start,
        "end": start + len(phrase),
        "text": phrase,
    }


def entry(kind: str, **data: object) -> TimelineEntry:
    return TimelineEntry(
        id=EntryId(new_id()), seq=1, incident_id=IncidentId(new_id()), report_id=None,
        kind=kind, actor="ana", data=data, at=NOON,
    )  # fmt: skip


def test_facts_and_shared_words_are_marked_and_the_rest_is_not() -> None:
    text = "no wlan at gate 3, scanner offline"
    spans = render_spans(text, ["scanner", "gate"], [fact(text, "wlan")])
    assert spans == (
        Span("no "),
        Span("wlan", "fact", "service: wifi"),
        Span(" at "),
        Span("gate", "word", "shared with a close report"),
        Span(" 3, "),
        Span("scanner", "word", "shared with a close report"),
        Span(" offline"),
    )


def test_a_shared_word_is_not_marked_inside_another() -> None:
    assert render_spans("scanners", ["scan"], []) == (Span("scanners"),)


def test_where_a_word_and_a_fact_overlap_the_fact_wins() -> None:
    text = "wifi"
    (only,) = render_spans(text, ["wifi"], [fact(text, "wifi")])
    assert only.kind == "fact"


def test_what_the_reporter_ruled_out_says_so() -> None:
    text = "not teams"
    spans = render_spans(text, [], [{**fact(text, "teams", value="teams"), "negated": True}])
    assert spans[-1].note == "service: not teams"


def test_a_fact_that_does_not_fit_the_text_any_more_is_left_out() -> None:
    wrong = {"kind": "code", "value": "0x1", "start": 2, "end": 99, "text": "0x1"}
    assert render_spans("short", [], [wrong]) == (Span("short"),)


def test_erased_words_are_said_to_be_erased() -> None:
    assert render_spans(None, ["wifi"], [])[0].text == "The words were erased."


@given(
    st.text(max_size=200),
    st.lists(st.text(min_size=1, max_size=6), max_size=5),
    st.lists(st.tuples(st.integers(-5, 220), st.integers(-5, 220)), max_size=5),
)
def test_the_pieces_of_a_text_are_the_text(
    text: str, words: list[str], cuts: list[tuple[int, int]]
) -> None:
    facts = [
        {"kind": "host", "value": "x", "start": a, "end": b, "text": text[max(a, 0) : max(b, 0)]}
        for a, b in cuts
    ]
    assert "".join(span.text for span in render_spans(text, words, facts)) == text


def test_every_kind_a_review_writes_has_plain_words() -> None:
    assert set(ENTRIES.values()) <= set(_KINDS)


@pytest.mark.parametrize("kind", sorted(_KINDS))
def test_a_line_of_the_timeline_has_none_of_our_words(kind: str) -> None:
    text = render_happening(entry(kind, sentence="Said."), {}).text
    assert "." not in text.removesuffix("Said.")
    assert "_" not in text


def test_a_kind_from_a_newer_version_is_still_readable() -> None:
    assert render_happening(entry("incident.page_sent"), {}).text == "Incident page sent"


def test_a_change_of_severity_says_how_far_it_spread() -> None:
    line = entry("incident.severity_changed", before="SEV3", after="SEV2", reporters=1, sites=2)
    assert render_happening(line, {}).text == "Severity SEV3 → SEV2 (1 person, 2 sites)"


def test_a_preview_names_no_reference_that_would_not_last() -> None:
    old = Glimpse("INC-1", "Wi-Fi", "open", 5, 5, "SEV3", 4)
    new = Glimpse("INC-2", "Switch", "open", 2, 2, "SEV4", 1)
    changes = pair_glimpses([old], [replace(old, reports=3), new])
    assert [(one.reference, one.title, one.gone) for one in changes] == [
        ("INC-1", "Wi-Fi", False),
        (None, "Switch", False),
    ]


def member(**evidence: object) -> MemberView:
    link = Membership(evidence=evidence)
    return MemberView(Report(), link, "words", "Ana", None, (), ())


def test_what_looks_related_is_suggested_or_nearly_joined_and_never_itself() -> None:
    near = {"incident": "INC-2", "probability": 0.3}
    far = {"incident": "INC-3", "probability": 0.1}
    suggested = {"incident": "INC-4", "probability": 0.4}
    own = {"incident": "INC-1", "probability": 0.9}
    members = [
        member(threshold=0.5, runner_up=near, suggested=[suggested, own]),
        member(threshold=0.5, runner_up=far, suggested=[{**near, "probability": 0.45}]),
        member(decision="staff", sentence="Ana moved it here."),
    ]
    assert related_incidents(members, "INC-1") == {"INC-2": 0.45, "INC-4": 0.4}


def test_moments_are_told_in_utc_and_waits_coarsely() -> None:
    assert render_moment(datetime(2026, 11, 23, 9, 5, tzinfo=UTC)) == "23 Nov 2026, 09:05 UTC"
    assert render_wait(NOON.replace(hour=9), NOON) == "3 hours"
    assert render_wait(NOON, NOON) == "less than a minute"
    assert render_wait(None, NOON) == ""
