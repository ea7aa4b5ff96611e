"""One installation, put together once at the start; nothing else constructs these parts."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from threadpoolctl import threadpool_limits

from api.deciding import brought_scorer, intake_policy, recurrence_scorer
from api.demo import DemoReplay
from api.limits import Limits
from api.live import LiveUpdates
from api.meters import Meters
from api.settings import Dialogue, Environment, Settings
from api.tending import Tending
from api.texting import Texts, build_texts
from assistant.building import build_desk, build_dialogue
from assistant.desk import Desk
from assistant.handoff_desk import HandoffDesk
from assistant.rasa_door import RasaDoor
from classifier.catalogue import Catalogue
from classifier.reading import Reader, build_reader
from classifier.severity import PriorityMatrix
from incidents.alarm_store import take_alarms
from incidents.attachment_reading import FileReadings
from incidents.attachments import AttachmentStore
from incidents.file_blobs import build_blobs
from incidents.forwarding import Forwarder
from incidents.importing import read_catalogue
from incidents.in_force import InForce
from incidents.intake import Intake
from incidents.jobs import DurableJobs, Handlers, JobRunner, build_jobs_engine
from incidents.jobs_port import Jobs
from incidents.ledger import Outbox
from incidents.live_window import LiveWindow
from incidents.organisation import Organisation
from incidents.policies import ForwardingPolicy
from incidents.priority_policy import LiveCells, read_matrix
from incidents.readers import LoadingReader, ReaderPort
from incidents.recurrence import Recurrences
from incidents.review import Reviewer
from incidents.transports.record_webhook import WebhookTarget
from incidents.vector_index import VectorIndex, build_search
from models.clock import Clock, utc_now
from models.database import Database, build_database

PATIENCE: Final = timedelta(seconds=5)
_NO_ENCODER: Final = ("none", 384)
log = logging.getLogger(__name__)


@dataclass
class Installation:
    """Everything that serves one organisation."""

    settings: Settings
    database: Database
    organisation: Organisation
    cells: LiveCells
    reader: ReaderPort
    intake: Intake
    reviewer: Reviewer
    desk: Desk
    handoffs: HandoffDesk
    jobs: Jobs
    forwarder: Forwarder
    live: LiveUpdates
    attachments: AttachmentStore
    limits: Limits
    clock: Clock
    tending: Tending
    meters: Meters
    demo: DemoReplay
    in_force: InForce
    rasa: RasaDoor | None = None
    texts: Texts | None = None
    runner: JobRunner | None = None
    closers: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_demo(self) -> bool:
        return self.settings.environment is Environment.DEMO

    def start(self, *, work: bool = True) -> None:
        """Load the encoder in the background, watch for changes, and run jobs if `work`."""
        if isinstance(self.reader, LoadingReader):
            self.reader.start()
        self.live.start()
        looking = threading.Thread(target=self._look_back, name="look-back", daemon=True)
        looking.start()
        self.closers.append(looking.join)
        if work and self.runner is not None:
            if self.database.is_sqlite:
                self.forwarder.release_leases()
                if self.texts is not None:
                    self.texts.release_leases()
            self.runner.start()
            self.closers.append(self.runner.stop)

    def _look_back(self) -> None:
        """Take in the last days' reports now: with thousands, the first one would wait for it."""
        try:
            with self.database.reading() as session:
                self.intake.window.catch_up(session, now=self.clock())
        except SQLAlchemyError:
            log.exception("the last days' reports could not be read; the next report tries again")
            return
        self.desk.foresight.articles.warm()

    def close(self) -> None:
        """Stop what was started, and let go of the database."""
        self.live.close()
        for close in reversed(self.closers):
            close()
        self.database.dispose()

    def reader_trouble(self) -> str | None:
        """Why texts cannot be read now; None when they can."""
        return reader_trouble(self.reader)

    @property
    def session_secret(self) -> str:
        """Signs sessions, form tokens and cursors."""
        secret = self.settings.session_secret
        assert secret is not None  # noqa: S101 - resolve_settings made or required it
        return secret.get_secret_value()


def build_installation(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    reader: Reader | None = None,
    jobs: Jobs | None = None,
) -> Installation:
    """Put the parts together on a migrated database.

    Args:
        settings: From `resolve_settings`.
        clock: What time it is.
        reader: A loaded reader; without one, it is loaded in the background at the start.
        jobs: In tests, who remembers what is owed; without one, durable jobs and their runner.

    """
    # Comparing vectors takes a fraction of a millisecond; threads that wait for each other spin.
    threadpool_limits(1)
    database = build_database(settings.store_url)
    closers: list[Callable[[], None]] = []
    engine: Engine | None = None
    if jobs is None:
        engine = build_jobs_engine(settings.store_url)
        durable = DurableJobs(engine)
        closers += [engine.dispose, durable.close]
        jobs = durable
    cells = LiveCells()
    with database.reading() as session:
        catalogue = read_catalogue(session)
        cells.take(read_matrix(session))
    targets = [
        WebhookTarget(one.name, one.url, one.secret.get_secret_value())
        for one in settings.targets()
    ]
    closers += [target.client.close for target in targets]
    outbox = Outbox(tuple(target.name for target in targets), jobs)
    organisation = Organisation(
        catalogue,
        outbox,
        matrix=PriorityMatrix(cells),
        intake=intake_policy(settings),
    )
    port, (encoder_id, width) = _reader(settings, catalogue, reader)
    window = LiveWindow(brought_scorer(settings), encoder_id, width)
    organisation.alarms.watch(window)
    with database.reading() as session:
        take_alarms(session, organisation.alarms, now=clock())
    intake = Intake(database, organisation, port, window)
    forwarder = Forwarder(
        database,
        outbox,
        {target.name: target for target in targets},
        source=settings.base_url,
        worker=f"worker-{secrets.token_hex(6)}",
        clock=clock,
    )
    demo = DemoReplay(database, clock)
    closers.append(demo.close)
    in_force = InForce(settings.artifacts_home, intake.window, port)
    with database.reading() as session:
        in_force.look(session)
    blobs = build_blobs(settings.blobs or settings.data_dir / "blobs")
    attachments = AttachmentStore(database, blobs, clock, jobs=jobs)
    files = FileReadings(attachments, intake)
    past = Recurrences(
        database, organisation, build_search(database), recurrence_scorer(settings), encoder_id,
        width, clock,
    )  # fmt: skip
    tending = Tending(
        database, intake, forwarder, None, cells, in_force, files, clock, past,
        VectorIndex(database),
    )  # fmt: skip
    dialogue = build_dialogue(
        organisation,
        port,
        rasa_url=settings.rasa_url if settings.dialogue is Dialogue.RASA else None,
        rasa_token=settings.rasa_token.get_secret_value() if settings.rasa_token else "",
    )
    closers.append(dialogue.close)
    desk = build_desk(
        database, organisation, intake, clock, dialogue.engine, settings.handoff_policy()
    )
    tending.handoffs = HandoffDesk(desk)
    house = Installation(
        settings=settings,
        database=database,
        organisation=organisation,
        cells=cells,
        reader=port,
        intake=intake,
        reviewer=Reviewer(database, organisation, clock),
        desk=desk,
        handoffs=tending.handoffs,
        jobs=jobs,
        forwarder=forwarder,
        live=LiveUpdates(database),
        attachments=attachments,
        limits=Limits.of(settings.environment),
        clock=clock,
        tending=tending,
        meters=Meters(database, outbox.targets, lambda: reader_trouble(port) is None, clock),
        demo=demo,
        in_force=in_force,
        rasa=dialogue.door if settings.rasa_token is not None else None,
        closers=closers,
    )
    house.texts = tending.texts = build_texts(
        settings, database, jobs, desk, attachments, clock, closers
    )
    if engine is not None:
        handlers = Handlers(
            deliver_stream=forwarder.deliver_stream,
            send_sms=tending.send_sms,
            hear_text=tending.hear_text,
            read_report=tending.read_report,
            sweep=tending.sweep,
            reencode=tending.reencode,
            read_file=tending.read_file,
            look_back=tending.look_back,
        )
        house.runner = JobRunner(engine, handlers, sweep_every=ForwardingPolicy().sweep_every)
        tending.purge = house.runner.purge_finished
    return house


def reader_trouble(reader: ReaderPort) -> str | None:
    """Why a reader cannot read now; None when it can."""
    if not isinstance(reader, LoadingReader) or reader.ready:
        return None
    return reader.failure or "The encoder is still loading."


def _reader(
    settings: Settings, catalogue: Catalogue, reader: Reader | None
) -> tuple[ReaderPort, tuple[str, int]]:
    """The port, and what its vectors will be called: known before the encoder is loaded."""
    if reader is not None:
        return reader, (reader.encoder.id, reader.encoder.width)
    kind, _, name = settings.encoder.partition(":")
    if kind == "sentence-transformers" and name:
        from classifier.st_encoder import SentenceTransformersEncoder

        encoder = SentenceTransformersEncoder(name)  # its width is known only once it is loaded
        loaded = build_reader(settings.artifacts_dir, catalogue, encoder)
        return loaded, (encoder.id, encoder.width)
    folder = settings.artifacts_dir / "encoder"

    def build() -> Reader:
        from classifier.onnx_encoder import OnnxEncoder

        return build_reader(settings.artifacts_dir, catalogue, OnnxEncoder(folder))

    port = LoadingReader(build, patience=PATIENCE)
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return port, _NO_ENCODER
    return port, (str(manifest["id"]), int(manifest["width"]))
