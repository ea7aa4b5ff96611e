"""What a replay raises: each matter once, whatever groups its reports are in."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from classifier.window import Item, PairFacts, Window
from incidents.alarms import Threshold
from incidents.candidates import CandidateRule
from incidents.replay_watch import Seen, Watch

DAY = 86_400.0
NOW = 20 * DAY


def watching() -> Watch:
    window = Window("test", 2)
    return Watch(window, CandidateRule(4, timedelta(hours=6)), Threshold(5.0))


def tell(watch: Watch, key: str, group: str, at: float, angle: float) -> None:
    vector = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)
    watch.window.add(Item(key, group, at, vector, PairFacts()))
    watch.window.set_group(group, joinable=True, restricted=False)
    watch.see(key, group, Seen(key, at, key))


def quiet_past(watch: Watch) -> None:
    for n in range(280):
        tell(watch, f"past{n}", f"p{n}", NOW - DAY - (280 - n) * DAY / 20, 2.0)


def test_stragglers_beside_a_proposed_incident_raise_no_second_alarm() -> None:
    watch = watching()
    quiet_past(watch)
    for n in range(10):
        tell(watch, f"r{n}", "outage", NOW + 60 * n, 0.0)
    for n in range(4):
        tell(watch, f"s{n}", "straggler", NOW + 600 + 60 * n, 0.02)
    assert [alarm.group for alarm in watch.alarms] == ["outage"]
    assert (
        len(watch.alarms[0].ids) < 10
    )  # later reports were not counted, and are told all the same


def test_another_matter_beside_it_raises_one_of_its_own() -> None:
    watch = watching()
    quiet_past(watch)
    for n in range(10):
        tell(watch, f"r{n}", "outage", NOW + 60 * n, 0.0)
        tell(watch, f"o{n}", "other", NOW + 60 * n + 30, 4.0)
    assert sorted(alarm.group for alarm in watch.alarms) == ["other", "outage"]
