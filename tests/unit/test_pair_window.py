"""The reports in memory: groups keep to their members, whatever is moved, removed or outlived."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.pace import Pace
from classifier.window import ForeignVectorError, Item, PairFacts, Window

WIDTH = 8
RNG = np.random.default_rng(5)
VECTORS = [v / np.linalg.norm(v) for v in RNG.normal(size=(40, WIDTH)).astype(np.float32)]
SERVICES = (None, "vpn", "wifi")


def item(key: int, group: str, at: float) -> Item:
    facts = PairFacts(
        service=SERVICES[key % 3],
        site="berlin" if key % 2 else None,
        signatures=frozenset({f"code {key % 4}"}),
        words=frozenset({f"word{key % 5}"}),
        own_account=key % 7 == 0,
    )
    return Item(key, group, at, VECTORS[key % 40], facts)


STEP = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 30), st.sampled_from("abc")),
    st.tuples(st.just("move"), st.integers(0, 30), st.sampled_from("abc")),
    st.tuples(st.just("remove"), st.integers(0, 30), st.just("a")),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_a_groups_sums_are_those_of_its_members(steps: list[tuple[str, int, str]]) -> None:
    window = Window("test", WIDTH)
    home: dict[int, str] = {}
    for number, (what, key, group) in enumerate(steps):
        if what == "add":
            window.add(item(key, group, float(number)))
            home[key] = group
        elif what == "move" and key in home:
            window.move(key, group)
            home[key] = group
        elif what == "remove":
            window.remove(key)
            home.pop(key, None)
    for name, group in window.groups.items():
        members = [key for key, where in home.items() if where == name]
        assert sorted(window.keys[row] for row in group.rows) == sorted(members)
        total = np.sum([VECTORS[key % 40] for key in members], axis=0) if members else 0.0
        assert np.allclose(group.total, total, atol=1e-4)
        assert group.own_accounts == sum(key % 7 == 0 for key in members)
        assert sum(group.services.values()) == sum(SERVICES[key % 3] is not None for key in members)
        assert list(group.rows) == sorted(group.rows, key=lambda row: window.moments()[row])


def test_a_vector_of_another_encoder_is_refused() -> None:
    window = Window("test", WIDTH)
    with pytest.raises(ForeignVectorError, match="Read the text again"):
        window.scan(np.ones(3, dtype=np.float32), 0.0)


def test_many_at_once_are_taken_in_as_one_by_one() -> None:
    items = [item(key, "abc"[key % 3], key * 3_600.0) for key in range(40)]
    together, singly = Window("test", WIDTH), Window("test", WIDTH)
    together.add_many(items)
    for one in items:
        singly.add(one)
    assert np.allclose(together.arrival_statistics()[0], singly.arrival_statistics()[0], atol=1e-6)
    assert np.allclose(together.arrival_statistics()[1], singly.arrival_statistics()[1])
    assert together.group_of == singly.group_of


def test_what_is_older_than_the_look_back_is_forgotten() -> None:
    window = Window("test", WIDTH, pace=Pace(look_back=1_000.0))
    window.add_many([item(key, f"old {key}", float(key)) for key in range(1_500)])
    window.add_many([item(key + 2_000, "new", 10_000.0 + key) for key in range(50)])
    assert len(window) == 50
    assert set(window.groups) == {"new"}
    assert np.array_equal(
        window.naming_service("vpn"), [SERVICES[key % 3] == "vpn" for key in range(2_000, 2_050)]
    )
    assert len(window.rows_with_signature("code 1")) == sum(key % 4 == 1 for key in range(50))


def test_a_service_nobody_named_is_named_by_no_row() -> None:
    window = Window("test", WIDTH)
    window.add(item(1, "a", 0.0))
    assert not window.naming_service("payroll").any()
    assert window.naming_service("vpn").all()


def test_words_that_everybody_uses_are_not_shared_words() -> None:
    window = Window("test", WIDTH)
    common = PairFacts(words=frozenset({"broken"}))
    rare = PairFacts(words=frozenset({"broken", "gateway"}))
    for key in range(30):
        facts = rare if key == 3 else common
        window.add(Item(key, key, float(key), VECTORS[0], facts))
    scores, total = window.shared_words(rare.words)
    assert np.flatnonzero(scores).tolist() == [3]
    assert total > scores[3]


def test_of_equal_ways_to_say_it_a_chore_and_an_outage_are_told_apart() -> None:
    chore = PairFacts.of("I forgot my password, please reset it", service=None, site=None)
    outage = PairFacts.of("nobody can log in, password rejected", service=None, site=None)
    assert chore.own_account
    assert not outage.own_account
