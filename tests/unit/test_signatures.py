"""A signature says its kind; those stored before kinds are read as what they were."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signatures import (
    MOST,
    SignatureKind,
    as_signature,
    kind_of,
    merge_signatures,
    of_kind,
    published,
    shown,
    signature,
)


@pytest.mark.parametrize(
    ("stored", "now"),
    [
        ("0x80070035", "code:0x80070035"),
        ("error 503", "code:error 503"),
        ("ORA-12170", "code:ORA-12170"),
        ("srv-files-02", "host:srv-files-02"),
        ("code:ORA-12170", "code:ORA-12170"),
        ("exception:NetException: timed out", "exception:NetException: timed out"),
    ],
)
def test_what_was_stored_without_a_kind_is_what_it_was(stored: str, now: str) -> None:
    assert as_signature(stored) == now


@given(st.sampled_from(SignatureKind), st.text(max_size=40))
def test_a_signature_keeps_its_kind_and_says_its_value(kind: SignatureKind, value: str) -> None:
    made = signature(kind, value)
    assert as_signature(made) == made
    assert kind_of(made) is kind
    assert kind is SignatureKind.TEMPLATE or shown(made) == value


def test_the_name_of_a_template_is_not_read_aloud() -> None:
    assert shown("template:930baf52ad6c connection to <*> refused") == "connection to <*> refused"


def test_hosts_can_be_told_from_the_rest() -> None:
    signs = ["srv-files-02", "host:db.corp", "code:error 503"]
    assert of_kind(signs, SignatureKind.HOST) == {"srv-files-02", "host:db.corp"}


def test_programs_get_codes_and_hosts_bare_and_of_a_secret_nothing_made_of_words() -> None:
    signs = ["code:error 503", "srv-files-02", "template:930baf52ad6c connection to <*> refused"]
    assert published(signs) == ["error 503", "srv-files-02", signs[2]]
    assert published(signs, restricted=True) == ["error 503", "srv-files-02"]


def test_many_files_together_give_so_many_signatures_and_the_words_come_first() -> None:
    files = [[f"code:{file}-{n}" for n in range(12)] for file in range(9)]
    merged = merge_signatures(["code:told"], *files, files[0])
    assert merged[0] == "code:told"
    assert len(merged) == len(set(merged)) == MOST
