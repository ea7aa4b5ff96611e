"""`muster replay` from the command line: what it prints and writes, and that it changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from api.cli import main
from classifier.catalogue import Catalogue
from classifier.pair_scorer import save_scorer
from incidents import actions as act
from models.database import Database
from tests.conftest import ROOT, build_house
from tests.fakes import PlainReader, StandingClock, plain_scorer

Said = pytest.CaptureFixture[str]


@pytest.fixture
def lived_in(
    database: Database,
    database_url: str,
    catalogue: Catalogue,
    clock: StandingClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """An installation with a small outage that staff accepted; weights beside it."""
    house = build_house(database, catalogue, PlainReader(catalogue), clock, plain_scorer())
    for number in range(1, 5):
        clock.forward(minutes=1)
        recorded = house.file("the wifi in berlin is down", f"p00{number}", site="berlin")
    house.reviewer.perform(act.Accept(act.Target(recorded.incident.reference, None)), actor="ana")
    monkeypatch.setenv("MUSTER_DATABASE_URL", database_url)
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "var"))
    save_scorer(plain_scorer(), tmp_path / "weights")
    return tmp_path / "weights"


def test_a_replay_prints_what_it_found_in_words_and_as_json(lived_in: Path, capsys: Said) -> None:
    assert main(["replay", "--artifact", str(lived_in)]) == 0
    assert "Proposed as major: 1 then, 1 now." in capsys.readouterr().out
    assert main(["replay", "--artifact", str(lived_in), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["artifact"], told["reports"]) == ("plain", 4)
    assert "names" not in told


def test_names_are_told_only_when_asked_for(lived_in: Path, capsys: Said) -> None:
    assert main(["replay", "--artifact", str(lived_in), "--json", "--names"]) == 0
    assert len(json.loads(capsys.readouterr().out)["names"]) == 4


def test_a_folder_gets_the_report_the_groups_and_the_alarms(
    lived_in: Path, tmp_path: Path, capsys: Said
) -> None:
    policy = tmp_path / "strict.toml"
    policy.write_text("join = 1.0\n", encoding="utf-8")
    wanted = ["replay", "--artifact", str(lived_in), "--policy", str(policy)]
    assert main([*wanted, "--out", str(tmp_path / "a")]) == 0
    assert main([*wanted, "--out", str(tmp_path / "b"), "--json"]) == 0
    capsys.readouterr()
    for name in ("report.json", "groups.jsonl", "alarms.jsonl"):
        first, second = ((tmp_path / folder / name).read_bytes() for folder in "ab")
        assert first == second
    report = json.loads((tmp_path / "a" / "report.json").read_text(encoding="utf-8"))
    assert report["policy"] == {"join": 1.0}
    groups = (tmp_path / "a" / "groups.jsonl").read_text(encoding="utf-8").splitlines()
    assert len({json.loads(line)["group"] for line in groups}) == 4


def test_without_an_artifact_it_replays_what_decides_now(lived_in: Path, capsys: Said) -> None:
    assert main(["replay", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["artifact"] != "plain"


def test_a_stretch_is_named_by_days_or_moments(lived_in: Path, capsys: Said) -> None:
    wanted = ["replay", "--artifact", str(lived_in), "--json", "--until", "2026-11-23T12:03"]
    assert main(wanted) == 0
    assert json.loads(capsys.readouterr().out)["reports"] == 2
    assert main([*wanted[:-2], "--since", "2026-11-24"]) == 0
    assert json.loads(capsys.readouterr().out)["reports"] == 0
    with pytest.raises(SystemExit):
        main(["replay", "--since", "yesterday"])
    assert "write 2026-11-23" in capsys.readouterr().err


def test_what_cannot_be_is_one_sentence(lived_in: Path, tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "p.yaml").write_text("joins: 0.5", encoding="utf-8")
    assert main(["replay", "--policy", str(tmp_path / "p.yaml")]) == 1
    assert "Did you mean `join`?" in capsys.readouterr().err
    assert main(["replay", "--artifact", str(tmp_path)]) == 1
    assert "holds no pairs.json" in capsys.readouterr().err


def test_a_database_of_another_version_is_neither_migrated_nor_read(
    lived_in: Path, database: Database, capsys: Said
) -> None:
    with database.write_engine.begin() as connection:
        connection.execute(text("DROP TABLE promotion"))
    assert main(["replay"]) == 1
    assert "muster migrate" in capsys.readouterr().err
    with database.read_engine.connect() as connection:
        assert not database.read_engine.dialect.has_table(connection, "promotion")


def test_where_there_is_no_database_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "var"))
    assert main(["replay"]) == 1
    assert "There is no database" in capsys.readouterr().err
    assert not (tmp_path / "var" / "muster.db").exists()


def test_two_processes_print_the_same_bytes(
    lived_in: Path, database: Database, tmp_path: Path
) -> None:
    del database
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", "replay", "--artifact", str(lived_in), "--json"],
            capture_output=True, check=True, cwd=ROOT, env=environment, timeout=120,
        )  # fmt: skip
        found.append(done.stdout)
    assert found[0] == found[1]
    assert b'"reports": 4' in found[0]
