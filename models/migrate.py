"""Bring a database to the newest tables, or say how it differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from models.database import Database
from models.everything import METADATA
from models.vector_table import ensure_vector_table

_FOLDER: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 7_238_113  # one migration at a time on PostgreSQL


def migrate(database: Database) -> None:
    """Create or upgrade our tables. Safe to run at every start, and from several processes."""
    with database.write_engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        command.upgrade(_config(connection), "head")
        ensure_vector_table(connection)


def differences(connection: Connection) -> list[Any]:
    """What the tables lack beside the code; empty when a migration built exactly them."""
    context = MigrationContext.configure(
        connection,
        opts={
            "include_name": lambda name, kind, _: kind != "table" or name in METADATA.tables,
            "compare_type": True,
        },
    )
    found: list[Any] = compare_metadata(context, METADATA)
    return found


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
