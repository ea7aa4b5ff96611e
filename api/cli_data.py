"""`muster import`, `tell`, `deliveries`, `docs`: what goes in, what is stuck, what we promise."""

from __future__ import annotations

import argparse
import json
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

from api.settings import BadSettingsError, resolve_settings
from models.clock import utc_now
from models.vocabulary import DeliveryState


def add_commands(commands: Any) -> None:
    load = commands.add_parser("import", help="catalogue and people of a folder, into the store")
    load.add_argument(
        "folder", type=Path, nargs="?", help="services.yaml, sites.yaml, people.csv, articles.yaml"
    )
    load.add_argument("--articles", type=Path, metavar="FILE", help="articles.yaml of its own")
    load.add_argument("--priority-matrix", type=Path, metavar="FILE", help='{"11": "P1", ...}')
    load.set_defaults(run=_import)

    deliveries = commands.add_parser("deliveries", help="records that are stuck on their way out")
    parts = deliveries.add_subparsers(dest="part", required=True, metavar="WHAT")
    listed = parts.add_parser("list", help="one line each: id, target, type, subject, reason")
    listed.add_argument(
        "--state", default="parked", choices=[state.value for state in DeliveryState]
    )
    listed.add_argument("--limit", type=int, default=100)
    listed.set_defaults(run=_list)
    again = parts.add_parser("replay", help="send parked records again")
    again.add_argument("ids", nargs="*", type=UUID, metavar="ID", help="only these")
    again.add_argument("--target", help="only those of one target")
    again.set_defaults(run=_replay)

    tell = commands.add_parser("tell", help="tell a stream of reports to a running server")
    tell.add_argument("stream", type=Path, metavar="STREAM.jsonl")
    tell.add_argument("--url", help="the server (MUSTER_PUBLIC_BASE_URL)")
    tell.add_argument("--key", required=True, help="an API key: muster staff key NAME ...")
    tell.add_argument("--per-second", type=float, default=5.0, metavar="N")
    tell.set_defaults(run=_tell)

    docs = commands.add_parser("docs", help="write the reference pages")
    docs.add_argument("--out", type=Path, default=Path("docs/reference"))
    docs.set_defaults(run=_docs)


def _import(chosen: argparse.Namespace) -> None:
    from api.running import import_articles, import_organisation, opened_store
    from classifier.severity import PriorityMatrix
    from incidents.priority_policy import record_matrix

    if (chosen.folder, chosen.articles, chosen.priority_matrix) == (None, None, None):
        raise BadSettingsError("Name a folder, --articles FILE or --priority-matrix FILE.")
    matrix = None
    if chosen.priority_matrix is not None:
        try:
            cells = json.loads(chosen.priority_matrix.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadSettingsError(f"{chosen.priority_matrix} is not readable JSON.") from error
        matrix = PriorityMatrix.from_json(cells)
    with opened_store(resolve_settings()) as database:
        if chosen.folder is not None:
            done = import_organisation(database, chosen.folder)
            print(f"Imported {done}. A running server knows them after a restart.")
        if chosen.articles is not None:
            count, written = import_articles(database, chosen.articles)
            print(
                f"Imported {count} articles, {written} new or changed. They are told from now on."
            )
        if matrix is not None:
            with database.transaction() as session:
                record_matrix(session, matrix, actor="muster import", now=utc_now())
            print("The priority matrix is set; a running server takes it within seconds.")


def _list(chosen: argparse.Namespace) -> None:
    from sqlalchemy import select

    from api.running import opened_store
    from models.delivery import Delivery, Record

    with opened_store(resolve_settings()) as database, database.reading() as session:
        rows = session.execute(
            select(Delivery, Record.kind, Record.subject)
            .join(Record, Record.event_id == Delivery.event_id)
            .where(Delivery.state == DeliveryState(chosen.state))
            .order_by(Delivery.seq)
            .limit(chosen.limit)
        ).all()
    for delivery, kind, subject in rows:
        print(f"{delivery.id}\t{delivery.target}\t{kind}\t{subject}\t{delivery.reason or ''}")


def _replay(chosen: argparse.Namespace) -> None:
    from api.running import opened_store
    from incidents.forwarding import replay_parked
    from incidents.jobs import DurableJobs, build_jobs_engine
    from incidents.ledger import Outbox

    settings = resolve_settings()
    with opened_store(settings) as database:
        engine = build_jobs_engine(settings.store_url)
        jobs = DurableJobs(engine)  # writes the wake-ups; a running server does the sending
        try:
            with database.transaction() as session:
                count = replay_parked(
                    session,
                    Outbox((), jobs),
                    now=utc_now(),
                    only=lambda one: (
                        chosen.target in {None, one.target}
                        and (not chosen.ids or one.id in chosen.ids)
                    ),
                )
        finally:
            jobs.close()
            engine.dispose()
    print(f"{count} records are pending again.")


def _tell(chosen: argparse.Namespace) -> None:
    import httpx

    from api.demo import ReplayRefusedError, read_rows, tell

    if chosen.per_second <= 0:
        raise BadSettingsError("--per-second must be more than 0.")
    url = chosen.url or resolve_settings().base_url
    rows = read_rows(chosen.stream)
    told = tell(url, chosen.key, rows, per_second=chosen.per_second, stop=threading.Event())
    try:
        for row, answer in zip(rows, told, strict=False):
            incident = answer["incident"]["reference"]
            print(f"{row['id']}\t{answer['reference']}\t{incident}", flush=True)
    except httpx.HTTPStatusError as error:
        raise ReplayRefusedError(
            f"{url} answered {error.response.status_code}: {error.response.text[:300]}"
        ) from error
    except httpx.HTTPError as error:
        raise ReplayRefusedError(f"{url} does not answer ({type(error).__name__}).") from error


def _docs(chosen: argparse.Namespace) -> None:
    from api.reference import write_reference

    for path in write_reference(chosen.out):
        print(path)
