"""`muster staff`: who works on incidents, and the keys of programs. Fine while `serve` runs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from api.settings import Settings, resolve_settings
from models.clock import utc_now
from models.vocabulary import Role


def add_commands(commands: Any) -> None:
    staff = commands.add_parser("staff", help="staff members, API keys, one-time links")
    parts = staff.add_subparsers(dest="part", required=True, metavar="WHAT")
    for name, words, run in (
        ("add", "add somebody, or change their role; prints a one-time password", _add),
        ("key", "make an API key (and NAME, if absent); the key is the last word printed", _key),
    ):
        part = parts.add_parser(name, help=words)
        part.add_argument("name", type=_name, metavar="NAME")
        part.add_argument("--role", required=True, choices=[role.value for role in Role])
        part.set_defaults(run=run)
    for name, words, run in (
        ("link", "print a link that signs them in once, within 15 minutes", _link),
        ("revoke", "end all their sessions and keys", _revoke),
    ):
        part = parts.add_parser(name, help=words)
        part.add_argument("name", type=_name, metavar="NAME")
        part.set_defaults(run=run)
    parts.add_parser("list", help="who there is").set_defaults(run=_list)


def _name(told: str) -> str:
    if not told.strip():
        raise argparse.ArgumentTypeError("a name is not empty")
    return told.strip()


@contextmanager
def _recording() -> Iterator[tuple[Session, Settings]]:
    from api.running import opened_store

    settings = resolve_settings()
    with opened_store(settings) as database, database.transaction() as session:
        yield session, settings


def _add(chosen: argparse.Namespace) -> None:
    from api.staff import record_password, record_staff

    with _recording() as (session, _):
        staff = record_staff(session, chosen.name, Role(chosen.role), now=utc_now())
        password = record_password(session, staff)
    print(f"{chosen.name} ({chosen.role}) signs in with this password, shown once: {password}")


def _key(chosen: argparse.Namespace) -> None:
    from api.staff import UnknownStaffError as Unknown
    from api.staff import find_staff, record_key, record_staff

    role = Role(chosen.role)
    with _recording() as (session, _):
        try:
            staff = find_staff(session, chosen.name)
        except Unknown:
            staff = record_staff(session, chosen.name, role, now=utc_now())
        key = record_key(session, staff, role, now=utc_now())
    print(f"API key of {chosen.name} ({role}), shown once: {key}")


def _link(chosen: argparse.Namespace) -> None:
    from api.staff import find_staff, record_link

    with _recording() as (session, settings):
        token = record_link(session, find_staff(session, chosen.name), now=utc_now())
    print(f"{settings.base_url}/login/link/{token}")


def _revoke(chosen: argparse.Namespace) -> None:
    from api.staff import find_staff, revoke_keys

    with _recording() as (session, _):
        staff = find_staff(session, chosen.name)
        revoke_keys(session, staff, now=utc_now())
        staff.session_epoch += 1
    print(f"All sessions and keys of {chosen.name} have ended.")


def _list(_: argparse.Namespace) -> None:
    from api.staff import list_staff

    with _recording() as (session, _settings):
        for one in list_staff(session):
            print(f"{one.name}\t{one.role}\t{'password' if one.password_hash else 'no password'}")
