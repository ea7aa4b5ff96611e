"""From corrections to an artifact in force: learn, judge on what was held back, promote or not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from classifier.pair_scorer import PairScorer, save_scorer
from classifier.train_pairs import Labelled
from incidents.artifact_registry import (
    Sealed,
    check_artifact,
    free_name,
    in_force,
    record_promotion,
    seal_artifact,
)
from incidents.judging import Comparison
from incidents.learning import (
    LearningPolicy,
    choose_held,
    judge,
    own_stream,
    read_lesson,
    record_held,
    train_on,
)
from models.database import Database

Shipped = Callable[[str], Mapping[str, Sequence[Labelled]]]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of it. `promoted` is False where it is no better beyond chance, or only written."""

    name: str
    folder: Path
    found: Comparison
    promoted: bool


@dataclass(frozen=True, slots=True)
class Teacher:
    """Everything that learning from corrections needs.

    Attributes:
        home: Where artifacts are kept; the new one gets a name of its own there.
        current: The scorer in force.
        shipped: Streams of an encoder's name that the shipped weights learnt from.
        say: Told how far it is.

    """

    database: Database
    home: Path
    current: PairScorer
    shipped: Shipped
    say: Say
    policy: LearningPolicy = field(default_factory=LearningPolicy)

    def learn(self, *, actor: str, now: datetime, aside: Path | None = None) -> Learnt:
        """Learn, judge, and put it in force where it is better beyond chance. Minutes.

        Args:
            actor: Who asked for it.
            now: The time of the promotion.
            aside: Write it there instead, and change nothing here.

        Raises:
            TooLittleFeedbackError: The sentence says how much more is needed.
            ChangedArtifactError: The artifact in force was changed.

        """
        with self.database.reading() as session:
            lesson = choose_held(read_lesson(session), self.policy)
            before = self._artifact_in_force(session)
        with self.database.transaction() as session:
            record_held(session, lesson, now=now)
        name = free_name(self.home, f"own-{now:%Y%m%d}")
        folder = aside or self.home / name
        stream = own_stream(lesson)
        self.say(
            f"Learning from {len(stream)} reports of this installation and "
            f"{lesson.corrections} corrections. A few minutes for some thousand ..."
        )
        new = train_on(lesson, self.shipped(lesson.encoder_id), name=name, date=f"{now:%Y-%m-%d}")
        self.say("Judging it and what decides now on what was held back ...")
        found = judge(lesson, self.current, new)
        save_scorer(new, folder)
        if before is not None and before.has_heads:
            shutil.copytree(before.folder / "heads", folder / "heads", dirs_exist_ok=True)
        if aside is not None:
            return Learnt(name, folder, found, promoted=False)
        sealed = seal_artifact(
            folder,
            {
                "made_at": now.isoformat(timespec="seconds"),
                "instead_of": self.current.name,
                "corrections": lesson.corrections,
                "scores": {"grouping": found.to_json()},
            },
        )
        if found.is_better:
            with self.database.transaction() as session:
                record_promotion(session, sealed, actor=actor, now=now)
        return Learnt(name, folder, found, promoted=found.is_better)

    def _artifact_in_force(self, session: Session) -> Sealed | None:
        row = in_force(session)
        if row is None or row.artifact is None:
            return None
        return check_artifact(self.home, row.artifact, sha256=row.sha256)
