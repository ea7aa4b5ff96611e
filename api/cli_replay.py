"""`muster replay`: this installation's own history again, under other numbers. Writes no row."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from api.settings import Settings, resolve_settings
from models.errors import DomainError

if TYPE_CHECKING:
    from incidents.replay_lab import Lab
    from models.database import Database


class NoHistoryError(DomainError):
    """There is no database to replay, or it is of another version."""

    code: ClassVar[str] = "replay.no_history"


def add_commands(commands: Any) -> None:
    replay = commands.add_parser(
        "replay",
        help="run this installation's own history again under other thresholds, rules or weights",
    )
    replay.add_argument("--since", type=_moment, metavar="DATE", help="first moment, UTC")
    replay.add_argument("--until", type=_moment, metavar="DATE", help="first moment after, UTC")
    replay.add_argument(
        "--policy", type=Path, metavar="FILE",
        help="TOML or YAML: join, suggest, offer, rule (people, hours), budget, "
        "published (people, surprise)",
    )  # fmt: skip
    replay.add_argument(
        "--artifact", type=Path, metavar="DIR", help="of `muster train`; default: what decides now"
    )
    replay.add_argument("--json", action="store_true", help="print one JSON object")
    replay.add_argument(
        "--out", type=Path, metavar="DIR", help="also write report.json, groups.jsonl, alarms.jsonl"
    )
    replay.add_argument(
        "--names", action="store_true", help="name the people who would have been told"
    )
    replay.set_defaults(run=_replay)


def _replay(chosen: argparse.Namespace) -> None:
    from threadpoolctl import threadpool_limits

    from api.deciding import intake_policy, scorer_in_force, scorer_of
    from incidents.lab_words import render_lab
    from incidents.past import USUAL, WARM_UP, read_names, read_past
    from incidents.replay_lab import rehearse
    from incidents.replay_policy import ReplayPolicy, parse_policy

    threadpool_limits(1)  # threads that wait for each other take ten times as long
    settings = resolve_settings()
    policy = parse_policy(chosen.policy) if chosen.policy else ReplayPolicy()
    with _history(settings) as database, database.reading() as session:
        scorer = (
            scorer_of(chosen.artifact, settings)
            if chosen.artifact
            else scorer_in_force(session, settings)
        )
        before = WARM_UP if policy.budget is None else USUAL
        past = read_past(session, since=chosen.since, until=chosen.until, before=before)
        weight = intake_policy(settings).unverified_weight
        lab = rehearse(past, scorer, policy, unverified_weight=weight)
        found = read_names(session, lab.told) if chosen.names else None
    report = dict(lab.report)
    names = sorted(found.values()) if found is not None else None
    if names is not None:
        report["names"] = names
    if chosen.out:
        _write(chosen.out, lab, report)
    if chosen.json:
        print(json.dumps(report, indent=1, sort_keys=True))
    else:
        print(render_lab(report, names), end="")


def _write(folder: Path, lab: Lab, report: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    groups = [{"report": name, "group": group} for name, group in lab.groups.items()]
    alarms = [
        {"at": a.at.isoformat(), "group": a.group, "reports": list(a.ids)} for a in lab.alarms
    ]
    for name, rows in (("groups", groups), ("alarms", alarms)):
        lines = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    text = json.dumps(report, indent=1, sort_keys=True) + "\n"
    (folder / "report.json").write_text(text, encoding="utf-8")


@contextmanager
def _history(settings: Settings) -> Iterator[Database]:
    """The database as it is: not made, not migrated, only read."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import DBAPIError

    from models.database import build_database

    url = make_url(settings.store_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise NoHistoryError(
            f"There is no database {url.database}. Name the installation: MUSTER_DATA_DIR or "
            "MUSTER_DATABASE_URL."
        )
    database = build_database(settings.store_url)
    try:
        yield database
    except DBAPIError as error:
        raise NoHistoryError(
            "The database cannot be read as this version needs it. Run `muster migrate` first, "
            f"or check MUSTER_DATABASE_URL ({type(error.orig).__name__})."
        ) from error
    finally:
        database.dispose()


def _moment(told: str) -> datetime:
    """A day or a moment; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(told)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{told!r} is no date; write 2026-11-23 or 2026-11-23T12:00"
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
