"""Text is read in whatever alphabet it was written, and never more than a part of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.attached_facts import attribute_texts
from incidents.file_readers import HEAD, READERS, TAIL

PLAIN = READERS["text/plain"]
MAIL = READERS["message/rfc822"]
WORDS = "FEHLER: Verbindung zu „Büro“ abgelehnt\r\n"


@pytest.mark.parametrize(
    "content",
    [
        WORDS.encode(), b"\xef\xbb\xbf" + WORDS.encode(), WORDS.encode("cp1252"),
        WORDS.encode("utf-16"), b"\xfe\xff" + WORDS.encode("utf-16-be"), WORDS.encode("utf-16-le"),
    ],
)  # fmt: skip
def test_a_log_is_read_in_every_usual_alphabet(content: bytes) -> None:
    assert PLAIN.read(content).text.lstrip("\ufeff") == WORDS


def test_of_a_huge_file_the_beginning_and_the_end_are_read() -> None:
    content = b"first line\n" + b"x" * (HEAD + TAIL + 1_000_000) + b"\nlast line"
    text = PLAIN.read(content).text
    assert text.startswith("first line\n")
    assert text.endswith("\nlast line")
    assert len(text) <= HEAD + TAIL + 1


def test_a_saved_mail_gives_its_subject_and_words_and_no_file_in_it() -> None:
    content = (
        b"From: a@example.com\r\nSubject: =?utf-8?q?Ger=C3=A4t?= down\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain; charset=latin-1\r\n\r\nplain \xe4 words\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>rich<br>words</p>\r\n"
        b"--b\r\nContent-Type: application/zip\r\n\r\nSECRET\r\n--b--\r\n"
    )
    text = MAIL.read(content).text
    assert text.startswith("Gerät down\nplain ä words")
    assert "rich\nwords" in text
    assert "SECRET" not in text
    assert "<p>" not in text


@settings(max_examples=80, deadline=None)
@given(content=st.binary(max_size=400), kind=st.sampled_from(sorted(READERS)))
def test_any_bytes_are_read_as_something_that_can_be_stored(content: bytes, kind: str) -> None:
    text = READERS[kind].read(content).text
    text.encode("utf-8")
    assert "\x00" not in text


@settings(max_examples=60, deadline=None)
@given(
    body=st.lists(
        st.sampled_from(
            [
                b"Content-Type: text/plain; charset=nope\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n",
                b"\r\n", b"--b\r\n", b"--b--\r\n", b"Subject: =?x?b?!!?=\r\n", b"=?utf-8?q?=ff?=",
                b"Content-Transfer-Encoding: base64\r\n", b"\xff\xfe", b"a: b\r\n",
            ]
        ),
        max_size=14,
    ).map(b"".join)
)  # fmt: skip
def test_a_broken_mail_is_read_as_far_as_it_goes(body: bytes) -> None:
    assert isinstance(MAIL.read(b"From: x\r\n" + body).text, str)


def test_texts_among_attributes_are_found_to_a_depth_and_a_number() -> None:
    deep: dict[str, object] = {"log": "a line of a log"}
    for _ in range(9):
        deep = {"more": deep}
    assert attribute_texts({"a": "a line of a log", "b": [{"c": "another long line"}], "n": 7}) == [
        "a line of a log",
        "another long line",
    ]
    assert attribute_texts(deep) == []
    assert len(attribute_texts({"many": ["long enough to count"] * 5_000})) == 200
