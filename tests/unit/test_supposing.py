"""A report's candidates, had it named a service or a site."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from classifier.encoding import HashEncoder
from classifier.pair_candidates import Query
from classifier.pair_features import FEATURES
from classifier.pair_scorer import PairScorer, load_scorer
from classifier.supposing import ANOTHER, Slot, suppose_answers
from classifier.window import Item, PairFacts, Window
from tests.fakes import plain_scorer

ENCODER = HashEncoder()
TEXT = "no network here"


def scorer() -> PairScorer:
    """Words alone, and a place in common on top."""
    plain = plain_scorer()
    weights = np.array([2.0 if name == "same_site" else 0.0 for name in FEATURES])
    return replace(plain, weights=plain.weights + weights)


def window() -> Window:
    made = scorer().open_window(ENCODER.id, ENCODER.width)
    vector = ENCODER.encode([TEXT])[0]
    for number, site in enumerate(("berlin", "london", "london")):
        facts = PairFacts.of(TEXT, service="wifi", site=site)
        made.add(Item(number, f"of {site}", 10.0 * number, vector, facts))
    return made


def query(**facts: str | None) -> Query:
    told = PairFacts.of(TEXT, service=facts.get("service"), site=facts.get("site"))
    return Query(ENCODER.encode([TEXT])[0], 60.0, told)


def test_each_answer_that_the_candidates_name_is_tried_and_one_more() -> None:
    asked = query(service="wifi")
    found = suppose_answers(window(), scorer(), asked, scorer().score(window(), asked))
    assert set(found) == {"site"}
    assert set(found["site"].scored) == {"berlin", "london", ANOTHER}
    assert found["site"].named == {"of berlin": {"berlin": 1.0}, "of london": {"london": 1.0}}


def test_an_answer_brings_the_candidates_of_that_place_nearer() -> None:
    asked = query()
    found = suppose_answers(window(), scorer(), asked, scorer().score(window(), asked))["site"]
    chances = {
        answer: {one.group: one.probability for one in scored}
        for answer, scored in found.scored.items()
    }
    assert chances["berlin"]["of berlin"] > chances["london"]["of berlin"]
    assert chances[ANOTHER]["of berlin"] == chances["london"]["of berlin"]


@pytest.mark.parametrize(
    ("slot", "answer", "known"),
    [
        ("site", "berlin", {}),
        ("site", "pune", {"service": "wifi"}),
        ("service", "wifi", {}),
        ("service", "printing", {"site": "london"}),
    ],
)
def test_as_if_told_is_as_told_by_every_measure(
    slot: Slot, answer: str, known: dict[str, str]
) -> None:
    asked, held = query(**known), window()
    held.add(
        Item(
            9,
            "of the printer",
            50.0,
            asked.vector,
            PairFacts.of(TEXT, service="printing", site=None),
        )
    )
    held.add(Item(10, "of pune", 55.0, asked.vector, PairFacts.of(TEXT, service=None, site="pune")))
    shipped = load_scorer()
    found = suppose_answers(held, shipped, asked, shipped.score(held, asked))[slot]
    assert found.scored[answer] == shipped.score(held, query(**known, **{slot: answer}))


def test_where_nothing_is_near_no_answer_changes_anything() -> None:
    empty = scorer().open_window(ENCODER.id, ENCODER.width)
    found = suppose_answers(empty, scorer(), query(), [])
    assert {slot: dict(one.scored) for slot, one in found.items()} == {"service": {}, "site": {}}
