"""The simplest methods: long windows, and HDBSCAN over windows of time."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.baselines import (
    LONG_HOURS,
    Clusters,
    ClusterSetting,
    Setting,
    cluster_settings,
    meaning,
    settings,
)

HOUR = 3_600.0


def unit(*angles: float) -> np.ndarray:
    return np.array([[np.cos(a), np.sin(a)] for a in angles], dtype=np.float32)


def burst(start: float, angle: float, count: int) -> tuple[list[float], list[float]]:
    return [start + 60 * n for n in range(count)], [angle + 0.01 * n for n in range(count)]


@pytest.mark.parametrize(("cut", "alone"), [(None, 0), (0.7, 2)])
def test_hdbscan_finds_two_bursts_and_where_it_is_cut_leaves_the_rest_alone(
    cut: float | None, alone: int
) -> None:
    first, second = burst(0.0, 0.0, 6), burst(30.0, 2.0, 6)
    moments = [*first[0], *second[0], 700.0, 800.0]
    angles = [*first[1], *second[1], 4.0, 5.3]
    order = np.argsort(moments, kind="stable")
    told = [("a" if p < 6 else "b" if p < 12 else f"alone {p}") for p in order]
    clusters = Clusters([moments[p] for p in order], unit(*(angles[p] for p in order)))
    groups = clusters.groups(ClusterSetting(3, 3.0, cut))
    for label in ("a", "b"):
        assert len({g for g, one in zip(groups, told, strict=True) if one == label}) == 1
    assert len(set(groups)) == 2 + alone


def test_a_cluster_goes_on_into_the_next_window() -> None:
    moments = [HOUR * n / 2 for n in range(12)]
    clusters = Clusters(moments, unit(*(0.01 * n for n in range(12))))
    assert len(set(clusters.groups(ClusterSetting(2, 3.0, 0.7)))) == 1


def test_what_never_shares_a_window_is_apart() -> None:
    moments = [0.0, 60.0, 120.0, 900 * HOUR, 900 * HOUR + 60, 900 * HOUR + 120]
    groups = Clusters(moments, unit(*([0.0, 0.01, 0.02] * 2))).groups(ClusterSetting(2, 3.0, 0.7))
    assert len(set(groups)) == 2
    assert groups[0] == groups[2] != groups[3]


def test_an_empty_stream_has_no_clusters() -> None:
    assert Clusters([], unit()).groups(ClusterSetting(2, 3.0, None)) == []


def test_the_single_pass_looks_back_years_where_a_set_asks_for_it() -> None:
    moments = [0.0, 700 * 24 * HOUR]
    long = meaning(moments, unit(0.0, 0.01), most_hours=max(LONG_HOURS))
    assert long.groups(Setting(0.5, max(LONG_HOURS), "mean")) == [0, 0]
    assert long.groups(Setting(0.5, 24.0 * 30, "mean")) == [0, 1]


def test_a_coarse_grid_is_a_part_of_the_whole() -> None:
    assert set(settings(every=3)) < set(settings())
    assert len(set(cluster_settings())) == len(list(cluster_settings()))
