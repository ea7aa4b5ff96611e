"""The Rasa project in the tree is what `muster rasa export` writes today."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from assistant.domain import load_domain
from assistant.rasa_export import HOME, export_project, render_nlu, render_project

PROJECT = render_project()


@pytest.mark.parametrize("name", sorted(PROJECT))
def test_a_file_of_the_project_is_as_the_dialogue_is_now(name: str) -> None:
    written = (HOME / name).read_text(encoding="utf-8")
    assert written == PROJECT[name], "stale: run `muster rasa export assistant/rasa`"


def test_the_folder_holds_nothing_that_is_not_exported() -> None:
    found = {str(p.relative_to(HOME)) for p in HOME.rglob("*") if p.is_file()}
    assert {name for name in found if "__pycache__" not in name} == set(PROJECT)


def test_an_export_is_complete_and_says_nothing_secret(tmp_path: Path) -> None:
    written = export_project(tmp_path / "project")
    assert len(written) == len(PROJECT)
    for name in ("endpoints.yml", "credentials.yml"):
        text = (tmp_path / "project" / name).read_text()
        assert "${MUSTER_RASA_TOKEN}" in text, name


def test_nlu_data_has_every_act_of_the_training_messages_once_per_text() -> None:
    data = yaml.safe_load(PROJECT["data/nlu.yml"])["nlu"]
    texts = Counter(
        line.removeprefix("- ") for one in data for line in one["examples"].splitlines()
    )
    assert {one["intent"] for one in data} <= load_domain().intents
    assert len(data) >= 15
    assert max(texts.values()) == 1
    assert len(texts) > 1500


def test_a_message_that_rasa_would_read_as_markup_is_no_example() -> None:
    rows = [
        {"text": "see [this](service)", "act": "report", "asked": ""},
        {"text": "/restart", "act": "restart", "asked": ""},
        {"text": "start over", "act": "restart", "asked": ""},
    ]
    data = yaml.safe_load(render_nlu(rows))["nlu"]
    assert data == [{"intent": "start_over", "examples": "- start over\n"}]
