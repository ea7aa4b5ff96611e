"""`muster serve`, `work`, `migrate` and `demo`: what runs."""

from __future__ import annotations

import argparse
from typing import Any

from api.settings import BadSettingsError, Environment, Settings, resolve_settings


def add_commands(commands: Any) -> None:
    for name, words, run in (
        ("serve", "serve people, staff and programs; runs jobs too", _serve),
        ("demo", "a first look: sample organisation, sample outside store, a way in", _demo),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument("--host", help="address to listen on (MUSTER_HOST)")
        command.add_argument("--port", type=int, help="port to listen on (MUSTER_PORT)")
        command.set_defaults(run=run)
    work = commands.add_parser("work", help="only run jobs (PostgreSQL)")
    work.set_defaults(run=_work)
    migrate = commands.add_parser("migrate", help="create or upgrade the tables")
    migrate.set_defaults(run=_migrate)


def _serve(chosen: argparse.Namespace) -> None:
    from api.running import serve

    settings = _settings(chosen)
    _logs(settings)
    serve(settings)


def _demo(chosen: argparse.Namespace) -> None:
    from api.running import serve_demo

    settings = _settings(chosen)
    if settings.environment is not Environment.DEMO:
        raise BadSettingsError(
            "The demo runs with MUSTER_ENVIRONMENT=demo. For anything else: muster serve."
        )
    _logs(settings, quiet=True)
    print("Starting Muster ...", flush=True)
    serve_demo(settings)
    print("Stopped.", flush=True)


def _work(_: argparse.Namespace) -> None:
    from api.running import work

    settings = resolve_settings()
    _logs(settings)
    work(settings)


def _migrate(_: argparse.Namespace) -> None:
    from api.running import opened_store

    with opened_store(resolve_settings()):
        print("The tables are up to date.")


def _settings(chosen: argparse.Namespace) -> Settings:
    given = {"host": chosen.host, "port": chosen.port}
    return resolve_settings(**{name: value for name, value in given.items() if value is not None})


def _logs(settings: Settings, *, quiet: bool = False) -> None:
    from api.logs import configure_logs

    asked = "log_level" in settings.model_fields_set
    configure_logs("WARNING" if quiet and not asked else settings.log_level)
