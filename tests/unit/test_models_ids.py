"""References that people read aloud, and ids that sort by time."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ids import CROCKFORD, new_id, new_reference, parse_reference

PREFIXES = st.sampled_from(["RPT", "INC"])


@given(prefix=PREFIXES)
def test_a_new_reference_is_understood_as_itself(prefix: str) -> None:
    reference = new_reference(prefix)
    assert parse_reference(reference) == reference
    assert set(reference[4:].replace("-", "")) <= set(CROCKFORD)


@given(prefix=PREFIXES, seed=st.integers())
def test_a_reference_is_understood_as_people_write_it(prefix: str, seed: int) -> None:
    chance = Random(seed)
    reference = new_reference(prefix)
    alike = {"0": "0Oo", "1": "1IiLl"}
    spoken = prefix + "".join(chance.choice(alike.get(sign, sign)) for sign in reference[3:])
    for written in (spoken, spoken.lower(), f"  {spoken} ", spoken.replace("-", "")):
        assert parse_reference(written) == reference


@given(prefix=PREFIXES, place=st.integers(0, 6), sign=st.sampled_from(CROCKFORD))
def test_one_wrong_character_is_noticed(prefix: str, place: int, sign: str) -> None:
    reference = new_reference(prefix)
    body = reference[4:10] + reference[11]
    changed = body[:place] + sign + body[place + 1 :]
    found = parse_reference(f"{prefix}-{changed[:6]}-{changed[6]}")
    assert (found == reference) if changed == body else (found is None)


@given(prefix=PREFIXES, place=st.integers(0, 4))
def test_two_swapped_neighbours_are_noticed(prefix: str, place: int) -> None:
    reference = new_reference(prefix)
    signs = list(reference[4:10])
    signs[place], signs[place + 1] = signs[place + 1], signs[place]
    swapped = f"{prefix}-{''.join(signs)}-{reference[11]}"
    assert parse_reference(swapped) == (reference if swapped == reference else None)


@given(st.text(max_size=40))
def test_any_other_text_is_no_reference_and_no_error(text: str) -> None:
    found = parse_reference(text)
    assert found is None or parse_reference(found) == found


@pytest.mark.parametrize(
    "text", ["", "RPT", "RPT-", "XYZ-7K2F4Q-M", "INC-U00000-0", "RPT-7K2F4Q-*"]
)
def test_what_looks_like_a_reference_is_not_one(text: str) -> None:
    assert parse_reference(text) is None


def test_ids_are_version_7_and_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(200)]
    assert {one.version for one in ids} == {7}
    assert len(set(ids)) == 200
    milliseconds = [one.int >> 80 for one in ids]
    assert milliseconds == sorted(milliseconds)
