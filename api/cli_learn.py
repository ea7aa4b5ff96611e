"""`muster train --from-feedback` and `muster artifacts`: learning here, and the way back."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from api.settings import Settings, resolve_settings
from models.clock import utc_now
from models.learning import Promotion

if TYPE_CHECKING:
    from classifier.heads import Heads
    from incidents.label_lessons import LabelExample
    from incidents.teaching import Learnt

_FIGURES: Final = {"grouping": "F1 over pairs is", "labels": "the share of right labels is"}


def add_commands(commands: Any) -> None:
    artifacts = commands.add_parser("artifacts", help="what was learnt here, and which decides")
    parts = artifacts.add_subparsers(dest="part", required=True, metavar="WHAT")
    parts.add_parser("list", help="what there is, and which is in force").set_defaults(run=_list)
    promote = parts.add_parser("promote", help="let an artifact decide from now on")
    promote.add_argument("name", metavar="NAME", help="as `muster artifacts list` shows it")
    promote.set_defaults(run=_promote)
    back = parts.add_parser("rollback", help="let decide what decided before")
    back.set_defaults(run=_roll_back)


def _list(_: argparse.Namespace) -> None:
    from api.running import opened_store
    from incidents.artifact_shelf import read_shelf

    settings = resolve_settings()
    with opened_store(settings) as database, database.reading() as session:
        shelf = read_shelf(session, settings.artifacts_home)
    for one in shelf.kept:
        mark = "*" if one.in_force else " "
        print(f"{mark} {one.title}\t{', '.join(one.parts)}\t{one.trouble or one.judged}")
    for change in shelf.changes:
        print(f"  {change.at:%Y-%m-%d %H:%M} UTC\t{change.actor}\t{change.sentence}")


def _promote(chosen: argparse.Namespace) -> None:
    from incidents.artifact_registry import check_artifact, record_promotion

    with _recording() as (session, settings):
        sealed = check_artifact(settings.artifacts_home, chosen.name)
        row = record_promotion(session, sealed, actor=_actor(), now=utc_now())
    _say(row)


def _roll_back(_: argparse.Namespace) -> None:
    from incidents.artifact_registry import record_rollback

    with _recording() as (session, _settings):
        row = record_rollback(session, actor=_actor(), now=utc_now())
    _say(row)


def learn(out: Path | None) -> None:
    """Learn from staff's corrections, and say honestly what came of it."""
    from threadpoolctl import threadpool_limits

    from api.deciding import heads_folder, scorer_in_force
    from api.running import opened_store
    from incidents.priority_policy import read_matrix
    from incidents.teaching import Teacher

    threadpool_limits(1)
    settings = resolve_settings()
    with opened_store(settings) as database:
        with database.reading() as session:
            current = scorer_in_force(session, settings)
            heads = heads_folder(session, settings)
            matrix = read_matrix(session)
        teacher = Teacher(
            database,
            settings.artifacts_home,
            current,
            OwnHeads.of(heads),
            say=lambda words: print(words, flush=True),
            matrix=matrix,
        )
        learnt = teacher.learn(actor=_actor(), now=utc_now(), aside=out)
    for part, lacking in learnt.lacking.items():
        print(f"{part.capitalize()}: {lacking}")
    for part, found in learnt.found.items():
        print(
            f"{part.capitalize()}: {_FIGURES[part]} {found.old:.3f} by what decides now, "
            f"{found.new:.3f} by the new one, on {found.incidents} incidents that nothing was "
            f"learnt from. With 95 % confidence the difference is between {found.low:+.3f} and "
            f"{found.high:+.3f}: "
            + ("better beyond chance." if found.is_better else "not better beyond chance.")
        )
    print(_outcome(learnt, out))


def _outcome(learnt: Learnt, out: Path | None) -> str:
    if out is not None:
        return f"Written to {out}. Nothing has changed here."
    if learnt.promoted:
        return (
            f"{learnt.name} is in force for {' and '.join(learnt.promoted)}. A running server "
            "takes it up within seconds; `muster artifacts rollback` takes it back."
        )
    return (
        "Nothing has changed. What was learnt is kept aside: `muster artifacts promote "
        f"{learnt.name}` puts it in force all the same."
    )


@dataclass(frozen=True, slots=True)
class OwnHeads:
    """Heads from the shipped rows and staff's own labels, with the built encoder."""

    folder: Path
    encoder_id: str

    @classmethod
    def of(cls, folder: Path) -> OwnHeads:
        from api.shipped import built_encoder

        return cls(folder, built_encoder().id)

    def current(self) -> Heads:
        from classifier.label_store import load_heads

        return load_heads(self.folder)

    def train(self, examples: Sequence[LabelExample], heads: Sequence[str]) -> Heads:
        from api.shipped import TRAINING_DATA, built_encoder
        from classifier.train_heads import learn_heads, shipped_tasks
        from incidents.label_lessons import tasks_with

        tasks = tasks_with(shipped_tasks(TRAINING_DATA), examples, heads)
        return learn_heads(tasks, built_encoder()).heads


@contextmanager
def _recording() -> Iterator[tuple[Session, Settings]]:
    from api.running import opened_store

    settings = resolve_settings()
    with opened_store(settings) as database, database.transaction() as session:
        yield session, settings


def _say(row: Promotion) -> None:
    from incidents.artifact_shelf import SET_UP

    print(
        f"{row.artifact or SET_UP} is in force. A running server takes it up within seconds; "
        "what it has begun it ends as it began."
    )


def _actor() -> str:
    """Who is at this command line."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError, ImportError):
        return "command line"
