"""For whom somebody reports, read from their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.behalf import find_behalf, is_about_one


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("I would like to report a problem for my colleague Anna in Berlin, she is stuck", "Anna"),
        ("ANNA IN BERLIN CANT LOG IN, SHES GOING NUTS, REPORTING FOR HER", "Anna"),
        ("reporting 4 anna in berlin shes locked out", "Anna"),
        ("my colleague Anna can't log in", "Anna"),
        ("My colleague Priya Raghavan in London cannot open SAP", "Priya Raghavan"),
        ("REPORTING FOR VIKTOR DAHLMANN, HE HAS NO WIFI", "Viktor Dahlmann"),
        ("On behalf of our director Henry Whitlock: his laptop does not start", "Henry Whitlock"),
        ("I report this for Mrs Oyelaran", "Mrs Oyelaran"),
        ("my boss cannot open SAP since 9", "my boss"),
        ("This is for my boss", "my boss"),
        ("Requesting a licence for a trainee starting on Monday", "a trainee"),
        ("Hello, for my colleague Anna: the screen stays black", "Anna"),
        ("no, for my colleague", "my colleague"),
        ("SAP is down for my colleague in London", "my colleague"),
        ("I need a password reset for my colleague Anna, she is locked out", "Anna"),
        ("Can you help? It's for my manager, he cannot print", "my manager"),
        ("My colleague cannot log in, she asked me to report it", "My colleague"),
        ("MY COLLEAGUE CANT PRINT", "my colleague"),
        ("Ich melde das für meine Kollegin Anna in Berlin, sie kommt nicht hinein", "Anna"),
        ("Meine Kollegin kommt nicht ins WLAN", "Meine Kollegin"),
    ],
)
def test_a_colleague_is_found_as_the_teller_names_them(text: str, whom: str) -> None:
    assert find_behalf(text) == whom


@pytest.mark.parametrize(
    "text",
    [
        "Outlook is down for my whole team",
        "it does not work for my colleague Anna either",
        "works for my colleague but not for me?",
        "my colleagues can't log in",
        "I can't log in and my colleague can't either",
        "bei mir und meiner Kollegin geht nichts, meine Kollegin kommt auch nicht rein",
        "SAP crashes for me",
        "report it for me please",
        "my laptop cannot connect",
        "the manager approval in SAP fails",
        "reporting for the whole team",
        "got a strange mail asking for gift cards",
        "The printer jams when I print for my boss",
        "The printer jams when I print for my boss, he needs the slides now",
        "I cannot book a meeting room for my manager",
        "SAP is down, I need it for my boss",
        "SAP is down, I need it for my boss, he is waiting",
        "Word hangs and I am writing a report for my manager",
        "I cannot write a mail for my boss",
        "still waiting for my colleague in London, she has no time",
        "I am waiting for my boss's approval, he cannot find it",
        "Ich kann die Folien für meinen Chef nicht drucken",
        "Für meinen Chef kann ich nichts drucken",
        "my colleague can't reach me because my Teams is down",
        "my boss cannot hear me, my headset is broken",
    ],
)
def test_who_speaks_for_themselves_or_for_many_speaks_for_no_colleague(text: str) -> None:
    assert find_behalf(text) is None


def test_one_other_person_is_told_from_a_room_full() -> None:
    assert is_about_one("for Anna, her laptop does not start")
    assert not is_about_one("for Mr Dahlmann: the screen in the meeting room stays black")


@given(st.text(max_size=400))
def test_any_words_are_read(text: str) -> None:
    found = find_behalf(text)
    assert found is None or found.strip()
