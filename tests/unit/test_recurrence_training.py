"""A labelled history becomes questions, and questions become weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.encoding import HashEncoder
from classifier.recurrence import Account
from classifier.recurrence_examples import REACH, Told, ask, ask_halves, cut_episodes
from classifier.recurrence_training import judge, train_recurrence
from classifier.train_pairs import NothingToLearnError
from classifier.window import PairFacts
from incidents.recurrence_stream import parse_recurrences
from incidents.replay import BadStreamError
from tests.fakes import plain_recurrence

DAY = 86_400.0
WORDS = ("alpha beta gamma", "delta epsilon zeta", "eta theta iota", "kappa lambda mu", "nu xi rho")


def told(key: str, at: float, text: str, incident: str, cause: str | None = None) -> Told:
    vector = HashEncoder().encode([text])[0]
    facts = PairFacts.of(text, service=None, site=None)
    return Told(Account(key, at, vector, facts), incident, cause or incident)


def history(days: int = 40) -> list[Told]:
    """Five causes that come back in turn, each told by three people, and a stranger a day."""
    rows = []
    for day in range(days):
        cause = day % 5
        for person in range(3):
            text = f"{WORDS[cause]} {' '.join(WORDS[cause].split()[person:])} desk{day}{person}"
            rows.append(
                told(f"r{day}.{person}", day * DAY + person * 60, text, f"i{day}", f"c{cause}")
            )
        rows.append(told(f"s{day}", day * DAY + 900, f"stranger{day} alone{day}", f"s{day}"))
    return rows


def test_an_incident_that_falls_silent_and_comes_back_is_two_of_one_cause() -> None:
    rows = [told("a", 0, "x", "i"), told("b", REACH, "x", "i"), told("c", 3 * REACH, "x", "i")]
    cut = cut_episodes(rows)
    assert [one.incident for one in cut] == ["i", "i", ("i", 1)]
    assert {one.cause for one in cut} == {"i"}


def test_an_incident_is_asked_about_at_two_reports_and_at_each_doubling() -> None:
    rows = [told("old", 0, "x y", "old", "c")]
    rows += [told(f"n{n}", 10 * DAY + n, "x y", "new", "c") for n in range(9)]
    questions = ask(rows)
    assert [one.size for one in questions] == [2, 4, 8]
    assert all(one.recurs and one.right.tolist() == [1.0] for one in questions)


def test_what_went_on_at_the_same_time_is_no_answer() -> None:
    rows = [told("a", 0, "x y", "one", "c"), told("b", 60, "x y", "other", "c")]
    rows += [told("a2", REACH / 2, "x y", "one", "c"), told("b2", REACH / 2, "x y", "other", "c")]
    assert ask(rows) == []


def test_single_reports_are_asked_about_only_where_each_is_an_incident() -> None:
    rows = [told("a", 0, "x", "a"), told("b", 5 * DAY, "x", "b")]
    assert len(ask(rows)) == 1
    assert ask(rows, alone=False) == []


def test_halves_find_each_other_and_learn_nothing_of_what_is_held() -> None:
    rows = [told(f"m{n}", n * 60.0, WORDS[0], "i") for n in range(6)]
    rows += [told(f"o{n}", n * 60.0, WORDS[1], "other") for n in range(4)]
    held = [replace(one, held=True) for one in rows]
    questions = ask_halves(rows)
    assert {one.incident for one in questions} == {("made", "i"), ("made", "other")}
    assert all(one.right.max() == 1.0 and one.weight < 1.0 for one in questions)
    assert ask_halves(held) == []


def test_training_links_what_comes_back_and_not_the_strangers() -> None:
    questions = ask(cut_episodes(history()), alone=False)
    scorer = train_recurrence({"h": questions}, "hash-v1", name="t", date="2026-11-25")
    found = judge(questions, scorer, scorer.link)
    assert found.recurring == 35
    assert found.recall > 0.9
    assert found.precision > 0.9
    assert scorer.manifest["cross_fitted"]["h"]["recall"] > 0.9
    assert scorer.manifest["trained_on"] == "h"


def test_held_questions_are_judged_and_never_learnt_from() -> None:
    rows = history()
    held = [replace(one, held=one.account.at > 30 * DAY) for one in rows]
    full = train_recurrence({"h": ask(held, alone=False)}, "e", name="t", date="d")
    told_only = [one for one in ask(held, alone=False) if not one.held]
    without = train_recurrence({"h": told_only}, "e", name="t", date="d")
    assert full.weights.tolist() == pytest.approx(without.weights.tolist())
    assert full.manifest["held"]["h"]["incidents"] > 0
    assert "h" not in without.manifest["held"]


def test_the_same_history_gives_the_same_numbers() -> None:
    questions = ask(history(), alone=False)
    one = train_recurrence({"h": questions}, "e", name="t", date="d")
    assert one.to_json() == train_recurrence({"h": questions}, "e", name="t", date="d").to_json()


def test_a_history_in_which_nothing_comes_back_teaches_nothing() -> None:
    rows = [told(f"s{n}", n * DAY, f"word{n}", f"s{n}") for n in range(10)]
    with pytest.raises(NothingToLearnError):
        train_recurrence({"h": ask(rows)}, "e", name="t", date="d")


def test_a_judgement_counts_each_incident_once() -> None:
    rows = [told("old", 0, "x y", "old", "c")]
    rows += [told(f"n{n}", 10 * DAY + n, "x y", "new", "c") for n in range(9)]
    questions = [one for one in ask(rows) if one.incident == "new"]
    found = judge(questions, plain_recurrence(), 0.5)
    assert (found.incidents, found.recurring, found.links, found.false) == (1, 1, 1, 0)
    assert (found.first, found.among) == (1, 1)
    nothing = judge(questions, plain_recurrence(), 1.1)
    assert (nothing.links, nothing.recall, nothing.precision) == (0, 0.0, 1.0)


def test_recurrences_of_a_stream_are_read_from_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    rows = [
        {"id": "1", "group": "a", "recurrence_of": None},
        {"id": "2", "group": "b", "recurrence_of": "a"},
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    assert parse_recurrences(path) == {"b": "a"}
    path.write_text("{", encoding="utf-8")
    with pytest.raises(BadStreamError):
        parse_recurrences(path)


def test_the_smallest_histories_do_no_harm() -> None:
    assert ask([told("a", 0, "x", "a")]) == []
    assert np.isfinite(ask([told("a", 0, "x", "a"), told("b", DAY, "y", "b")])[0].values).all()
