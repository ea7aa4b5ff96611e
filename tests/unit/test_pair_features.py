"""What is measured between a report and a group."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.disturbance import Disturbance
from classifier.encoding import Vector
from classifier.pair_candidates import Query
from classifier.pair_features import FALLING, FEATURES, RISING, SHOWN, Compared, compare
from classifier.window import Item, PairFacts, Window

WIDTH = 4
HOUR = 3_600.0


def direction(*parts: float) -> Vector:
    vector = np.array([*parts, *([0.0] * (WIDTH - len(parts)))], dtype=np.float32)
    return vector / np.linalg.norm(vector)


EAST, NORTH, BETWEEN = direction(1), direction(0, 1), direction(1, 1)


def window(*rows: tuple[str, Vector, float, PairFacts]) -> Window:
    made = Window("test", WIDTH)
    for number, (group, vector, at, facts) in enumerate(rows):
        made.add(Item(number, group, at, vector, facts))
    return made


def measured(made: Window, query: Query, group: str = "a") -> dict[str, float]:
    found = {one.group: one for one in compare(made, query)}
    return dict(zip(FEATURES, found[group].values.tolist(), strict=True))


def plain(*, service: str | None = None, site: str | None = None, **more: object) -> PairFacts:
    return PairFacts(service=service, site=site, **more)


def test_an_empty_window_offers_nothing() -> None:
    assert compare(Window("test", WIDTH), Query(EAST, 0.0, plain())) == []


def test_cosines_are_measured_to_the_members_and_their_centre() -> None:
    made = window(("a", EAST, 0.0, plain()), ("a", NORTH, 1.0, plain()))
    found = measured(made, Query(EAST, 2.0, plain()))
    assert found["max"] == pytest.approx(1.0)
    assert found["mean"] == pytest.approx(0.5)
    assert found["centroid"] == pytest.approx(2**-0.5)
    assert found["size"] == pytest.approx(np.log(2))
    assert found["single"] == 0.0


def test_a_shared_and_another_service_and_site_are_shares_of_the_members() -> None:
    made = window(
        ("a", EAST, 0.0, plain(service="vpn", site="berlin")),
        ("a", EAST, 1.0, plain(service="wifi", site="london")),
        ("a", EAST, 2.0, plain(service="vpn")),
    )
    found = measured(made, Query(EAST, 3.0, plain(service="vpn", site="berlin")))
    assert found["same_service"] == pytest.approx(2 / 3)
    assert found["other_service"] == pytest.approx(1 / 3)
    assert found["same_site"] == found["other_site"] == pytest.approx(1 / 2)
    assert found["site_known"] == pytest.approx(1.0)


def test_what_is_not_known_speaks_neither_for_nor_against() -> None:
    made = window(("a", EAST, 0.0, plain(service="vpn", site="berlin")))
    found = measured(made, Query(EAST, 1.0, plain()))
    names = (
        "same_service",
        "other_service",
        "service_crowd",
        "same_site",
        "other_site",
        "site_known",
    )
    assert [found[name] for name in names] == [0.0] * len(names)


def test_more_reports_of_one_service_than_usual_make_a_crowd() -> None:
    few = window(("a", EAST, 0.0, plain(service="vpn")))
    many = window(*[("a", EAST, 60.0 * n, plain(service="vpn")) for n in range(8)])
    query = Query(EAST, 600.0, plain(service="vpn"))
    assert measured(many, query)["service_crowd"] > measured(few, query)["service_crowd"] > 0


def test_a_service_that_is_reported_all_the_time_makes_none() -> None:
    usual = [("old", NORTH, HOUR * n, plain(service="vpn")) for n in range(100)]
    fresh = ("a", EAST, 100 * HOUR, plain(service="vpn"))
    query = Query(EAST, 100 * HOUR + 60, plain(service="vpn"))
    quiet = measured(window(fresh), query)["service_crowd"]
    assert measured(window(*usual, fresh), query)["service_crowd"] < quiet


def test_the_same_rare_code_is_seen() -> None:
    made = window(("a", EAST, 0.0, plain(signatures=frozenset({"0x1"}))))
    assert measured(made, Query(EAST, 1.0, plain(signatures=frozenset({"0x1"}))))["same_signature"]
    assert not measured(made, Query(EAST, 1.0, plain()))["same_signature"]


def test_time_apart_only_grows() -> None:
    made = window(("a", EAST, 0.0, plain()))
    waits = [measured(made, Query(EAST, wait, plain()))["since_last"] for wait in (1.0, 60.0, HOUR)]
    assert waits == sorted(waits)


def test_a_report_from_before_the_groups_last_one_is_not_in_the_future() -> None:
    made = window(("a", EAST, 100.0, plain()))
    found = measured(made, Query(EAST, 40.0, plain()))
    assert found["since_last"] == found["since_first"] == 0.0


def test_a_group_that_was_quiet_for_half_a_day_is_not_compared_with() -> None:
    made = window(("a", EAST, 0.0, plain()))
    assert compare(made, Query(EAST, 13 * HOUR, plain())) == []


def test_closed_excluded_and_differently_restricted_groups_are_not_candidates() -> None:
    made = window(*[(name, EAST, 0.0, plain()) for name in "abcd"])
    made.set_group("b", joinable=False, restricted=False)
    made.set_group("c", joinable=True, restricted=True)
    open_ones = compare(made, Query(EAST, 1.0, plain()), exclude={"d"})
    restricted = compare(made, Query(EAST, 1.0, plain(), restricted=True))
    assert [one.group for one in open_ones] == ["a"]
    assert [one.group for one in restricted] == ["c"]


def test_a_second_look_at_some_groups_measures_them_as_the_first_did() -> None:
    made = window(
        *[(f"g{n % 5}", direction(1, n / 9, (n % 3) / 4), 30.0 * n, plain()) for n in range(30)]
    )
    query = Query(BETWEEN, 900.0, plain())
    everything = {one.group: one.values for one in compare(made, query)}
    for one in compare(made, query, only={"g1", "g3"}):
        assert np.allclose(one.values, everything[one.group])


def test_a_chore_is_kept_apart_from_its_likes() -> None:
    made = window(("a", EAST, 0.0, plain(own_account=True)), ("b", BETWEEN, 0.0, plain()))
    apart = {one.group: one.apart for one in compare(made, Query(EAST, 1.0, plain()))}
    assert apart == {"a": True, "b": False}


def test_the_nearest_members_are_named_best_first() -> None:
    made = window(
        ("a", NORTH, 0.0, plain()), ("a", EAST, 1.0, plain()), ("a", BETWEEN, 2.0, plain())
    )
    (one,) = compare(made, Query(EAST, 3.0, plain()))
    assert [key for key, _ in one.nearest] == [1, 2, 0]


def test_every_feature_has_at_most_one_direction() -> None:
    assert set(FEATURES) >= RISING | FALLING | SHOWN
    assert not RISING & FALLING
    assert not SHOWN & (RISING | FALLING)
    assert len(set(FEATURES)) == len(FEATURES)


POINT = st.tuples(
    st.sampled_from("abc"),
    st.tuples(*[st.floats(-1, 1, width=32)] * 3).filter(lambda v: sum(map(abs, v)) > 0.1),
    st.floats(0, 40 * HOUR),
    st.sampled_from([None, "vpn", "wifi"]),
    st.sampled_from([None, "berlin", "london"]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(POINT, min_size=1, max_size=25), POINT)
def test_every_measure_is_a_finite_number(points: list[tuple], query: tuple) -> None:
    points = sorted(points, key=lambda point: point[2])
    made = window(
        *[(g, direction(*v), at, plain(service=s, site=where)) for g, v, at, s, where in points]
    )
    _, vector, _, service, site = query
    at = points[-1][2] + 1.0
    found: list[Compared] = compare(
        made, Query(direction(*vector), at, plain(service=service, site=site))
    )
    assert all(np.isfinite(one.values).all() for one in found)
    assert len({one.group for one in found}) == len(found)


def test_who_spoke_of_a_group_before_is_known_again() -> None:
    made = window(("a", EAST, 0.0, plain(reporter="p1")), ("b", NORTH, 1.0, plain(reporter="p2")))
    query = Query(BETWEEN, 2.0, plain(reporter="p1"))
    assert measured(made, query, "a")["same_reporter"] == 1.0
    assert measured(made, query, "b")["same_reporter"] == 0.0
    assert measured(made, Query(BETWEEN, 2.0, plain()), "a")["same_reporter"] == 0.0


def test_a_group_pulls_less_as_time_goes_by() -> None:
    made = window(("a", EAST, 0.0, plain()))
    soon = measured(made, Query(EAST, 60.0, plain()))
    late = measured(made, Query(EAST, 6 * HOUR, plain()))
    assert soon["pull"] > late["pull"] > 0


def test_a_group_that_others_compete_with_has_the_smaller_claim() -> None:
    alone = window(("a", EAST, 0.0, plain()))
    beside = window(("a", EAST, 0.0, plain()), ("b", EAST, 1.0, plain()))
    query = Query(EAST, 2.0, plain())
    assert measured(beside, query)["claim"] < measured(alone, query)["claim"]


def test_a_text_and_a_group_that_both_tell_of_trouble_share_it() -> None:
    sense = Disturbance("test", 4 * EAST, -2.0)
    made = Window("test", WIDTH, disturbance=sense)
    made.add(Item(1, "broken", 0.0, EAST, plain()))
    made.add(Item(2, "asking", 0.0, NORTH, plain()))
    found = measured(made, Query(EAST, 1.0, plain()), "broken")
    other = measured(made, Query(EAST, 1.0, plain()), "asking")
    assert found["trouble"] == other["trouble"] == pytest.approx(1 / (1 + np.exp(-2)))
    assert found["trouble_shared"] > other["trouble_shared"]


def test_a_sense_of_trouble_learnt_with_another_encoder_says_nothing() -> None:
    made = Window("test", WIDTH, disturbance=Disturbance("other", 4 * EAST, -2.0))
    assert made.trouble_of(EAST) == 0.5
    made.add(Item(1, "a", 0.0, EAST, plain()))
    made.tune(made.pace, Disturbance("test", 4 * EAST, -2.0))
    assert made.troubles()[0] > 0.8


def test_a_code_that_every_machine_prints_is_no_shared_sign() -> None:
    made = Window("test", WIDTH)
    for number in range(30):
        made.add(Item(number, f"g{number}", -20 * HOUR + number, NORTH, plain(signatures=common())))
    made.add(Item("last", "a", 0.0, EAST, plain(signatures=common())))
    found = measured(made, Query(EAST, 60.0, plain(signatures=common())))
    assert found["same_signature"] == 0.0


def common() -> frozenset[str]:
    return frozenset({"code:0x0"})
