"""Two incidents that may be one, and one that may be two: only with reasons, and once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.proposals import Part, Sketch, choose_merges, choose_split

HOUR = 3_600.0


def pointing(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def sketch(key: str, angle: float = 0.0, first: float = 0.0, last: float = HOUR, **more) -> Sketch:
    return Sketch(key, pointing(angle), first, last, **{"reports": 3, **more})


def merges(mine: Sketch, *others: Sketch, likely: float = 0.5, **more):
    told = {"suggest": 0.2, "alike_from": 0.6, **more}
    return choose_merges(mine, others, dict.fromkeys([o.key for o in others], likely), **told)


def test_two_that_tell_alike_at_the_same_time_are_proposed_with_the_reasons() -> None:
    (found,) = merges(
        sketch("a", service="vpn", site="berlin"),
        sketch("b", 0.3, service="vpn", site="berlin"),
    )
    assert found.other == "b"
    assert found.alike == pytest.approx(np.cos(0.3), abs=1e-6)
    assert found.reasons == (
        "same service", "same site", "their reports tell alike", "at the same time"
    )  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        sketch("b", 1.5),
        sketch("b", service="mail"),
        sketch("b", first=5 * HOUR, last=6 * HOUR),
        sketch("a"),
    ],
    ids=["another matter", "another service", "hours later", "itself"],
)
def test_what_differs_is_not_proposed(other: Sketch) -> None:
    assert merges(sketch("a", service="vpn"), other) == ()


def test_two_mere_fragments_are_not_proposed_and_a_fragment_of_an_incident_is() -> None:
    assert merges(sketch("a", reports=2), sketch("b", reports=1)) == ()
    assert len(merges(sketch("a", reports=1), sketch("b", reports=3))) == 1


def test_of_one_service_words_may_differ_more() -> None:
    assert merges(sketch("a"), sketch("b", 1.2)) == ()
    assert len(merges(sketch("a", service="vpn"), sketch("b", 1.2, service="vpn"))) == 1


def test_what_the_scorer_thinks_unlikely_is_not_proposed() -> None:
    assert merges(sketch("a"), sketch("b"), likely=0.1) == ()


def test_what_people_said_is_not_the_same_is_never_proposed_again() -> None:
    assert merges(sketch("a"), sketch("b"), apart={"b"}) == ()


def test_one_rare_error_code_brings_different_words_together() -> None:
    mine, other = (
        sketch(key, n * 1.5, signatures=frozenset({"code:E7"})) for n, key in enumerate("ab")
    )
    (found,) = merges(mine, other, likely=0.0)
    assert found.reasons[0] == "same error code or host: code:E7"


def test_the_likeliest_come_first_and_there_are_few() -> None:
    others = [sketch(f"o{n}") for n in range(6)]
    likely = {one.key: 0.3 + n / 10 for n, one in enumerate(others)}
    found = choose_merges(sketch("a"), others, likely, suggest=0.2, alike_from=0.5)
    assert [one.other for one in found] == ["o5", "o4", "o3"]


def parts(*heaps: tuple[int, float], **more) -> list[Part]:
    return [
        Part(f"{heap}.{n}", pointing(angle + 0.01 * n), **more)
        for heap, (count, angle) in enumerate(heaps)
        for n in range(count)
    ]


def test_two_heaps_of_meaning_are_proposed_to_be_split_the_smaller_one_away() -> None:
    found = choose_split(parts((7, 0.0), (4, 1.4)))
    assert found is not None
    assert found.kind == "meaning"
    assert set(found.away) == {f"1.{n}" for n in range(4)}
    assert found.within > found.across + 0.5


def test_one_heap_and_a_few_strangers_stay_together() -> None:
    assert choose_split(parts((9, 0.0))) is None
    assert choose_split(parts((9, 0.0), (2, 1.4))) is None
    assert choose_split(parts((3, 0.0), (2, 1.4))) is None


def test_two_services_with_a_gap_in_meaning_part_an_incident_and_the_unnamed_go_with_the_nearer() -> (
    None
):
    mail = [Part(f"m{n}", pointing(0.0), service="mail") for n in range(5)]
    vpn = [Part(f"v{n}", pointing(0.6), service="vpn") for n in range(3)]
    found = choose_split([*mail, *vpn, Part("x", pointing(0.5))])
    assert found is not None
    assert (found.kind, found.values) == ("service", ("vpn", "mail"))
    assert set(found.away) == {"v0", "v1", "v2", "x"}


def test_the_greater_part_stays_whatever_it_names() -> None:
    mail = [Part(f"m{n}", pointing(0.0), service="mail") for n in range(3)]
    vpn = [Part(f"v{n}", pointing(0.6), service="vpn") for n in range(3)]
    more = [Part(f"x{n}", pointing(0.0)) for n in range(2)]
    found = choose_split([*vpn, *mail, *more])
    assert found is not None
    assert found.values == ("vpn", "mail")
    assert set(found.away) == {"v0", "v1", "v2"}


def test_one_outage_at_two_sites_in_the_same_words_is_one() -> None:
    both = [
        Part(f"{site}{n}", pointing(0.02 * n), site=site)
        for site in ("berlin", "pune")
        for n in range(5)
    ]
    assert choose_split(both) is None


def test_two_error_codes_part_also_in_the_same_words() -> None:
    told = [
        Part(f"{code}{n}", pointing(0.0 if code == "E1" else 0.4), signatures=frozenset({f"code:{code}"}))
        for code in ("E1", "E2") for n in range(4)
    ]  # fmt: skip
    found = choose_split(told)
    assert found is not None
    assert found.kind == "signature"


def test_what_people_said_belongs_together_is_not_proposed_again() -> None:
    calm = parts((7, 0.0))
    assert (
        choose_split([*calm, *(Part(f"b{n}", pointing(1.4), bound=True) for n in range(4))]) is None
    )


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from([None, "a", "b"])), max_size=24))
def test_a_split_takes_every_report_once_and_leaves_the_greater_part(members) -> None:
    told = [Part(n, pointing(angle), service=service) for n, (angle, service) in enumerate(members)]
    found = choose_split(told)
    if found is not None:
        assert sorted([*found.away, *found.stay]) == list(range(len(told)))
        assert 3 <= len(found.away) <= len(found.stay)
        assert choose_split(list(told)) == found
