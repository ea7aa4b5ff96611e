"""Databases, the real reader, and a whole intake, for every test that wants them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import select

from classifier.catalogue import Catalogue, parse_catalogue
from classifier.onnx_encoder import OnnxEncoder
from classifier.pair_scorer import PairScorer, load_scorer
from classifier.reading import Reader, build_reader
from incidents.drafts import Draft, Recorded
from incidents.identities import record_identity
from incidents.importing import record_catalogue, record_people
from incidents.intake import Intake
from incidents.jobs_port import Jobs
from incidents.ledger import Outbox
from incidents.live_window import LiveWindow
from incidents.organisation import Organisation
from incidents.policies import IntakePolicy
from incidents.review import Reviewer
from models.database import Database, build_database
from models.incident import Incident
from models.migrate import migrate
from models.vocabulary import Channel
from tests.browser_notice import find_browser, is_required, render_notice
from tests.fakes import FakeJobs, PlainReader, StandingClock, plain_scorer

ROOT = Path(__file__).parent.parent
ARTIFACTS = ROOT / "artifacts"
ORGANISATION = ROOT / "training_data" / "organisation"
# How fast a machine is just now is no property of ours.
settings.register_profile(
    "patient", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
)
settings.load_profile("patient")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a Chromium the browser tests are left out, said loudly; or none run at all."""
    left_out = [item for item in items if item.get_closest_marker("browser")]
    if not left_out or find_browser() is not None:
        return
    notice = render_notice(len(left_out))
    if is_required():
        raise pytest.UsageError(notice)
    sys.stderr.write(f"\n{notice}\n")
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return parse_catalogue(ORGANISATION)


@pytest.fixture(scope="session")
def reader(catalogue: Catalogue) -> Reader:
    return build_reader(ARTIFACTS, catalogue, OnnxEncoder(ARTIFACTS / "encoder"))


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    database = build_database(f"sqlite:///{tmp_path / 'muster.db'}")
    migrate(database)
    yield database
    database.dispose()


@dataclass
class House:
    """One installation without HTTP: what a test files, groups and reviews with."""

    database: Database
    organisation: Organisation
    intake: Intake
    reviewer: Reviewer
    jobs: FakeJobs
    clock: StandingClock

    def file(self, text: str, reporter: str, **more: object) -> Recorded:
        """Read and record one report of a person, through the real path."""
        with self.database.transaction() as session:
            identity = record_identity(
                session, Channel.API, f"claimed:{reporter}", now=self.clock(), claim=reporter
            )
        draft = Draft(text=text, channel=Channel.API, identity=identity.id)
        return self.record(replace(draft, **more), self.clock())

    def record(self, draft: Draft, now: datetime) -> Recorded:
        read = self.intake.read_draft(draft, now=now)
        with self.database.transaction() as session:
            return self.intake.record_report(session, read, now=now)

    def incident(self, reference: str) -> Incident:
        with self.database.reading() as session:
            return session.scalars(select(Incident).where(Incident.reference == reference)).one()


def build_house(
    database: Database,
    catalogue: Catalogue,
    reader: Reader | PlainReader,
    clock: StandingClock,
    scorer: PairScorer | None = None,
    jobs: Jobs | None = None,
) -> House:
    """A house on an empty database: the catalogue and the people move in first."""
    with database.transaction() as session:
        record_catalogue(session, catalogue)
        record_people(session, ORGANISATION / "people.csv")
    return open_house(database, catalogue, reader, clock, scorer, jobs)


def open_house(
    database: Database,
    catalogue: Catalogue,
    reader: Reader | PlainReader,
    clock: StandingClock,
    scorer: PairScorer | None = None,
    jobs: Jobs | None = None,
) -> House:
    """A house on a database that others use too, as another process would open it."""
    owed = FakeJobs()
    outbox = Outbox(("records",), jobs or owed)
    organisation = Organisation(catalogue, outbox, intake=IntakePolicy(unverified_weight=1.0))
    scorer = scorer or load_scorer()
    window = LiveWindow(scorer, reader.encoder.id, reader.encoder.width)
    organisation.alarms.watch(window)
    intake = Intake(database, organisation, reader, window)
    return House(
        database, organisation, intake, Reviewer(database, organisation, clock), owed, clock
    )


@pytest.fixture
def house(sqlite: Database, catalogue: Catalogue, reader: Reader, clock: StandingClock) -> House:
    return build_house(sqlite, catalogue, reader, clock)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, catalogue: Catalogue) -> Path:
    """A SQLite file in which the organisation has moved in; tests open copies of it."""
    path = tmp_path_factory.mktemp("furnished") / "muster.db"
    database = build_database(f"sqlite:///{path}")
    migrate(database)
    build_house(database, catalogue, PlainReader(catalogue), StandingClock())
    database.dispose()
    return path


@pytest.fixture
def plain_house(
    furnished: Path, tmp_path: Path, catalogue: Catalogue, clock: StandingClock
) -> Iterator[House]:
    """A house whose grouping is by shared words alone: quick, and free of trained numbers."""
    database = build_database(f"sqlite:///{shutil.copy(furnished, tmp_path / 'plain.db')}")
    yield open_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())
    database.dispose()
