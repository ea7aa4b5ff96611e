"""Running one installation in this process, until somebody stops it; and the demo around it."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import ClassVar, Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import OperationalError

from api.settings import Settings, make_private
from models.database import Database, build_database
from models.errors import DomainError
from models.migrate import migrate

SAMPLE_ORGANISATION: Final = Path(__file__).parent.parent / "training_data" / "organisation"
DEMO_STAFF: Final = "demo"


class CannotServeError(DomainError):
    """Something on this machine is in the way; the message says what to do."""

    code: ClassVar[str] = "serve.blocked"


@contextmanager
def opened_store(settings: Settings) -> Iterator[Database]:
    """The database, migrated; closed at the end. Fine beside a running server.

    Raises:
        CannotServeError: The database does not open.

    """
    url = make_url(settings.store_url)
    if url.get_backend_name() == "sqlite" and url.database:
        make_private(Path(url.database).parent)
    database = build_database(settings.store_url)
    try:
        with _private_files(), _opening(url):
            migrate(database)
        yield database
    finally:
        database.dispose()


@contextmanager
def _private_files() -> Iterator[None]:
    """What people told us is for this account's eyes: files made in here are its own."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _opening(url: URL) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        why = (str(error.orig).strip().splitlines() or ["no reason given"])[0]
        raise CannotServeError(
            f"The database {url.render_as_string(hide_password=True)} does not open: {why}. "
            "Check that it is there, and MUSTER_DATABASE_URL."
        ) from error


def serve(settings: Settings) -> None:
    """Serve until a signal; on SQLite, jobs run in here too."""
    os.umask(0o077)  # what people told us is for this account's eyes
    with ExitStack() as stack:
        stack.enter_context(_ending_once())
        listening = stack.enter_context(bound(settings))
        stack.enter_context(sole_server(settings))
        with opened_store(settings):
            pass
        _serve_on(settings, listening)


def serve_demo(settings: Settings) -> None:
    """Everything for a first look: sample organisation, an outside store, a way in."""
    os.umask(0o077)
    with ExitStack() as stack:
        stack.enter_context(_ending_once())
        listening = stack.enter_context(bound(settings))
        stack.enter_context(sole_server(settings))
        with opened_store(settings) as database:
            import_sample(database)
            link = demo_link(database, settings)
        outside = None
        if not settings.forward_url and settings.forward_secret is not None:
            from api.sample_store import start_sample_store

            secret = settings.forward_secret.get_secret_value()
            store = start_sample_store(free_port(settings.port + 1), secret)
            stack.callback(store.stop)
            outside = store.url
            settings = settings.model_copy(update={"forward_url": f"{store.url}/records"})
        _serve_on(settings, listening, greeting=greeting(settings, link, outside))


def work(settings: Settings) -> None:
    """Only run jobs, beside servers on the same PostgreSQL database.

    Raises:
        CannotServeError: The database is SQLite.

    """
    from api.wiring import build_installation

    if make_url(settings.store_url).get_backend_name() == "sqlite":
        raise CannotServeError(
            "On SQLite `muster serve` does the work itself; `muster work` needs PostgreSQL "
            "(MUSTER_DATABASE_URL=postgresql://...)."
        )
    with opened_store(settings):
        pass
    stopped = threading.Event()
    house = build_installation(settings)
    try:
        house.start()
        with _stopping(stopped):
            stopped.wait()
    finally:
        house.close()


def _serve_on(settings: Settings, listening: socket.socket, *, greeting: str = "") -> None:
    from api.server import build_server
    from api.wiring import build_installation

    house = build_installation(settings)
    try:
        house.start()
        server = build_server(house, port=listening.getsockname()[1])
        if greeting:
            _say_when_open(server.began, greeting)
        with _terminable(), suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # an impatient second Ctrl-C: see below
        house.close()


def _say_when_open(began: threading.Event, words: str) -> None:
    def say() -> None:
        began.wait()
        sys.stdout.write(words)
        sys.stdout.flush()

    threading.Thread(target=say, name="greeting", daemon=True).start()


@contextmanager
def bound(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket, taken before anything slow.

    Raises:
        CannotServeError: The port is taken or not ours; the message names another.

    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotServeError(
                f"Port {settings.port} on {settings.host} cannot be used: {_why(error)} "
                f"Stop the other program, or choose another port: MUSTER_PORT="
                f"{(settings.port % 65000) + 80}."
            ) from error
        yield found
    finally:
        found.close()


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program listens there."
    return f"{os.strerror(error.errno or 0)}."


@contextmanager
def sole_server(settings: Settings) -> Iterator[None]:
    """On SQLite: the only serving process of this database. The lock dies with the process.

    Raises:
        CannotServeError: Another one serves it.

    """
    url = make_url(settings.store_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    path = Path(f"{url.database}.lock")
    make_private(path.parent)
    with path.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotServeError(
                f"Another muster serves {url.database} already. Stop it, or give this one its "
                "own folder: MUSTER_DATA_DIR=..."
            ) from error
        yield


def import_sample(database: Database) -> None:
    """The sample organisation, into a store that has none."""
    from sqlalchemy import select

    from models.catalogue import Service

    with database.reading() as session:
        if session.execute(select(Service.id).limit(1)).first() is not None:
            return
    import_organisation(database, SAMPLE_ORGANISATION)


def import_organisation(database: Database, folder: Path) -> str:
    """Catalogue and people of a folder; adds and updates. Returns what was done, in words."""
    from classifier.catalogue import parse_catalogue
    from incidents.article_files import FILE
    from incidents.importing import record_catalogue, record_people

    catalogue = parse_catalogue(folder)
    people, articles = folder / "people.csv", folder / FILE
    with database.transaction() as session:
        record_catalogue(session, catalogue)
        count = record_people(session, people) if people.is_file() else 0
    helping = f", {import_articles(database, articles)[0]} articles" if articles.is_file() else ""
    return (
        f"{len(catalogue.services)} services, {len(catalogue.sites)} sites, "
        f"{len(catalogue.teams)} teams, {count} people{helping}"
    )


def import_articles(database: Database, path: Path) -> tuple[int, int]:
    """The articles of a file: how many there are, and how many of them were new or differed.

    Raises:
        UnreadableArticlesError: The file holds no articles, or a bad one.
        BadArticleError: One is of a service that the catalogue lacks.

    """
    from incidents.article_files import parse_articles
    from incidents.articles import record_articles
    from models.clock import utc_now

    drafts = parse_articles(path)
    with database.transaction() as session:
        written = record_articles(session, drafts, actor="muster import", now=utc_now())
    return len(drafts), written


def demo_link(database: Database, settings: Settings) -> str:
    """A one-time way into the console."""
    from api.staff import record_link, record_staff
    from models.clock import utc_now
    from models.vocabulary import Role

    with database.transaction() as session:
        staff = record_staff(session, DEMO_STAFF, Role.ADMIN, now=utc_now())
        token = record_link(session, staff, now=utc_now())
    return f"{settings.base_url}/login/link/{token}"


def free_port(wanted: int) -> int:
    """`wanted` where it is free on this machine, else 0: any."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError):
            return 0
    return wanted


def greeting(settings: Settings, link: str, outside: str | None) -> str:
    """What the demo says once it listens."""
    lines = [
        "",
        "  Muster is running.",
        "",
        f"    Tell it that something is broken   {settings.base_url}/",
        f"    Staff console (link works once)    {link}",
    ]
    if outside is not None:
        lines.append(f"    The outside store it forwards to   {outside}/")
    lines += [
        "",
        *_lacking(settings),
        f"  Another console link: muster staff link {DEMO_STAFF}",
        f"  Everything is kept in {settings.data_dir.resolve()}. Stop with Ctrl-C.",
        "",
    ]
    return "\n".join(lines) + "\n"


def _lacking(settings: Settings) -> list[str]:
    """What set-up would have built, in a line; nothing where it is there."""
    parts = ["heads"] if settings.encoder != "onnx" else ["encoder", "heads"]
    if all((settings.artifacts_dir / part / "manifest.json").is_file() for part in parts):
        return []
    return [
        f"  Nothing can be read yet: {settings.artifacts_dir} lacks the encoder or the heads.",
        "  Reports are kept meanwhile. Stop, run `make setup`, and start again.",
        "",
    ]


@contextmanager
def _ending_once() -> Iterator[None]:
    """Once we are ending, Ctrl-C is not heard until all is closed; afterwards it is again."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends us as Ctrl-C does: cleanly."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _stopping(stopped: threading.Event) -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        stopped.set()

    before = {one: signal.signal(one, stop) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
