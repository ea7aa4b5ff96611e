"""What a newcomer types wrong: each answer is one sentence that says what to do next."""

from __future__ import annotations

import os
import signal
import stat
import threading
from pathlib import Path

import pytest

from api.cli import main
from api.running import greeting
from api.settings import resolve_settings
from tests.integration.test_api_cli import free_port, running


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("MUSTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("muster: ")
    assert said.count("\n") == 1
    return said


def test_a_data_folder_that_cannot_be_made_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "file" / "var"))
    said = complaint(capsys, "migrate")
    assert str(tmp_path / "file" / "var") in said
    assert "MUSTER_DATA_DIR=" in said


@pytest.mark.parametrize("url", ["mysql://muster@db/muster", "nonsense", "sqlite://"])
def test_a_database_of_another_kind_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUSTER_DATABASE_URL", url)
    assert "MUSTER_DATABASE_URL: write sqlite:///PATH or" in complaint(capsys, "migrate")


def test_a_database_that_does_not_answer_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUSTER_DATABASE_URL", "postgresql://muster:h1dden@127.0.0.1:1/muster")
    said = complaint(capsys, "migrate")
    assert "127.0.0.1:1/muster does not open" in said
    assert "h1dden" not in said


def test_an_encoder_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MUSTER_ENCODER", "sentence-transformers")
    assert "MUSTER_ENCODER: write onnx or" in complaint(capsys, "migrate")


def test_what_is_stored_is_for_this_account_alone(own_folder: Path) -> None:
    own_folder.mkdir(mode=0o755)
    assert main(["migrate"]) == 0
    assert stat.S_IMODE((own_folder / "muster.db").stat().st_mode) == 0o600


def test_nobody_is_called_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["staff", "add", " ", "--role", "admin"])
    assert "a name is not empty" in capsys.readouterr().err


@pytest.mark.parametrize("family", ["staff", "encoder", "deliveries"])
def test_half_a_command_says_that_there_is_more(
    family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([family])
    assert "required: WHAT" in capsys.readouterr().err


def test_the_demo_says_when_set_up_was_not_finished(tmp_path: Path) -> None:
    bare = resolve_settings(artifacts_dir=tmp_path / "none")
    assert "run `make setup`" in greeting(bare, "https://link", None)
    assert "make setup" not in greeting(resolve_settings(), "https://link", None)


def test_an_impatient_ctrl_c_ends_the_server_as_cleanly_as_one() -> None:
    port = free_port()
    pause = threading.Event()
    with running("serve", port=port) as process:
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            pause.wait(0.1)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in said
