"""`muster artifacts`: what was learnt here, which of it decides, and the way back."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from api.settings import Settings, resolve_settings
from models.clock import utc_now
from models.learning import Promotion


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
