"""The trained heads, with the real encoder: better than guessing, and honest when unsure."""

from __future__ import annotations

import json

import pytest

from classifier.label_evaluation import evaluate_rows
from classifier.label_store import load_heads
from classifier.onnx_encoder import OnnxEncoder
from classifier.reading import Reader
from classifier.tickets import Table, predict_rows
from classifier.train_heads import TRAIN, read_table
from tests.conftest import ARTIFACTS, ROOT

# Written for this test; none is in tickets.csv or messages.csv.
CATEGORIES = [
    ("The tunnel to the office drops as soon as I open a file", "network"),
    ("No wifi in the canteen since lunch", "network"),
    ("My inbox has not synced since yesterday", "email"),
    ("Invitations I send arrive without the attachment", "email"),
    ("The copier on level 3 eats every second sheet", "printing"),
    ("Nothing comes out of the printer although the queue is empty", "printing"),
    ("The screen of my laptop flickers and goes dark", "hardware"),
    ("Keyboard soaked in tea, half the keys are dead", "hardware"),
    ("Please give me the posting role in SAP, I moved to accounting", "access"),
    ("I cannot sign in any more, it says my account is disabled", "access"),
    ("A mail from a fake director asks me to buy gift cards", "security"),
    ("My badge and company phone were stolen on the train", "security"),
    ("Customers report that their card is refused at the checkout", "commerce"),
    ("The basket in the online shop empties itself", "commerce"),
    ("My desk phone has no dial tone", "telephony"),
    ("Voicemail light blinks but there is no message", "telephony"),
    ("The meeting room screen does not start the call", "collaboration"),
    ("Teams does not let me share my screen", "collaboration"),
    ("The folder of last year's contracts vanished from the shared drive", "data"),
    ("Salesforce does not save changes to an opportunity", "business_application"),
]
WIDE = [
    "The whole Berlin site is without network",
    "Nobody in the company can send mail",
    "All scanners in the warehouse are dead, loading has stopped",
    "No customer can pay in the web shop",
]
NARROW = [
    "my mouse is broken",
    "I would like a second screen",
    "one of my pens for the tablet is missing",
    "How do I change my signature in Outlook?",
]


@pytest.fixture(scope="module")
def report() -> dict:
    """Cross-validated figures, written when the heads were trained."""
    return json.loads((ARTIFACTS / "heads" / "manifest.json").read_text(encoding="utf-8"))["report"]


def test_three_categories_of_four_are_right_on_new_words(reader: Reader) -> None:
    right = sum(reader.read(text).category.label == label for text, label in CATEGORIES)
    assert right >= 0.75 * len(CATEGORIES)


def test_what_it_is_sure_of_is_nearly_always_right(reader: Reader) -> None:
    said = [(reader.read(text).category, label) for text, label in CATEGORIES]
    sure = [prediction.label == label for prediction, label in said if not prediction.abstained]
    assert len(sure) >= 5
    assert sum(sure) >= 0.85 * len(sure)


def test_a_whole_site_has_more_impact_than_one_mouse(reader: Reader) -> None:
    def chance_of_wide(text: str) -> float:
        return reader.read(text).impact.probabilities["1"]

    assert min(map(chance_of_wide, WIDE)) > max(map(chance_of_wide, NARROW))


@pytest.mark.parametrize("head", ["category", "impact", "urgency", "act"])
def test_a_head_beats_naming_the_commonest_label(report: dict, head: str) -> None:
    assert report[head]["accuracy"] > report[head]["majority"] + 0.1


@pytest.mark.parametrize("head", ["category", "impact", "urgency", "act"])
def test_probabilities_mean_what_they_say(report: dict, head: str) -> None:
    assert report[head]["ece"] < 0.1


@pytest.mark.parametrize("head", ["category", "impact", "urgency", "act"])
def test_answers_are_right_more_often_than_guesses(report: dict, head: str) -> None:
    assert report[head]["answered"] > 0.1
    assert report[head]["accuracy_answered"] >= report[head]["accuracy"]


@pytest.fixture(scope="module")
def held() -> dict:
    """Figures on the third of the shipped tickets that the shipped heads have never seen."""
    tickets = read_table(ROOT / "training_data" / "tickets.csv")
    rows = [row for row in tickets if row["part"] != TRAIN]
    heads = ("category", "impact", "urgency")
    table = Table(
        tuple(row["text"] for row in rows), {h: tuple(row[h] for row in rows) for h in heads}
    )
    encoder = OnnxEncoder(ARTIFACTS / "encoder")
    return evaluate_rows(table, predict_rows(table, load_heads(ARTIFACTS / "heads"), encoder))


def test_a_third_of_all_tickets_is_never_learnt_from(report: dict) -> None:
    parts = [row["part"] for row in read_table(ROOT / "training_data" / "tickets.csv")]
    assert parts.count(TRAIN) == report["impact"]["rows"]
    assert 0.32 < parts.count("held") / len(parts) < 0.35


def test_severity_by_the_words_agrees_with_people_on_tickets_not_seen(held: dict) -> None:
    severity = held["severity"]
    assert severity["kappa_quadratic"] >= 0.75
    assert severity["recall_of_first"] >= 0.85
    assert severity["ece"] <= 0.05
    assert severity["coverage_at_90"] >= 0.55


@pytest.mark.parametrize("head", ["category", "impact", "urgency"])
def test_what_is_promised_of_the_answers_holds_on_tickets_not_seen(held: dict, head: str) -> None:
    assert held[head]["accuracy_answered"] >= 0.88
    assert held[head]["answered"] >= 0.3
