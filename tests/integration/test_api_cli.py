"""The command line: what people type, what programs read, and how a server starts and stops."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import structlog

from api.cli import main
from models.database import build_database
from models.vocabulary import Role
from tests.conftest import ORGANISATION, ROOT


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """A command sends the process's logs to its own stderr; afterwards they go where they went."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith("MUSTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MUSTER_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


def free_port() -> int:
    """A port whose successor is free too: the demo's outside store takes that."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@contextmanager
def running(*arguments: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """`muster ...` in a process of its own, until it is ready; killed at the end if need be."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *arguments],
        cwd=ROOT,
        env=os.environ | {"MUSTER_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until_ready(process, port)
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until_ready(process: subprocess.Popen[str], port: int) -> None:
    pause = threading.Event()
    for _ in range(600):
        assert process.poll() is None, process.communicate()
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        pause.wait(0.1)
    raise AssertionError("not ready within a minute")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    told = capsys.readouterr()
    assert not told.out
    assert told.err.count("\n") == 1  # one sentence, no traceback
    return told.err


def test_a_key_is_the_last_word_and_its_maker_is_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = said(capsys, "staff", "key", "robot", "--role", "service").split()[-1]
    assert key.startswith("mk_")
    assert len(key) >= 46
    assert said(capsys, "staff", "list") == "robot\tservice\tno password\n"


def test_somebody_new_gets_a_password_once(capsys: pytest.CaptureFixture[str]) -> None:
    first = said(capsys, "staff", "add", "Kim", "--role", "analyst").split()[-1]
    second = said(capsys, "staff", "add", "Kim", "--role", "commander").split()[-1]
    assert first != second
    assert said(capsys, "staff", "list") == "Kim\tcommander\tpassword\n"


def test_a_link_is_only_for_somebody_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert "muster staff add" in refused(capsys, "staff", "link", "Nobody")
    said(capsys, "staff", "add", "Kim", "--role", "analyst")
    assert "/login/link/" in said(capsys, "staff", "link", "Kim")


def test_an_unknown_role_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["staff", "add", "Kim", "--role", "king"])
    assert "analyst" in capsys.readouterr().err


def test_an_organisation_is_imported_and_imported_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    first = said(capsys, "import", str(ORGANISATION))
    assert "25 services, 6 sites" in first
    assert "120 people" in first
    assert said(capsys, "import", str(ORGANISATION)) == first
    matrix = tmp_path / "matrix.json"
    matrix.write_text(json.dumps({f"{i}{u}": "P2" for i in (1, 2, 3) for u in (1, 2, 3)}))
    assert "matrix is set" in said(capsys, "import", "--priority-matrix", str(matrix))


def test_a_broken_import_says_what_to_mend(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "Name a folder" in refused(capsys, "import")
    refused(capsys, "import", str(tmp_path / "nowhere"))
    broken = tmp_path / "matrix.json"
    broken.write_text("{")
    assert "matrix.json" in refused(capsys, "import", "--priority-matrix", str(broken))
    broken.write_text('{"11": "P9"}')
    assert "nine cells" in refused(capsys, "import", "--priority-matrix", str(broken))


def test_a_stream_that_is_none_or_a_server_that_is_not_there_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stream = tmp_path / "stream.jsonl"
    assert "no stream" in refused(capsys, "tell", str(stream), "--key", "k")
    stream.write_text('{"id": "a"}')
    assert "no stream" in refused(capsys, "tell", str(stream), "--key", "k")
    stream.write_text('{"id": "a", "t": 1, "text": "x"}')
    url = f"http://127.0.0.1:{free_port()}"
    told = refused(capsys, "tell", str(stream), "--key", "k", "--url", url)
    assert "does not answer" in told


def test_tables_are_made_and_made_again(
    capsys: pytest.CaptureFixture[str], own_folder: Path
) -> None:
    assert said(capsys, "migrate") == said(capsys, "migrate")
    assert (own_folder / "muster.db").is_file()


def test_with_nothing_parked_there_is_nothing_to_list_or_replay(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert said(capsys, "deliveries", "list") == ""
    assert said(capsys, "deliveries", "replay").startswith("0 records")


def test_on_sqlite_a_worker_of_its_own_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "PostgreSQL" in refused(capsys, "work")


def test_wrong_settings_are_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_HOST", "0.0.0.0")
    assert "MUSTER_ENVIRONMENT=production" in refused(capsys, "serve")
    monkeypatch.setenv("MUSTER_HOST", "127.0.0.1")
    monkeypatch.setenv("MUSTER_ENVIRONMENT", "production")
    assert "MUSTER_SESSION_SECRET" in refused(capsys, "serve")


def test_a_taken_port_is_named_with_another_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("MUSTER_PORT", str(port))
        told = refused(capsys, "serve")
    assert f"Port {port}" in told
    assert "MUSTER_PORT=" in told


def test_a_server_serves_takes_new_keys_meanwhile_and_ends_cleanly(
    capsys: pytest.CaptureFixture[str], own_folder: Path
) -> None:
    port = free_port()
    said(capsys, "import", str(ORGANISATION))
    with running("serve", port=port) as server:
        key = said(capsys, "staff", "key", "robot", "--role", "service").split()[-1]
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx.post(
            f"http://127.0.0.1:{port}/api/v1/reports",
            json={"text": "SAP is down in Lisbon", "reporter": "p001"},
            headers=headers | {"Idempotency-Key": "1"},
            timeout=20,
        )
        assert answer.status_code == 201
        stream = own_folder / "stream.jsonl"
        stream.write_text(
            '{"id": "b", "t": 2, "text": "printer jams in Berlin", "site": "berlin"}\n'
            '{"id": "a", "t": 1, "text": "headset is dead", "reporter": "p002"}\n'
        )
        url = f"http://127.0.0.1:{port}"
        lines = said(
            capsys, "tell", str(stream), "--url", url, "--key", key, "--per-second", "50"
        ).splitlines()
        assert [line.split("\t")[0] for line in lines] == ["a", "b"]
        assert "401" in refused(capsys, "tell", str(stream), "--url", url, "--key", "mk_no")
        second = refused(capsys, "serve", "--port", str(free_port()))
        assert "MUSTER_DATA_DIR" in second
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=30)
    assert server.returncode == 0, err
    assert out == ""  # logs are on stderr
    logged = [json.loads(line) for line in err.splitlines()]
    assert [one["status"] for one in logged if one.get("route") == "/api/v1/reports"][:3] == [
        201
    ] * 3
    assert "SAP" not in err
    database = build_database(f"sqlite:///{own_folder / 'muster.db'}")
    with database.reading() as session:
        checked = session.connection().exec_driver_sql("PRAGMA integrity_check").scalar_one()
    database.dispose()
    assert checked == "ok"


def test_the_demo_needs_one_command_and_its_records_arrive_outside() -> None:
    port = free_port()
    with running("demo", port=port) as demo:
        url = f"http://127.0.0.1:{port}"
        assert demo.stdout is not None
        lines = [demo.stdout.readline() for _ in range(9)]
        told = "".join(lines)
        assert f"{url}/\n" in told
        link = next(word for word in told.split() if "/login/link/" in word)
        with httpx.Client(base_url=url, timeout=20, follow_redirects=True) as browser:
            assert browser.post(link).status_code == 200
            assert browser.get("/console").status_code == 200
            begun = browser.post("/demo/replay", json={"reports": 4, "per_second": 50})
            assert begun.status_code == 202
        store = next(word for word in told.split() if word.endswith(f":{port + 1}/"))
        wait_for_records(f"{store}records", 4)
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=30)
    assert (demo.returncode, err) == (0, "")
    assert out.endswith("Stopped.\n")


def wait_for_records(url: str, reports: int) -> None:
    pause = threading.Event()
    for _ in range(300):
        told = httpx.get(url, timeout=5).json()["records"]
        kinds = [record["type"] for record in told]
        if kinds.count("muster.report.recorded.v1") == reports:
            return
        pause.wait(0.1)
    raise AssertionError(kinds)


def test_serving_imports_nothing_that_only_training_needs() -> None:
    script = (
        "import sys; import api.server; "
        "from classifier.onnx_encoder import OnnxEncoder; "
        "bad = {'torch', 'sentence_transformers', 'sklearn', 'scipy', 'onnx'} & set(sys.modules); "
        "sys.exit(f'imported {sorted(bad)}' if bad else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_role_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    for role in Role:
        assert said(capsys, "staff", "key", f"x-{role}", "--role", role.value).split()[-1]
