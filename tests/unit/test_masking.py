"""No card and no token survives masking, wherever it stands; what helps to repair something does."""

from __future__ import annotations

import csv
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.encoding import gist
from classifier.signature_codes import find_codes, find_hosts
from models.masking import mask

TICKETS = Path(__file__).parents[2] / "training_data" / "tickets.csv"
WORDS = st.lists(
    st.sampled_from(
        ["order", "12", "is", "broken,", "(see", "7)", "0x80070005", "at", "9:15", "srv-db-02"]
    ),
    max_size=6,
).map(" ".join)
SEPARATORS = st.sampled_from(["", " ", "-"])


def luhn(digits: str) -> str:
    """The digits with Luhn's check digit."""
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


CARDS = st.one_of(
    st.from_regex(r"\A4[0-9]{14}\Z"), st.from_regex(r"\A5[1-5][0-9]{13}\Z"),
    st.from_regex(r"\A2[2-7][0-9]{13}\Z"), st.from_regex(r"\A3[47][0-9]{12}\Z"),
    st.from_regex(r"\A6011[0-9]{11}\Z"), st.from_regex(r"\A36[0-9]{11}\Z"),
).map(luhn)  # fmt: skip
ALPHABET = string.ascii_letters + string.digits
TOKENS = st.one_of(
    st.text(ALPHABET, min_size=24, max_size=60).map(lambda body: f"ghp_{body}"),
    st.text(ALPHABET, min_size=24, max_size=60).map(lambda body: f"sk-{body}"),
    st.text(ALPHABET, min_size=16, max_size=16).map(lambda body: f"AKIA{body}"),
    st.text(ALPHABET, min_size=20, max_size=60).map(lambda body: f"xoxb-{body}"),
    st.tuples(
        st.text(ALPHABET, min_size=12, max_size=40), st.text(ALPHABET, min_size=12, max_size=40),
        st.text(ALPHABET, min_size=12, max_size=40),
    ).map(lambda parts: f"eyJ{parts[0]}.{parts[1]}.{parts[2]}"),
)  # fmt: skip


@given(WORDS, CARDS, SEPARATORS, WORDS)
def test_no_card_survives(before: str, card: str, between: str, after: str) -> None:
    shown = between.join(card[at : at + 4] for at in range(0, len(card), 4))
    masked = mask(f"{before} {shown} {after}")
    assert shown not in masked
    assert card not in masked
    assert "<card>" in masked


@given(WORDS, TOKENS, WORDS)
def test_no_token_survives(before: str, token: str, after: str) -> None:
    assert token not in mask(f"{before} {token} {after}")


@given(WORDS, st.text(ALPHABET + "!#%&*_.-", min_size=16, max_size=80))
def test_no_bearer_token_and_no_password_after_its_word_survives(before: str, secret: str) -> None:
    assert secret not in mask(f"{before} Authorization: Bearer {secret}") or set(secret) & set(
        "!#%&*"
    )
    for word in ("password: ", "pw=", "Kennwort: ", "PIN: ", "api-key: "):
        assert secret not in mask(f"{before} {word}{secret}")


@given(WORDS, st.text(ALPHABET + "+/=\n", min_size=30, max_size=400))
def test_no_private_key_survives(before: str, body: str) -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    assert mask(f"{before} {key} end") == f"{mask(before)} <key> end" or "<key> end" in mask(
        f"{before} {key} end"
    )


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ("postgres://app:s3cret@db-1/x", "postgres://<secret>@db-1/x"),
        ("call me on 0170 1234567 please", "call me on <phone> please"),
        ("Tel.: 030/123456-78", "Tel.: <phone>"),
        ("(555) 123-4567 rings", "<phone> rings"),
        ("order 12 4111 1111 1111 1111 7", "order 12 <card> 7"),
        ("pw: geheim, pin is 4711", "pw: <secret> pin is <secret>"),
        ("password: A.b", "password: <secret>"),
        ("my password is a.b-c and more", "my password is <secret> and more"),
        ("password: x<y>z", "password: <secret>"),
    ],
)
def test_what_is_private_is_masked_in_its_usual_shapes(told: str, sent: str) -> None:
    assert mask(told) == sent


@pytest.mark.parametrize(
    "text",
    [
        "my password is not accepted", "the password is expired", "Passwort ist abgelaufen",
        "token was rejected", "serial 4000000000000000 on the label", "asset LT-0231-7788 in room 4.12",
        "ticket 2026112309150001", "version 10.0.22631.4460", "call the desk", "10.20.30.40 port 5432",
        "event id 7031 at 2026-11-23 09:15:44", "0x8004010F 0xC0000142", "SN 5CG1234XYZ",
    ],
)  # fmt: skip
def test_what_is_not_private_stays(text: str) -> None:
    assert mask(text) == text


def test_of_the_tickets_every_code_and_host_survives_and_nearly_every_word() -> None:
    with TICKETS.open(encoding="utf-8") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    changed = 0
    for text in texts:
        masked = mask(text)
        changed += masked != text
        for find in (find_codes, find_hosts):
            assert [hit.value for hit in find(text)] == [hit.value for hit in find(masked)], text
    assert changed <= len(texts) * 0.005


def test_what_the_encoder_is_given_holds_no_secret() -> None:
    words = (
        "nothing works. my password is hunter2! " + "and so on " * 300 + "card 4111 1111 1111 1111"
    )
    short = gist(words)
    assert "hunter2" not in short
    assert "4111" not in short
