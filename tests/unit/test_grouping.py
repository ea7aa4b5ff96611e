"""The decision: people's words first, exact signatures second, probability third."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.pair_candidates import Query
from classifier.pair_scorer import Scored
from classifier.window import Item, PairFacts, Window
from incidents.grouping import Bonds, GroupingPolicy, choose_group, signature_groups
from models.vocabulary import Author

POLICY = GroupingPolicy(join=0.5, suggest=0.2, offer=0.5, provenance="test")


def scored(group: str, probability: float, **more: object) -> Scored:
    measures = {"other_service": 0.0, "rank": -3.0} | more.pop("measures", {})
    return Scored(group, probability, measures, {}, (("r1", 0.8),), **more)


def test_a_likely_group_is_joined() -> None:
    choice = choose_group([scored("a", 0.7), scored("b", 0.3)], Bonds(), POLICY)
    assert (choice.group, choice.author) == ("a", Author.MODEL)
    assert choice.evidence["decision"] == "join"
    assert choice.evidence["runner_up"] == ["b", 0.3]
    assert choice.suggested == (("b", 0.3),)


def test_an_unlikely_group_is_only_suggested() -> None:
    choice = choose_group([scored("a", 0.4), scored("b", 0.1)], Bonds(), POLICY)
    assert choice.group is None
    assert choice.suggested == (("a", 0.4),)
    assert choice.evidence["decision"] == "open"
    assert choice.evidence["probability"] == 0.4


def test_another_service_and_words_hardly_alike_are_only_suggested() -> None:
    unlike = {"other_service": 1.0, "top3": 0.1}
    choice = choose_group([scored("a", 0.7, measures=unlike)], Bonds(), POLICY)
    assert (choice.group, choice.suggested) == (None, (("a", 0.7),))
    alike = {"other_service": 1.0, "top3": 0.5}
    assert choose_group([scored("a", 0.7, measures=alike)], Bonds(), POLICY).group == "a"


def test_a_rare_line_in_both_logs_outweighs_that_the_services_differ() -> None:
    unlike = {"other_service": 1.0, "top3": 0.1}
    shown = {"a": "template:1 quorum lost"}
    choice = choose_group(
        [scored("a", 0.7, measures=unlike)], Bonds(), POLICY, signature_groups=shown
    )
    assert choice.group == "a"


def test_with_nothing_to_compare_a_new_incident_opens() -> None:
    choice = choose_group([], Bonds(), POLICY)
    assert (choice.group, choice.probability, choice.suggested) == (None, None, ())


def test_a_persons_yes_outweighs_the_probability() -> None:
    choice = choose_group([scored("a", 0.9), scored("b", 0.01)], Bonds(must="b"), POLICY)
    assert (choice.group, choice.author) == ("b", Author.REPORTER)
    assert choice.evidence["decision"] == "told"


def test_a_yes_to_a_group_that_was_not_compared_is_obeyed_too() -> None:
    choice = choose_group([], Bonds(must="z", must_author=Author.STAFF), POLICY)
    assert (choice.group, choice.probability, choice.author) == ("z", None, Author.STAFF)


def test_a_no_outweighs_everything_that_is_not_a_persons() -> None:
    bonds = Bonds(never=frozenset({"a"}))
    choice = choose_group(
        [scored("a", 0.99), scored("b", 0.6)], bonds, POLICY, signature_groups={"a": "0x1"}
    )
    assert choice.group == "b"
    assert all(group != "a" for group, _ in choice.suggested)


def test_a_no_and_a_yes_to_the_same_group_keep_apart() -> None:
    choice = choose_group([scored("a", 0.9)], Bonds(must="a", never=frozenset({"a"})), POLICY)
    assert choice.group is None


def test_a_shared_rare_code_joins_below_the_threshold() -> None:
    choice = choose_group([scored("a", 0.1)], Bonds(), POLICY, signature_groups={"a": "0x1"})
    assert (choice.group, choice.author) == ("a", Author.SIGNATURE)
    assert choice.evidence["signature"] == "0x1"


@pytest.mark.parametrize("against", [{"measures": {"other_service": 0.5}}, {"apart": True}])
def test_a_shared_code_does_not_join_another_service_or_a_chore(against: dict) -> None:
    one = scored("a", 0.1, **against)
    assert choose_group([one], Bonds(), POLICY, signature_groups={"a": "0x1"}).group is None


def window(*signatures: tuple[str, str]) -> Window:
    made = Window("test", 2)
    east = np.array([1.0, 0.0], dtype=np.float32)
    for number, (group, sign) in enumerate(signatures):
        made.add(Item(number, group, float(number), east, PairFacts(signatures=frozenset({sign}))))
    return made


def query(*signatures: str) -> Query:
    east = np.array([1.0, 0.0], dtype=np.float32)
    return Query(east, 1_000.0, PairFacts(signatures=frozenset(signatures)))


def test_a_code_seen_in_one_group_only_points_there() -> None:
    assert signature_groups(window(("a", "0x1"), ("a", "0x1"), ("b", "0x2")), query("0x1")) == {
        "a": "0x1"
    }


def test_a_code_that_everybody_has_proves_nothing() -> None:
    made = window(*[(f"g{n}", "error 503") for n in range(10)])
    assert signature_groups(made, query("error 503")) == {}


def test_without_a_code_there_is_nothing_exact() -> None:
    assert signature_groups(window(("a", "0x1")), query()) == {}


SCORED = st.lists(
    st.tuples(st.sampled_from("abcde"), st.floats(0, 1), st.booleans(), st.booleans()),
    max_size=5,
    unique_by=lambda one: one[0],
)


@given(SCORED, st.sets(st.sampled_from("abcde")), st.sampled_from([None, *"abcde"]))
def test_nobody_is_ever_put_where_somebody_said_no(
    rows: list, never: set, must: str | None
) -> None:
    ranked = sorted(
        (
            scored(g, p, apart=apart, measures={"other_service": float(o)})
            for g, p, apart, o in rows
        ),
        key=lambda one: -one.probability,
    )
    choice = choose_group(
        ranked, Bonds(must=must, never=frozenset(never)), POLICY,
        signature_groups={one.group: "0x1" for one in ranked[::2]},
    )  # fmt: skip
    assert choice.group not in never
    if must is not None and must not in never:
        assert choice.group == must
    elif choice.author is Author.MODEL and choice.group is not None:
        assert choice.probability >= POLICY.join
    assert not never & {group for group, _ in choice.suggested}
