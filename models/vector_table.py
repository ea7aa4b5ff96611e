"""The table of vectors that PostgreSQL can search, where its extension `vector` is at hand.

It holds nothing that is not in `report`: it is an index, made when the database is brought up
to date and filled later, so that the extension may also be installed long after the first
start. Without it everything works, slower on a long history. See docs/adr/0011.
"""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

TABLE: Final = "report_vector"
_LEAST: Final = (0, 8)
log = logging.getLogger(__name__)


def ensure_vector_table(connection: Connection) -> bool:
    """Make the table if the extension is there or may be made; whether there is one now.

    Runs in the transaction of the migration; what is refused leaves it as it was.
    """
    if connection.dialect.name != "postgresql":
        return False
    try:
        with connection.begin_nested():
            if not _has_extension(connection):
                return False
            connection.execute(
                text(
                    f"CREATE TABLE IF NOT EXISTS {TABLE} ("
                    "report_id uuid PRIMARY KEY REFERENCES report(id) ON DELETE CASCADE, "
                    "encoder_id varchar(128) NOT NULL, "
                    "told_at timestamptz NOT NULL, "
                    "audience varchar(32) NOT NULL, "
                    "embedding halfvec NOT NULL)"
                )
            )
    except DBAPIError as error:
        log.warning("no searchable vectors: %s", error.orig)
        return False
    return True


def _has_extension(connection: Connection) -> bool:
    """Whether `vector` is installed and new enough, or could be made just now."""
    found = connection.execute(
        text(
            "SELECT installed_version, coalesce(installed_version, default_version) "
            "FROM pg_available_extensions WHERE name = 'vector'"
        )
    ).first()
    if found is None or not is_new_enough(found[1]):
        return False
    if found[0] is None:
        connection.execute(text("CREATE EXTENSION vector"))
    return True


def is_new_enough(version: str) -> bool:
    """Half precision came with 0.7, going on past what a filter leaves out with 0.8."""
    numbers = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    return tuple(numbers) >= _LEAST
