"""After a change of the encoder old vectors are made anew, bit by bit, and nothing is mixed up."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import delete, select
from starlette.testclient import TestClient

from api.app import create_app
from api.wiring import Installation, build_installation
from classifier.catalogue import Catalogue
from classifier.encoding import HashEncoder, gist
from classifier.onnx_encoder import OnnxEncoder
from classifier.reading import Reader
from incidents.reencoding import Progress, Reencoder, read_progress
from models.database import Database
from models.report import Report, ReportText
from models.vocabulary import Role
from tests.conftest import ARTIFACTS, House, build_house, open_house
from tests.fakes import FakeJobs, OtherEncoder, PlainReader, StandingClock, plain_scorer
from tests.integration.api_fixtures import key_for, link_for
from tests.standins.receiver import wait_until

TEXTS = [f"the wifi in berlin is down on floor {number}" for number in range(10)]


@pytest.fixture
def old(database: Database, catalogue: Catalogue, clock: StandingClock) -> House:
    """A house in which ten reports were read by the first encoder."""
    house = build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())
    for number, text in enumerate(TEXTS):
        clock.forward(minutes=1)
        house.file(text, f"p{number:03}")
    return house


def moved(old: House, encoder: OtherEncoder) -> House:
    """The same store, opened by a process that reads with another encoder."""
    catalogue = old.organisation.catalogue
    reader = PlainReader(catalogue, encoder)
    return open_house(old.database, catalogue, reader, old.clock, plain_scorer())


def encoders(house: House) -> list[str | None]:
    with house.database.reading() as session:
        return list(session.scalars(select(Report.encoder_id).order_by(Report.received_at)))


def test_every_report_gets_the_vector_that_the_new_encoder_makes_of_its_words(old: House) -> None:
    encoder = OtherEncoder()
    assert Reencoder(old.database, old.clock).reencode(encoder, batch=3) == 10
    with old.database.reading() as session:
        rows = session.execute(
            select(Report.encoder_id, Report.vector, ReportText.text).join(
                ReportText, ReportText.report_id == Report.id
            )
        ).all()
        assert read_progress(session, encoder.id).is_whole
    assert {row.encoder_id for row in rows} == {"hash-v2"}
    for row in rows:
        np.testing.assert_allclose(row.vector, OtherEncoder().encode([gist(row.text)])[0])


def test_a_kill_in_the_middle_loses_nothing_and_repeats_no_finished_batch(old: House) -> None:
    dying = OtherEncoder()
    dying.dies_after = 5
    with pytest.raises(KeyboardInterrupt):
        Reencoder(old.database, old.clock).reencode(dying, batch=2)
    assert encoders(old).count("hash-v2") == 4
    again = OtherEncoder()
    assert Reencoder(old.database, old.clock).reencode(again, batch=2) == 6
    assert not set(again.seen) & set(dying.seen[:4])
    assert Reencoder(old.database, old.clock).reencode(again, batch=2) == 0


def test_the_newest_reports_come_first(old: House) -> None:
    encoder = OtherEncoder()
    Reencoder(old.database, old.clock, patience=timedelta(0)).reencode(encoder, batch=3)
    assert sorted(encoder.seen) == TEXTS[-3:]
    assert encoders(old) == ["hash-v1"] * 7 + ["hash-v2"] * 3


def test_a_call_ends_when_its_patience_ends_and_the_next_goes_on(old: House) -> None:
    hurried = Reencoder(old.database, old.clock, patience=timedelta(0))
    counts = [hurried.reencode(OtherEncoder(), batch=4) for _ in range(4)]
    assert counts == [4, 4, 2, 0]


def test_a_text_that_cannot_be_encoded_keeps_no_other_waiting(old: House) -> None:
    encoder = OtherEncoder()
    encoder.refuses = "floor 9"
    assert Reencoder(old.database, old.clock).reencode(encoder, batch=3) == 9
    with old.database.reading() as session:
        progress = read_progress(session, encoder.id)
    assert (progress.done, progress.total) == (9, 10)


def test_a_report_whose_words_were_erased_keeps_its_vector_and_is_not_waited_for(
    old: House,
) -> None:
    with old.database.transaction() as session:
        first = session.scalars(select(ReportText)).first()
        assert first is not None
        session.execute(delete(ReportText).where(ReportText.report_id == first.report_id))
    Reencoder(old.database, old.clock).reencode(OtherEncoder())
    with old.database.reading() as session:
        assert read_progress(session, "hash-v2").is_whole
        kept = session.get_one(Report, first.report_id)
        assert kept.encoder_id == "hash-v1"


def test_a_new_report_meets_only_reports_of_its_own_encoder_until_all_are_read_again(
    old: House,
) -> None:
    encoder = OtherEncoder()
    house = moved(old, encoder)
    house.clock.forward(minutes=1)
    first = house.file(TEXTS[0], "p020")
    assert not first.joined
    house.clock.forward(minutes=1)
    assert house.file(TEXTS[0], "p021").incident.id == first.incident.id
    Reencoder(house.database, house.clock).reencode(encoder)
    with house.database.reading() as session:
        house.intake.window.renew(session, now=house.clock())
    assert len(house.intake.window) == 12
    house.clock.forward(minutes=1)
    assert house.file(TEXTS[3], "p022").incident.reports > 2


def test_the_window_is_not_renewed_while_old_vectors_are_left(old: House) -> None:
    encoder = OtherEncoder()
    house = moved(old, encoder)
    house.file(TEXTS[0], "p020")
    Reencoder(house.database, house.clock, patience=timedelta(0)).reencode(encoder, batch=4)
    with house.database.reading() as session:
        house.intake.window.renew(session, now=house.clock())
        house.intake.window.catch_up(session, now=house.clock())
    assert len(house.intake.window) == 1


def test_the_real_encoder_takes_over_from_another_one(
    sqlite: Database, catalogue: Catalogue, clock: StandingClock, reader: Reader
) -> None:
    house = build_house(sqlite, catalogue, PlainReader(catalogue), clock, plain_scorer())
    for number in range(3):
        house.file("nobody in Berlin gets onto the wifi", f"p{number:03}")
    real = OnnxEncoder(ARTIFACTS / "encoder")
    assert Reencoder(sqlite, clock).reencode(real) == 3
    again = open_house(sqlite, catalogue, reader, clock)
    clock.forward(minutes=2)
    assert again.file("wireless network is gone in the Berlin office", "p005").joined


@pytest.fixture
def changed(installation: Installation) -> Installation:
    """An installation whose stored reports were read by an earlier encoder."""
    other = PlainReader(installation.organisation.catalogue)
    assert isinstance(other.encoder, HashEncoder)
    house = open_house(
        installation.database, installation.organisation.catalogue, other,
        StandingClock(), plain_scorer(),
    )  # fmt: skip
    for number, text in enumerate(TEXTS):
        house.file(text, f"p{number:03}")
    return installation


def test_readiness_and_the_console_say_how_far_it_is(changed: Installation) -> None:
    changed.tending.sweep()
    assert isinstance(changed.jobs, FakeJobs)
    assert changed.jobs.reencodings == 1
    with TestClient(create_app(changed)) as client:
        assert client.get("/readyz").json()["reencoding"] == {"done": 0, "total": 10}
        client.post(f"/login/link/{link_for(changed, Role.ADMIN)}")
        assert "0 of 10 reports were read again" in client.get("/console").text
        changed.tending.reencode()
        changed.tending.sweep()
        assert client.get("/readyz").json() == {"status": "ready", "reasons": []}
        assert "were read again" not in client.get("/console").text
    assert changed.jobs.reencodings == 1


def test_when_all_is_read_the_sweep_stops_counting(changed: Installation) -> None:
    changed.tending.reencode()
    changed.tending.sweep()
    progress = changed.tending.progress
    changed.tending.sweep()
    assert changed.tending.progress is progress


def test_a_program_is_not_told_of_rereading_by_a_stranger(changed: Installation) -> None:
    changed.tending.sweep()
    with TestClient(create_app(changed)) as client:
        assert "read again" not in client.get("/").text
        assert client.get("/readyz", headers=key_for(changed, Role.SERVICE)).status_code == 200


def test_a_server_that_starts_with_another_encoder_reads_everything_again_by_itself(
    changed: Installation, reader: Reader
) -> None:
    house = build_installation(changed.settings, reader=reader)
    try:
        house.start()

        def all_read() -> bool:
            with house.database.reading() as session:
                return read_progress(session, reader.encoder.id) == Progress(10, 10)

        wait_until(all_read, within=30)
    finally:
        house.close()
