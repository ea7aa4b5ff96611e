"""`muster train --from-feedback` from the command line, on both databases."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from api.cli import main
from classifier.catalogue import Catalogue
from classifier.pair_scorer import save_scorer
from incidents.artifact_registry import check_artifact, promotions, seal_artifact
from models.database import Database
from models.learning import HeldReport
from tests.conftest import build_house
from tests.fakes import PlainReader, StandingClock, plain_scorer
from tests.journeys.test_learning import live_through, timid

Said = pytest.CaptureFixture[str]


@pytest.fixture
def home(
    database: Database,
    database_url: str,
    catalogue: Catalogue,
    clock: StandingClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """An installation that decides too timidly, and 40 merges by staff; returns its artifacts."""
    house = build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())
    live_through(timid(house), range(40))
    monkeypatch.setenv("MUSTER_DATABASE_URL", database_url)
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("MUSTER_ARTIFACTS_DIR", str(tmp_path / "brought"))
    save_scorer(replace(plain_scorer(), name="timid", join=0.9999999), tmp_path / "brought")
    return tmp_path / "var" / "artifacts"


def test_it_learns_promotes_and_then_finds_nothing_better(
    home: Path, database: Database, capsys: Said
) -> None:
    assert main(["train", "--from-feedback"]) == 0
    said = capsys.readouterr().out
    assert "F1 over pairs is 0.000 by what decides now" in said
    assert "better beyond chance" in said
    assert "is in force for grouping" in said
    with database.reading() as session:
        (row,) = promotions(session)
        held = set(session.scalars(select(HeldReport.report_id)))
    sealed = check_artifact(home, str(row.artifact), sha256=row.sha256)
    assert row.scores["grouping"]["low"] > 0
    assert sealed.about["instead_of"] == "timid"
    pairs = json.loads((sealed.folder / "pairs.json").read_text(encoding="utf-8"))
    assert pairs["name"] == row.artifact

    assert main(["train", "--from-feedback"]) == 0
    said = capsys.readouterr().out
    assert "not better beyond chance" in said
    assert "Nothing has changed." in said
    with database.reading() as session:
        assert len(promotions(session)) == 1
        assert set(session.scalars(select(HeldReport.report_id))) == held
    assert main(["artifacts", "list"]) == 0
    said = capsys.readouterr().out
    assert f"* {row.artifact}\t" in said
    assert f"  {row.artifact}-2\t" in said


def test_with_a_folder_it_only_writes_there(
    home: Path, database: Database, tmp_path: Path, capsys: Said
) -> None:
    assert main(["train", "--from-feedback", "--out", str(tmp_path / "look")]) == 0
    assert "Nothing has changed here." in capsys.readouterr().out
    assert (tmp_path / "look" / "pairs.json").is_file()
    assert not home.exists()
    with database.reading() as session:
        assert promotions(session) == []


def test_with_too_little_feedback_it_says_how_much_more(
    sqlite: Database,
    catalogue: Catalogue,
    clock: StandingClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Said,
) -> None:
    house = build_house(sqlite, catalogue, PlainReader(catalogue), clock, plain_scorer())
    live_through(timid(house), range(3))
    monkeypatch.setenv("MUSTER_DATABASE_URL", f"sqlite:///{tmp_path / 'muster.db'}")
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "var"))
    assert main(["train", "--from-feedback"]) == 1
    assert "3 corrections of grouping, and 30 are needed. 27 more" in capsys.readouterr().err


def test_heads_of_ones_own_go_on_in_the_next_artifact(
    home: Path, database: Database, capsys: Said
) -> None:
    save_scorer(replace(plain_scorer(), name="own-0", join=0.9999999), home / "own-0")
    (home / "own-0" / "heads").mkdir()
    (home / "own-0" / "heads" / "manifest.json").write_text("{}", encoding="utf-8")
    seal_artifact(home / "own-0", {})
    assert main(["artifacts", "promote", "own-0"]) == 0
    assert main(["train", "--from-feedback"]) == 0
    capsys.readouterr()
    with database.reading() as session:
        newest = promotions(session)[0]
    assert newest.previous == "own-0"
    assert check_artifact(home, str(newest.artifact)).has_heads
