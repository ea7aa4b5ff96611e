"""`muster train --from-feedback` and `muster artifacts`: learning here, and the way back."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from api.settings import Settings, resolve_settings
from models.clock import utc_now
from models.learning import Promotion

if TYPE_CHECKING:
    from classifier.train_pairs import Labelled


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

    from api.deciding import scorer_in_force
    from api.running import opened_store
    from incidents.teaching import Teacher

    threadpool_limits(1)
    settings = resolve_settings()
    with opened_store(settings) as database:
        with database.reading() as session:
            current = scorer_in_force(session, settings)
        teacher = Teacher(
            database, settings.artifacts_home, current, _shipped_streams,
            say=lambda words: print(words, flush=True),
        )  # fmt: skip
        learnt = teacher.learn(actor=_actor(), now=utc_now(), aside=out)
    found = learnt.found
    print(
        f"F1 over pairs, on {found.incidents} incidents that nothing was learnt from: "
        f"{found.old:.3f} by what decides now ({current.name}), {found.new:.3f} by the new one. "
        f"With 95 % confidence the difference is between {found.low:+.3f} and {found.high:+.3f}."
    )
    if learnt.promoted:
        print(
            f"That is better beyond chance: {learnt.name} is in force. A running server takes it "
            "up within seconds; `muster artifacts rollback` takes it back."
        )
    elif out is not None:
        print(f"Written to {out}. Nothing has changed here.")
    else:
        print(
            "That is not better beyond chance, so nothing has changed. The new one is kept aside: "
            f"`muster artifacts promote {learnt.name}` puts it in force all the same."
        )


def _shipped_streams(encoder_id: str) -> dict[str, list[Labelled]]:
    """What the shipped weights learnt from, so that a few corrections do not forget it."""
    from api.shipped import TRAINING_DATA, built_encoder
    from classifier.catalogue import parse_catalogue
    from classifier.facts import FactFinder
    from incidents.replay import labelled, parse_stream, read_rows

    encoder = built_encoder()
    if encoder.id != encoder_id:
        return {}
    finder = FactFinder(parse_catalogue(TRAINING_DATA / "organisation"))
    rows = read_rows(parse_stream(TRAINING_DATA / "stream.jsonl"), encoder, finder)
    return {"shipped": labelled(rows)}


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
