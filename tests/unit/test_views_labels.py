"""What the console says of a label's reasons."""

from __future__ import annotations

from typing import Any

from api.views_labels import render_labels
from classifier.heads import Nearest, Prediction


def said(**changes: Any) -> dict[str, Any]:
    near = Nearest("T0007", "business_application", 0.812, "SAP is slow")
    found = Prediction(
        "business_application", 0.72, {"business_application": 0.72, "access": 0.2, "data": 0.01},
        abstained=False, reasons=("sap",), contributions=(1.2,), nearest=(near,),
        error_at_most=0.1, promised=0.9,
    )  # fmt: skip
    return {**found.to_json(), **changes}


def test_the_words_the_others_and_the_nearest_examples_are_shown() -> None:
    (reason,) = render_labels({"artifact": "heads:1", "category": said()})
    assert (reason.label, reason.percent) == ("business application", 72)
    assert reason.sentence == "of such answers at most 10% are wrong"
    assert (reason.words, reason.others) == ("sap", "access 20%")
    (near,) = reason.examples
    assert (near.id, near.label, near.percent) == ("T0007", "business application", 81)
    assert near.text == "SAP is slow"


def test_a_label_that_was_too_unsure_says_so() -> None:
    (reason,) = render_labels({"category": said(abstained=True)})
    assert reason.sentence == "too unsure to count as an answer"


def test_what_an_older_version_recorded_is_shown_as_far_as_it_goes() -> None:
    old = {"label": "1", "probability": 0.6, "probabilities": {"1": 0.6}, "abstained": False}
    (reason,) = render_labels({"impact": old, "category": {"label": None}})
    assert (reason.name, reason.examples, reason.words) == ("impact", (), "")


def test_what_was_not_read_has_no_reasons() -> None:
    assert render_labels({}) == ()
