"""A shared signature counts where it is rare in this installation, and nowhere else."""

from __future__ import annotations

import numpy as np

from classifier.pair_candidates import Query
from classifier.signature_rarity import rare_signatures
from classifier.window import Item, PairFacts, Window
from incidents.grouping import signature_groups

HOUR = 3_600.0
EAST = np.array([1.0, 0.0], dtype=np.float32)
LINE = "template:930baf52ad6c connection to <*> refused"


def window(*rows: tuple[str, float, set[str]]) -> Window:
    made = Window("test", 2)
    for number, (group, at, signs) in enumerate(rows):
        made.add(Item(number, group, at, EAST, PairFacts(signatures=frozenset(signs))))
    return made


def rare(made: Window, at: float, *signs: str) -> list[str]:
    facts = PairFacts(signatures=frozenset(signs))
    return [one.signature for one in rare_signatures(made, facts, at)]


def test_a_line_that_one_other_report_shows_is_rare() -> None:
    made = window(("a", 0.0, {LINE}), ("b", 1.0, {"code:ORA-12170"}))
    assert rare(made, HOUR, LINE) == [LINE]


def test_a_code_that_everybodys_machine_prints_is_not_rare_however_few_attach_a_log() -> None:
    quiet = [(f"q{n}", float(n), set[str]()) for n in range(500)]
    logs = [(f"g{n}", 500.0 + n, {"code:error 503"}) for n in range(6)]
    assert rare(window(*quiet, *logs), HOUR, "code:error 503") == []


def test_the_code_of_one_great_incident_stays_a_sign_of_it() -> None:
    made = window(*[("a", float(n), {"code:ORA-12170"}) for n in range(60)])
    assert rare(made, HOUR, "code:ORA-12170") == ["code:ORA-12170"]


def test_what_comes_back_every_day_is_noise_also_where_it_came_into_one_group() -> None:
    made = window(*[("a", day * 24 * HOUR, {LINE}) for day in range(5)])
    assert rare(made, 5 * 24 * HOUR, LINE) == []


def test_one_message_from_two_servers_is_two_troubles() -> None:
    made = window(("a", 0.0, {LINE, "host:srv-sql-01"}), ("b", 0.0, {LINE}))
    query = Query(EAST, HOUR, PairFacts(signatures=frozenset({LINE, "host:srv-mail-02"})))
    assert signature_groups(made, query) == {"b": LINE}


def test_the_rarest_shared_signature_is_named() -> None:
    made = window(
        ("a", 0.0, {LINE, "code:ORA-12170"}), ("a", 1.0, {LINE}), ("a", 2.0, {LINE})
    )  # fmt: skip
    query = Query(EAST, HOUR, PairFacts(signatures=frozenset({LINE, "code:ORA-12170"})))
    assert signature_groups(made, query) == {"a": "code:ORA-12170"}


def test_what_came_after_the_moment_asked_for_does_not_count() -> None:
    assert rare(window(("a", 2 * HOUR, {LINE})), HOUR, LINE) == []
