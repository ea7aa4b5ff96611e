"""What an answer is worth: only what changes the decision is asked, the most telling first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.catalogue import Catalogue
from classifier.pair_scorer import Scored
from classifier.severity import PriorityMatrix
from classifier.supposing import ANOTHER, Supposed
from incidents.grouping import Bonds, GroupingPolicy
from incidents.question_value import (
    QuestionPolicy,
    Unasked,
    choose_questions,
    find_others,
    likely_services,
    likely_sites,
)

GROUPING = GroupingPolicy(join=0.5, suggest=0.2, offer=0.2, provenance="test")
POLICY = QuestionPolicy()
ONLY_ME = {"1": 0.0, "2": 0.0, "3": 1.0}


def scored(**chances: float) -> list[Scored]:
    found = [
        Scored(group, chance, {"other_service": 0.0, "top3": 0.9}, {}, ())
        for group, chance in chances.items()
    ]
    return sorted(found, key=lambda one: -one.probability)


def draft(**more: object) -> Unasked:
    """A draft of which all is known and nothing is near."""
    known = Unasked(
        scored=[],
        signatures={},
        bonds=Bonds(),
        grouping=GROUPING,
        supposed={},
        chances={},
        offered=None,
        impact=None,
        grades=(3, 3),
        matrix=PriorityMatrix(),
        others={"service": 0.0, "site": 0.0},
    )
    return replace(known, **more)  # type: ignore[arg-type]


def two_outages(**more: object) -> Unasked:
    """Berlin has one outage, London another, and the words fit both."""
    return draft(
        scored=scored(berlin=0.3, london=0.3),
        supposed={
            "site": Supposed(
                {
                    "berlin": scored(berlin=0.9, london=0.1),
                    "london": scored(berlin=0.1, london=0.9),
                    ANOTHER: scored(berlin=0.1, london=0.1),
                },
                {"berlin": {"berlin": 1.0}, "london": {"london": 1.0}},
            )
        },
        chances={"site": {"berlin": 0.25, "london": 0.25, "pune": 0.5}},
        **more,
    )


def test_nothing_is_asked_of_a_draft_of_which_all_is_known() -> None:
    assert choose_questions(draft(), POLICY) == ()


def test_who_is_affected_is_asked_and_the_reason_names_the_priorities() -> None:
    (asked,) = choose_questions(draft(impact=ONLY_ME, grades=(3, 1)), POLICY)
    assert asked.slot == "impact"
    assert asked.because == "who is affected decides between P1 and P3"
    assert asked.value == pytest.approx(0.65 * (0.42 + 2 * 0.12))


def test_where_every_grade_has_the_same_priority_it_is_not_asked_who_is_affected() -> None:
    flat = PriorityMatrix.from_json({f"{i}{u}": "P3" for i in (1, 2, 3) for u in (1, 2, 3)})
    assert choose_questions(draft(impact=ONLY_ME, matrix=flat), POLICY) == ()


def test_words_that_say_nothing_leave_it_to_what_people_usually_answer() -> None:
    (silent,) = choose_questions(draft(impact={}), POLICY)
    (plain,) = choose_questions(draft(impact=ONLY_ME), POLICY)
    assert silent.value > plain.value


def test_the_place_that_decides_between_two_outages_is_asked_before_who_is_affected() -> None:
    found = choose_questions(two_outages(impact=ONLY_ME), POLICY)
    assert [one.slot for one in found] == ["site", "impact"]
    assert found[0].because == "the site decides between 2 open incidents"


def test_a_place_that_brings_no_outage_nearer_is_not_asked() -> None:
    as_before = scored(berlin=0.3, london=0.3)
    same = Supposed({"berlin": as_before, "london": as_before, ANOTHER: as_before}, {})
    asked = replace(two_outages(), supposed={"site": same})
    assert choose_questions(asked, POLICY) == ()
    for_others = replace(asked, others={"service": 0.0, "site": 1.0})
    (one,) = choose_questions(for_others, POLICY)
    assert one.because == "others who report the same are found by the site"


def test_an_outage_that_it_would_join_anyway_is_told_first() -> None:
    near = draft(scored=scored(berlin=0.97), offered="berlin", impact=ONLY_ME)
    assert [one.slot for one in choose_questions(near, POLICY)] == ["same", "impact"]


def test_an_outage_that_it_may_be_is_asked_about_for_what_a_yes_is_worth() -> None:
    def value(chance: float) -> float:
        found = choose_questions(draft(scored=scored(berlin=chance), offered="berlin"), POLICY)
        return found[0].value if found else 0.0

    assert value(0.45) > value(0.2) > 0
    assert value(0.01) == 0.0


def test_what_the_reporter_said_it_is_not_decides_nothing() -> None:
    told = replace(two_outages(), bonds=Bonds(never=frozenset({"berlin", "london"})))
    assert choose_questions(told, POLICY) == ()


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=2),
    st.lists(st.floats(0, 1), min_size=6, max_size=6),
    st.floats(0, 1),
)
def test_questions_come_by_value_each_worth_its_price_and_always_the_same(
    now: list[float], then: list[float], trouble: float
) -> None:
    def pair(a: float, b: float) -> list[Scored]:
        return scored(berlin=a, london=b)

    answers = {"berlin": pair(*then[:2]), "london": pair(*then[2:4]), ANOTHER: pair(*then[4:])}
    named = {"berlin": {"berlin": 1.0}, "london": {"london": 1.0}}
    asked = two_outages(impact={}, offered="london")
    asked = replace(
        asked,
        scored=pair(*now),
        supposed={"site": Supposed(answers, named)},
        others={"service": 0.0, "site": trouble},
    )
    found = choose_questions(asked, POLICY)
    assert found == choose_questions(asked, POLICY)
    rest = [one for one in found if one.slot != "same"]
    assert [one.value for one in rest] == sorted((one.value for one in rest), reverse=True)
    assert all(one.value >= POLICY.price for one in rest)


def test_likely_answers_are_shares(catalogue: Catalogue) -> None:
    services = likely_services(catalogue, {"network": 0.75, "email": 0.25})
    assert sum(services.values()) == pytest.approx(1.0)
    assert services["email"] > services["erp"] == 0.0
    sites = likely_sites(catalogue, ["pune", "pune", "berlin"])
    assert sum(sites.values()) == pytest.approx(1.0)
    assert sites["pune"] > sites["berlin"] > sites["london"] > 0


def test_others_are_found_by_the_place_only_where_a_service_is_lost_at_one(
    catalogue: Catalogue,
) -> None:
    assert find_others(catalogue, {"wifi": 1.0}, 0.8) == {"service": 0.8, "site": 0.8}
    assert find_others(catalogue, {"crm": 1.0}, 0.8) == {"service": 0.8, "site": 0.0}
