"""`muster evaluate` without a part, on a small set in the place of a real one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.cli import main
from tests.conftest import ROOT


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of sets that holds one, of our own words."""
    folder = tmp_path / "eval" / "storm" / "dev"
    folder.mkdir(parents=True)
    lines = (ROOT / "training_data" / "stream.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "stream.jsonl").write_text("\n".join(lines[:110]), encoding="utf-8")
    return tmp_path / "eval"


def test_a_page_with_plots_is_written_and_parts_measured_later_are_added(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    told = ["evaluate", "--data", str(data), "--sets", "storm", "--out", str(out)]
    assert main([*told, "--quick", "--only", "grouping"]) == 0
    assert "helpdesk (dev) is not on this machine" in capsys.readouterr().err
    figures = json.loads((out / "quality" / "figures.json").read_text(encoding="utf-8"))
    methods = figures["grouping"]["storm"]["whole"]["methods"]
    assert set(methods) == {"Muster", "Muster, published", "TF-IDF", "plain cosine", "HDBSCAN"}
    assert all(len(one["f1"]) == 3 for one in methods.values())
    assert "a quick run" in (out / "quality.md").read_text(encoding="utf-8")

    assert main([*told, "--only", "evidence"]) == 0
    page = (out / "quality.md").read_text(encoding="utf-8")
    assert "## Grouping, as shipped" in page
    assert "## What each kind of evidence is worth" in page
    assert (out / "quality" / "thresholds.svg").is_file()
    assert (out / "quality" / "alarms.svg").is_file()


def test_without_a_place_the_page_is_printed(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["evaluate", "all", "--data", str(data), "--sets", "storm", "--quick"]
    assert main([*told, "--only", "grouping"]) == 0
    assert capsys.readouterr().out.startswith("# How good it is")
    assert main([*told, "--only", "grouping", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["grouping"]["storm"]["reports"] == 110


@pytest.mark.parametrize("told", [["--only", "everything"], ["--sets", "nowhere"]])
def test_a_part_or_set_that_is_not_there_is_one_sentence(
    told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *told]) == 1
    assert "there are" in capsys.readouterr().err
