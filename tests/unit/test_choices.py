"""What counts as a pressed button."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.choices import inbound, parse_choice, render_payload

ISSUED = [["Yes, the same problem", "/affirm"], ["Just me", '/inform{"impact":"3"}']]


def test_only_a_payload_that_was_issued_counts() -> None:
    assert inbound("", "/affirm", ISSUED, digits=False).intent == "affirm"
    assert inbound("", "/restart", ISSUED, digits=False) is None
    assert inbound("", '/inform{"impact":"1"}', ISSUED, digits=False) is None


def test_a_typed_payload_is_words() -> None:
    assert inbound("/affirm", None, ISSUED, digits=False) is None


def test_a_typed_title_is_its_button() -> None:
    assert inbound(" just ME. ", None, ISSUED, digits=False).entities == {"impact": "3"}


def test_digits_choose_on_sms_and_nowhere_else() -> None:
    for typed in ("2", " 2. ", "#2", "2) just me", "2 just me"):
        assert inbound(typed, None, ISSUED, digits=True).entities == {"impact": "3"}, typed
    for typed in ("2 of us", "2 people", "2 Kollegen"):
        assert inbound(typed, None, ISSUED, digits=True) is None, typed
    assert inbound("2", None, ISSUED, digits=False) is None
    assert inbound("3", None, ISSUED, digits=True) is None
    assert (
        inbound(
            "2 of us cannot print since the update came this morning", None, ISSUED, digits=True
        )
        is None
    )


@given(st.text(max_size=300), st.none() | st.text(max_size=80), st.booleans())
def test_nothing_a_person_sends_breaks_it(text: str, payload: str | None, digits: bool) -> None:
    found = inbound(text, payload, ISSUED, digits=digits)
    assert found is None or found.intent in {"affirm", "inform"}


@given(st.text(max_size=100))
def test_a_payload_is_parsed_or_refused_but_never_an_error(payload: str) -> None:
    parse_choice(payload)


def test_payloads_come_back_as_they_were() -> None:
    choice = parse_choice(render_payload("inform", service="wifi"))
    assert choice is not None
    assert (choice.intent, choice.entities) == ("inform", {"service": "wifi"})
