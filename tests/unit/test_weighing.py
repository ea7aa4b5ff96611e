"""Who speaks of a matter, against how often such reports come: alarms and publishing."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from classifier.threads import Threads
from classifier.window import Item, PairFacts, Window
from incidents.alarms import Threshold
from incidents.candidates import CandidateRule, choose_alarm, choose_fixed, knows_the_usual
from incidents.publishing import Publication, Standing, choose_publication
from incidents.weighing import Gathering, Newcomer, Speaker, Weighing, weigh_group
from models.vocabulary import Audience, MajorState, Severity

HOUR, DAY = 3_600.0, 86_400.0
NOW = 20 * DAY
RULE = CandidateRule(4, timedelta(hours=6))


def pointing(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


class Desk:
    """A window with its people."""

    def __init__(self) -> None:
        self.window = Window("test", 2)
        self.threads = Threads(self.window)
        self.speakers: dict = {}

    def tell(
        self, key: str, at: float, *, group: str = "g", angle: float = 0.0, who: str = "",
        weight: float = 1.0,
    ) -> None:  # fmt: skip
        self.window.add(Item(key, group, at, pointing(angle), PairFacts()))
        self.threads.add(key)
        self.speakers[key] = Speaker(who or key, weight, at)

    def quiet_past(self, days: int = 14) -> Desk:
        for n in range(days * 20):
            at = NOW - DAY - (days * 20 - n) * DAY / 20
            self.tell(f"past{n}", at, group=f"p{n}", angle=2.0)
        return self

    def weigh(self, *members: str, **more) -> Weighing:
        told = Gathering(members, NOW, RULE.window, **more)
        found = weigh_group(self.window, self.threads, "g", told, self.speakers.get)
        assert found is not None
        return found


def test_one_person_who_speaks_often_counts_once() -> None:
    desk = Desk()
    for n in range(6):
        desk.tell(f"r{n}", NOW - 600 * n, who="ana")
    tally = desk.weigh(*(f"r{n}" for n in range(6))).own
    assert (tally.people, tally.distinct, len(tally.keys)) == (1.0, 1, 6)


def test_people_whom_nobody_verified_count_less() -> None:
    desk = Desk()
    for n in range(4):
        desk.tell(f"r{n}", NOW, weight=0.5)
    tally = desk.weigh("r0", "r1", "r2", "r3").own
    assert (tally.people, tally.distinct) == (2.0, 4)


def test_those_who_tell_alike_in_other_incidents_are_counted_apart_from_its_own() -> None:
    desk = Desk().quiet_past()
    for n in range(5):
        desk.tell(f"r{n}", NOW - 60 * (5 - n), group=f"g{n // 2}")
    found = desk.weigh("r0", "r1")
    assert found.own.people == 2
    assert found.alike.people == found.thread.people == 5


def test_what_people_said_is_something_else_is_not_counted() -> None:
    desk = Desk()
    for n in range(4):
        desk.tell(f"r{n}", NOW - 60 * (4 - n), group=f"g{n}")
    found = desk.weigh("r3", never=frozenset({"r0", "g1"}))
    assert set(found.alike.keys) == set(found.thread.keys) == {"r2", "r3"}


def test_a_report_on_its_way_is_counted_before_the_window_holds_it() -> None:
    desk = Desk()
    for n in range(3):
        desk.tell(f"r{n}", NOW - 60 * (3 - n))
    late = Newcomer("new", pointing(0.0), Speaker("eve", 1.0, NOW))
    found = desk.weigh("r0", "r1", "r2", newcomer=late)
    assert found.own.people == found.alike.people == found.thread.people == 4
    alone = desk.weigh(newcomer=late)
    assert alone.own.people == 1
    assert alone.alike.people == 4


def test_nothing_that_was_read_weighs_nothing() -> None:
    desk = Desk()
    told = Gathering(["unread"], NOW, RULE.window)
    assert weigh_group(desk.window, desk.threads, "g", told, desk.speakers.get) is None


def test_open_and_restricted_reports_are_never_counted_together() -> None:
    desk = Desk()
    for n in range(4):
        desk.tell(f"r{n}", NOW - 60 * (4 - n), group=f"g{n}")
    desk.window.set_group("g0", joinable=True, restricted=True)
    assert set(desk.weigh("r3").alike.keys) == {"r1", "r2", "r3"}
    assert set(desk.weigh("r0", restricted=True).alike.keys) == {"r0"}


def test_a_new_matter_raises_an_alarm_and_an_everyday_one_does_not() -> None:
    fresh, everyday = Desk().quiet_past(), Desk()
    for day in range(14):
        for n in range(20):
            everyday.tell(
                f"d{day}.{n}", NOW - DAY * (15 - day) + n * HOUR, group=f"d{day}.{n}",
            )  # fmt: skip
    for desk in (fresh, everyday):
        for n in range(6):
            desk.tell(f"r{n}", NOW - 60 * (6 - n))
    members = [f"r{n}" for n in range(6)]
    alarm = choose_alarm(fresh.weigh(*members), members, RULE, Threshold(6.0))
    assert alarm is not None
    assert alarm.proposal.sentence == (
        "6 people within 5 minutes; such reports usually come 0.1 a day."
    )
    assert alarm.proposal.rule == "learned"
    found = everyday.weigh(*members)
    assert knows_the_usual(found)
    assert choose_alarm(found, members, RULE, Threshold(6.0)) is None


def test_the_sentence_says_how_many_are_counted_from_elsewhere() -> None:
    desk = Desk().quiet_past()
    for n in range(6):
        desk.tell(f"r{n}", NOW - 60 * (6 - n), group="g" if n < 4 else "h")
    alarm = choose_alarm(
        desk.weigh("r0", "r1", "r2", "r3"), {"r0", "r1", "r2", "r3"}, RULE, Threshold(5)
    )
    assert alarm is not None
    assert "counting 2 reports of incidents that may be the same" in alarm.proposal.sentence


def test_the_fixed_rule_counts_those_who_tell_alike_too() -> None:
    desk = Desk()
    for n in range(4):
        desk.tell(f"r{n}", NOW - 60 * (4 - n), group="g" if n < 3 else "h")
    alarm = choose_fixed(desk.weigh("r0", "r1", "r2"), [], {"r0", "r1", "r2"}, RULE)
    assert alarm is not None
    assert alarm.proposal.sentence == (
        "4 people within 3 minutes, counting 1 report of incidents that may be the same "
        "(the rule: 4 people in 6 hours)."
    )
    assert choose_fixed(None, [], (), RULE) is None


def standing(**more) -> Standing:
    told = {
        "reporters": 1, "severity": Severity.SEV4, "major": MajorState.NONE,
        "audience": Audience.OPEN, "touched": False,
    }  # fmt: skip
    return Standing(**{**told, **more})


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"severity": Severity.SEV2}, "severity"),
        ({"severity": Severity.SEV1}, "severity"),
        ({"major": MajorState.PROPOSED}, "major"),
        ({"major": MajorState.REJECTED}, "major"),
        ({"touched": True}, "staff"),
        ({"audience": Audience.RESTRICTED}, "restricted"),
        ({"reporters": 3}, "people"),
    ],
)
def test_what_matters_is_published_at_once(more: dict, why: str) -> None:
    found = choose_publication(standing(**more), None)
    assert found is not None
    assert found.why == why


def test_a_single_mild_report_waits() -> None:
    assert choose_publication(standing(), None) is None
    assert choose_publication(standing(severity=Severity.SEV3, reporters=2), None) is None


def test_three_people_publish_a_new_matter_and_not_an_everyday_one() -> None:
    fresh, everyday = Desk().quiet_past(), Desk()
    for n in range(280):
        everyday.tell(f"d{n}", NOW - 15 * DAY + n * DAY / 20, group=f"d{n}")
    for desk in (fresh, everyday):
        for n in range(3):
            desk.tell(f"r{n}", NOW - 60 * (3 - n))
    members = ("r0", "r1", "r2")
    assert choose_publication(standing(reporters=3), fresh.weigh(*members)) == Publication(
        "people", "3 people in 2 minutes; such reports usually come 0.1 a day."
    )
    assert choose_publication(standing(reporters=3), everyday.weigh(*members)) is None


def test_before_there_is_a_past_three_people_are_enough() -> None:
    desk = Desk()
    for n in range(3):
        desk.tell(f"r{n}", NOW - 60 * (3 - n))
    assert choose_publication(standing(reporters=3), desk.weigh("r0", "r1", "r2")) == Publication(
        "people", "3 people in 2 minutes."
    )


def test_a_thread_that_leads_from_one_matter_to_another_counts_only_the_newest_matter() -> None:
    desk = Desk().quiet_past()
    angles = [0.0, 0.0, 0.0, 0.6, 1.2, 1.2, 1.2, 1.2]
    for number, angle in enumerate(angles):
        desk.tell(f"r{number}", NOW - 60 * (9 - number), group=f"g{number}", angle=angle)
    assert len(desk.threads.thread_of("r7")) == len(angles)
    found = desk.weigh("r7")
    assert set(found.thread.keys) >= {"r4", "r5", "r6", "r7"}
    assert not set(found.thread.keys) & {"r0", "r1", "r2"}
