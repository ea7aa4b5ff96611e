"""Staff set labels right, and the heads learn; whose words they were is kept in one place only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from classifier.encoding import HashEncoder
from classifier.heads import Heads
from classifier.label_store import load_heads
from classifier.severity import PriorityMatrix
from classifier.train_heads import Task, learn_heads
from incidents import actions as act
from incidents.artifact_registry import check_artifact, promotions
from incidents.label_lessons import (
    LabelExample,
    choose_heads,
    nearest_cell,
    read_label_examples,
    tasks_with,
)
from incidents.learning import LearningPolicy, TooLittleFeedbackError
from incidents.teaching import Learnt, Teacher
from models.incident import Feedback
from models.vocabulary import Category, Priority
from tests.conftest import House
from tests.fakes import NOON
from tests.journeys.test_learning import live_through, timid

SMALL = LearningPolicy(corrections=10, incidents=3, labels=12)
FILLER = ("again", "today", "since monday", "please", "urgently", "somehow", "still", "once more")


def shipped() -> list[Task]:
    """Forty rows that know nothing of this house's own words."""
    texts = [f"{word} {more}" for word in ("router", "toner") for more in FILLER for _ in range(3)]
    labels = ["network"] * 24 + ["printing"] * 24
    return [Task("category", texts, labels, ids=[f"T{row}" for row in range(48)])]


@dataclass
class SmallHeads:
    """Trains on a table that fits on a page, with words as vectors."""

    encoder_id: str = HashEncoder.id
    brought: Heads = field(default_factory=lambda: learn_heads(shipped(), HashEncoder()).heads)

    def current(self) -> Heads:
        return self.brought

    def train(self, examples: Sequence[LabelExample], heads: Sequence[str]) -> Heads:
        return learn_heads(tasks_with(shipped(), examples, heads), HashEncoder()).heads


@pytest.fixture(scope="module")
def trainer() -> SmallHeads:
    return SmallHeads()


def corrected(house: House, count: int) -> None:
    """Reports in words that only this house uses, each with its category set by staff."""
    for number in range(count):
        house.clock.forward(hours=7)
        word, category = (
            ("wombat", Category.NETWORK) if number % 2 else ("quokka", Category.PRINTING)
        )
        text = f"the {word} failed {FILLER[number % len(FILLER)]} room{number}"
        recorded = house.file(text, f"p{number}")
        wanted = act.SetCategory(act.Target(recorded.incident.reference, None), category)
        house.reviewer.perform(wanted, actor="ana")


def teach(house: House, trainer: SmallHeads | None, home: Path, **more: object) -> Learnt:
    teacher = Teacher(
        house.database, home, house.intake.window.numbers.scorer, trainer,
        say=lambda _: None, policy=SMALL,
    )  # fmt: skip
    return teacher.learn(actor="ana", now=NOON, **more)


@pytest.fixture
def house(plain_house: House) -> House:
    return timid(plain_house)


def test_labels_that_staff_set_teach_the_heads_and_grouping_stays(
    house: House, trainer: SmallHeads, tmp_path: Path
) -> None:
    corrected(house, 40)
    learnt = teach(house, trainer, tmp_path)
    found = learnt.found["labels"]
    assert found.new > found.old
    assert found.is_better
    assert learnt.promoted == ("labels",)
    assert "corrections of grouping" in learnt.lacking["grouping"]
    with house.database.reading() as session:
        (row,) = promotions(session)
    sealed = check_artifact(tmp_path, learnt.name, sha256=row.sha256)
    assert (sealed.has_heads, sealed.has_pairs) == (True, False)


def test_nobodys_words_are_copied_into_an_artifact(
    house: House, trainer: SmallHeads, tmp_path: Path
) -> None:
    corrected(house, 40)
    learnt = teach(house, trainer, tmp_path)
    heads = load_heads(learnt.folder / "heads")
    texts = [text for shelf in heads.shelves.values() for text in shelf.examples.texts]
    assert any("router" in text for text in texts)
    assert not any("wombat" in text or "quokka" in text for text in texts)


def test_grouping_and_labels_are_learnt_in_one_go(
    house: House, trainer: SmallHeads, tmp_path: Path
) -> None:
    live_through(house, range(24))
    corrected(house, 40)
    learnt = teach(house, trainer, tmp_path)
    assert set(learnt.promoted) == {"grouping", "labels"}
    assert learnt.lacking == {}


def test_what_got_better_is_put_beside_what_decides_now(
    house: House, trainer: SmallHeads, tmp_path: Path
) -> None:
    live_through(house, range(24))
    first = teach(house, None, tmp_path)
    assert first.promoted == ("grouping",)
    corrected(house, 40)
    second = teach(house, trainer, tmp_path)
    assert second.promoted == ("labels",) or set(second.promoted) == {"grouping", "labels"}
    assert (second.folder / "pairs.json").is_file()
    assert (second.folder / "heads").is_dir()


def test_with_few_labels_it_says_how_many_there_are(
    house: House, trainer: SmallHeads, tmp_path: Path
) -> None:
    corrected(house, 5)
    with pytest.raises(TooLittleFeedbackError):
        teach(house, trainer, tmp_path)
    live_through(house, range(24))
    assert "5 of 12 reports" in teach(house, trainer, tmp_path).lacking["labels"]


def test_heads_of_another_encoder_are_not_trained_on_these_vectors(
    house: House, tmp_path: Path
) -> None:
    live_through(house, range(24))
    corrected(house, 20)
    stranger = SmallHeads.__new__(SmallHeads)
    stranger.encoder_id = "another"
    assert "cannot be learnt for the encoder" in teach(house, stranger, tmp_path).lacking["labels"]


def test_a_label_that_was_taken_back_is_no_example(house: House) -> None:
    recorded = house.file("the wombat failed", "p1")
    target = act.Target(recorded.incident.reference, None)
    done = house.reviewer.perform(act.SetCategory(target, Category.NETWORK), actor="ana")
    with house.database.reading() as session:
        assert len(read_label_examples(session, "hash-v1", PriorityMatrix())) == 1
    house.reviewer.perform(act.Undo(done.token), actor="ana")
    with house.database.reading() as session:
        assert read_label_examples(session, "hash-v1", PriorityMatrix()) == []


def test_a_priority_is_a_label_only_where_one_report_is_meant(house: House) -> None:
    alone = house.file("the wombat failed", "p1")
    first = house.file("the quokka failed in the hall", "p2")
    second = house.file("the quokka failed in the hall", "p3", join=first.incident.reference)
    assert second.incident.id == first.incident.id
    for incident in (alone.incident, first.incident):
        target = act.Target(incident.reference, None)
        house.reviewer.perform(act.SetPriority(target, Priority.P1), actor="ana")
    with house.database.reading() as session:
        (example,) = read_label_examples(session, "hash-v1", PriorityMatrix())
    assert (example.reference, dict(example.labels)) == (
        alone.report.reference,
        {"impact": "1", "urgency": "1"},
    )


def test_the_example_of_a_label_says_what_it_was_and_is(house: House) -> None:
    recorded = house.file("the wombat failed", "p1")
    target = act.Target(recorded.incident.reference, None)
    house.reviewer.perform(act.SetCategory(target, Category.NETWORK), actor="ana")
    with house.database.reading() as session:
        (row,) = session.scalars(select(Feedback))
    assert row.data == {
        "incident": recorded.incident.reference,
        "was": None,
        "is": "network",
    }


@given(st.integers(1, 3), st.integers(1, 3), st.sampled_from(list(Priority)))
def test_a_priority_stands_for_the_nearest_cell(
    impact: int, urgency: int, priority: Priority
) -> None:
    matrix = PriorityMatrix()
    cell = nearest_cell((impact, urgency), priority, matrix)
    assert cell is not None
    assert matrix.priority(*cell) is priority
    if matrix.priority(impact, urgency) is priority:
        assert cell == (impact, urgency)


def test_a_head_with_too_few_labels_is_left_as_it_is() -> None:
    vector = HashEncoder().encode(["x"])[0]
    some = [LabelExample(f"RPT-{n}", None, "x", vector, {"category": "network"}) for n in range(3)]
    assert choose_heads(some, 3) == ["category"]
    assert choose_heads(some, 4) == []
    (task,) = tasks_with(shipped(), some, [])
    assert len(task.texts) == 48
    (task,) = tasks_with(shipped(), some, ["category"])
    assert list(task.ids)[-3:] == ["RPT-0", "RPT-1", "RPT-2"]


def test_a_label_that_the_heads_do_not_know_is_left_out() -> None:
    vector = HashEncoder().encode(["x"])[0]
    odd = [LabelExample("RPT-1", None, "x", vector, {"category": "telephony"})]
    (task,) = tasks_with(shipped(), odd, ["category"])
    assert len(task.texts) == 48


def test_what_is_only_written_changes_nothing(house: House, tmp_path: Path) -> None:
    live_through(house, range(24))
    learnt = teach(house, None, tmp_path / "home", aside=tmp_path / "look")
    assert learnt.found["grouping"].is_better
    assert learnt.promoted == ()
    with house.database.reading() as session:
        assert promotions(session) == []
