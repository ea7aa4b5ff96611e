"""From corrections to an artifact in force: learn, judge on what was held back, promote or not.

Grouping and labels are learnt and judged each for itself. A new artifact holds what is new of
the part that got better, and of the other what decides now.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from classifier.heads import Heads
from classifier.label_store import save_heads
from classifier.pair_scorer import PairScorer, save_scorer
from classifier.severity import PriorityMatrix
from incidents.artifact_registry import (
    Sealed,
    check_artifact,
    free_name,
    in_force,
    record_promotion,
    seal_artifact,
)
from incidents.judging import Comparison
from incidents.label_lessons import (
    LabelExample,
    choose_heads,
    judge_heads,
    read_label_examples,
    without_words,
)
from incidents.learning import (
    LearningPolicy,
    Lesson,
    TooLittleFeedbackError,
    choose_held,
    hold_back,
    judge,
    own_stream,
    read_lesson,
    record_held,
    train_on,
)
from models.database import Database


class HeadTrainer(Protocol):
    """The heads in force, and how new ones are made; for the vectors of one encoder."""

    @property
    def encoder_id(self) -> str: ...

    def current(self) -> Heads:
        """What labels now."""
        ...

    def train(self, examples: Sequence[LabelExample], heads: Sequence[str]) -> Heads:
        """Heads that have learnt from the shipped rows and these examples. Minutes."""
        ...


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it.

    Attributes:
        name: Of the new artifact.
        found: Per part (grouping, labels) that was learnt, how it compares.
        promoted: The parts that are better beyond chance, and in force now.
        lacking: Per part that was not learnt, what is missing.

    """

    name: str
    folder: Path
    found: Mapping[str, Comparison]
    promoted: tuple[str, ...]
    lacking: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What can be learnt from what is there."""

    lesson: Lesson
    grouping: bool
    heads: tuple[str, ...]
    examples: tuple[LabelExample, ...]
    lacking: Mapping[str, str]

    def split(self) -> tuple[list[LabelExample], list[LabelExample]]:
        """Examples to learn from, and to judge by."""
        parts: tuple[list[LabelExample], list[LabelExample]] = ([], [])
        for one in self.examples:
            parts[one.incident in self.lesson.held].append(one)
        return parts


@dataclass(frozen=True, slots=True)
class Teacher:
    """Everything that learning from corrections needs.

    Attributes:
        home: Where artifacts are kept; the new one gets a name of its own there.
        current: The scorer in force.
        heads: Who trains heads; None where nobody can.
        say: Told how far it is.

    """

    database: Database
    home: Path
    current: PairScorer
    heads: HeadTrainer | None
    say: Callable[[str], None]
    policy: LearningPolicy = field(default_factory=LearningPolicy)
    matrix: PriorityMatrix = field(default_factory=PriorityMatrix)

    def learn(self, *, actor: str, now: datetime, aside: Path | None = None) -> Learnt:
        """Learn, judge, and put in force what is better beyond chance. Minutes.

        Args:
            actor: Who asked for it.
            now: The time of the promotion.
            aside: Write it there instead, and change nothing here.

        Raises:
            TooLittleFeedbackError: The sentence says how much more is needed.
            ChangedArtifactError: The artifact in force was changed.

        """
        with self.database.reading() as session:
            plan = self._plan(session)
            before = self._artifact_in_force(session)
        with self.database.transaction() as session:
            record_held(session, plan.lesson, now=now)
        name = free_name(self.home, f"own-{now:%Y%m%d}")
        folder = aside or self.home / name
        found: dict[str, Comparison] = {}
        if plan.grouping:
            found["grouping"] = self._learn_grouping(plan, folder, name, now)
        if plan.heads and self.heads is not None:
            found["labels"] = self._learn_labels(plan, self.heads, folder)
        better = tuple(part for part, one in found.items() if one.is_better)
        if aside is not None:
            return Learnt(name, folder, found, (), plan.lacking)
        if better:
            _keep_the_rest(folder, before, better)
        sealed = seal_artifact(folder, self._about(plan, found, now))
        if better:
            with self.database.transaction() as session:
                record_promotion(session, sealed, actor=actor, now=now)
        return Learnt(name, folder, found, better, plan.lacking)

    def _plan(self, session: Session) -> Plan:
        lesson = read_lesson(session)
        examples = read_label_examples(session, lesson.encoder_id, self.matrix)
        lacking: dict[str, str] = {}
        heads = choose_heads(examples, self.policy.labels)
        if not heads:
            lacking["labels"] = (
                f"Too little to learn labels from: staff set {len(examples)} of "
                f"{self.policy.labels} reports right."
            )
        elif self.heads is None or self.heads.encoder_id != lesson.encoder_id:
            heads = []
            lacking["labels"] = "Labels cannot be learnt for the encoder that reads here."
        about = {one.incident for one in examples} if heads else set()
        grouping = True
        try:
            lesson = choose_held(lesson, self.policy, about)
        except TooLittleFeedbackError as refusal:
            grouping = False
            lacking["grouping"] = str(refusal)
            if not heads:
                words = " ".join([str(refusal), lacking["labels"]])
                raise TooLittleFeedbackError(words, **refusal.data) from refusal
        divided = hold_back(lesson, about, self.policy)
        sides = [len(about & divided.held), len(about - divided.held)]
        if heads and min(sides) >= self.policy.incidents:
            lesson = divided
        elif heads:
            heads = []
            lacking["labels"] = (
                f"Too little to judge labels by: {sides[0]} incidents are held back for it, and "
                f"{self.policy.incidents} are needed."
            )
            if not grouping:
                raise TooLittleFeedbackError(" ".join(lacking.values()))
        return Plan(lesson, grouping, tuple(heads), tuple(examples), lacking)

    def _learn_grouping(self, plan: Plan, folder: Path, name: str, now: datetime) -> Comparison:
        lesson = plan.lesson
        self.say(
            f"Learning grouping from {len(own_stream(lesson))} reports of this installation and "
            f"{lesson.corrections} corrections. A few minutes for some thousand ..."
        )
        new = train_on(lesson, self.current, name=name, date=f"{now:%Y-%m-%d}")
        save_scorer(new, folder)
        self.say("Judging it and what decides now on what was held back ...")
        return judge(lesson, self.current, new)

    def _learn_labels(self, plan: Plan, trainer: HeadTrainer, folder: Path) -> Comparison:
        learn_from, judge_by = plan.split()
        self.say(f"Learning {', '.join(plan.heads)} from {len(learn_from)} labels by staff ...")
        new = trainer.train(learn_from, plan.heads)
        save_heads(without_words(new, learn_from), folder / "heads", {})
        return judge_heads(judge_by, plan.heads, trainer.current(), new)

    def _about(self, plan: Plan, found: Mapping[str, Comparison], now: datetime) -> dict[str, Any]:
        return {
            "made_at": now.isoformat(timespec="seconds"),
            "instead_of": self.current.name,
            "corrections": plan.lesson.corrections,
            "labels": len(plan.examples),
            "scores": {part: one.to_json() for part, one in found.items()},
        }

    def _artifact_in_force(self, session: Session) -> Sealed | None:
        row = in_force(session)
        if row is None or row.artifact is None:
            return None
        return check_artifact(self.home, row.artifact, sha256=row.sha256)


def _keep_the_rest(folder: Path, before: Sealed | None, better: Sequence[str]) -> None:
    """Of the part that did not get better: what decides now, in place of what was learnt."""
    if "grouping" not in better:
        (folder / "pairs.json").unlink(missing_ok=True)
        if before is not None and before.has_pairs:
            shutil.copy(before.folder / "pairs.json", folder / "pairs.json")
    if "labels" not in better:
        shutil.rmtree(folder / "heads", ignore_errors=True)
        if before is not None and before.has_heads:
            shutil.copytree(before.folder / "heads", folder / "heads")
