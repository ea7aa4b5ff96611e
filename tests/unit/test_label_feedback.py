"""With right labels becoming known, the heads follow a world that changes."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.encoding import HashEncoder
from classifier.heads import Heads
from classifier.label_feedback import follow
from classifier.tickets import Said, Table, label_rows, tasks_of
from classifier.train_heads import learn_heads

KNOWN = Table(
    tuple(f"{what} trouble {n}" for n in range(30) for what in ("printer", "mail")),
    {"category": ("print", "mail") * 30},
)
LATER = Table(
    tuple(f"{what} trouble {n}" for n in range(30, 110) for what in ("printer", "mail")),
    {"category": ("devices", "mail") * 80},
)


@pytest.fixture(scope="module")
def heads() -> Heads:
    return learn_heads(tasks_of(KNOWN)[0], HashEncoder()).heads


def followed(heads: Heads, later: Table, *, every: int) -> list[Said]:
    encoder = HashEncoder()
    return follow(later, encoder.encode(later.texts), heads, KNOWN, encoder, every=every)


def test_a_renamed_queue_is_learnt_from_its_corrections(heads: Heads) -> None:
    said = [each.labels["category"].label for each in followed(heads, LATER, every=20)]
    printers = said[::2]
    assert printers[0] == "print"
    assert printers[-5:] == ["devices"] * 5
    assert set(said[1::2]) == {"mail"}


def test_a_row_is_judged_by_what_was_known_before_it(heads: Heads) -> None:
    other = Table(LATER.texts, {"category": ("devices", "mail") * 10 + ("mail", "devices") * 70})
    one, two = followed(heads, LATER, every=20), followed(heads, other, every=20)
    alike = [
        a.labels["category"].probabilities == pytest.approx(b.labels["category"].probabilities)
        for a, b in zip(one[:20], two[:20], strict=True)
    ]
    assert all(alike)


def test_rows_without_a_known_label_are_labelled_and_teach_nothing(heads: Heads) -> None:
    unknown = Table(LATER.texts, {"category": ("",) * 160})
    said = followed(heads, unknown, every=20)
    assert {each.labels["category"].label for each in said} == {"print", "mail"}
    still = label_rows(unknown.texts[:1], HashEncoder().encode(unknown.texts[:1]), heads)[0]
    assert said[0].labels["category"].label == still.labels["category"].label
    assert np.isclose(sum(said[0].labels["category"].probabilities.values()), 1.0)
