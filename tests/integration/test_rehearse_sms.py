"""`muster rehearse-sms`: an operator types texts, with every fault, and reads the answers."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from api.cli_rehearse import Line, render_intro
from api.wiring import Installation
from models.conversation import Message
from models.report import Attachment
from models.texting import TextStatus
from models.vocabulary import Direction
from tests.fakes import FakeJobs
from tests.integration.api_fixtures import serving
from tests.integration.sms_fixtures import OUTAGE, house, send_owed, twilio
from tests.standins.serving import ROOT
from tests.standins.twilio import Twilio

__all__ = ["house", "twilio"]


@pytest.fixture
def server(house: Installation) -> Iterator[str]:
    with serving(house) as found:
        yield found.url


def faults(**more: float) -> argparse.Namespace:
    none = {"duplicate": 0.0, "reorder": 0.0, "forge": 0.0, "errors": 0.0, "delay": 0.0}
    return argparse.Namespace(**none | more)


def heard(house: Installation) -> list[str]:
    with house.database.reading() as session:
        return list(
            session.scalars(
                select(Message.text)
                .where(Message.direction == Direction.INBOUND)
                .order_by(Message.at, Message.number)
            )
        )


def line_to(house: Installation, twilio: Twilio, server: str, **more: float) -> Line:
    return Line(twilio, server, house.settings.base_url, faults(**more))


def test_with_every_fault_each_text_is_heard_once_and_no_forged_one(
    house: Installation, twilio: Twilio, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = line_to(house, twilio, server, duplicate=0.5, reorder=0.5, forge=0.5, delay=0.01)
    for number in range(8):
        line.say(f"+44770090010{number} {OUTAGE} {number}")
    line.finish()
    send_owed(house)
    assert sorted(heard(house)) == sorted(f"{OUTAGE} {number}" for number in range(8))
    said = capsys.readouterr().out
    assert "forged: answered 403" in said
    assert "answered 200" in said


def test_a_file_is_named_by_an_at_sign(
    house: Installation, twilio: Twilio, server: str, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 40), "red").save(tmp_path / "error.png")
    line = line_to(house, twilio, server)
    line.say(f"{OUTAGE} @{tmp_path / 'error.png'}")
    line.say("")
    line.say(f"@{tmp_path / 'missing.png'}")
    line.finish()
    send_owed(house)
    with house.database.reading() as session:
        (file,) = session.scalars(select(Attachment)).all()
    assert file.report_id is not None
    assert isinstance(house.jobs, FakeJobs)
    with house.database.reading() as session:
        assert session.scalars(select(TextStatus)).all() == []


def test_the_command_says_what_to_set_and_ends_with_its_input(tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    ended = subprocess.run(
        [sys.executable, "-m", "api.cli", "rehearse-sms", "--port", "0"],
        cwd=ROOT,
        env={**kept, "MUSTER_DATA_DIR": str(tmp_path), "MUSTER_PORT": "9"},
        input="wifi down\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "MUSTER_TWILIO_API_BASE=http://127.0.0.1:" in ended.stdout
    assert "is the server up?" in ended.stdout


def test_what_it_says_to_set_is_what_it_listens_with(twilio: Twilio) -> None:
    told = render_intro(twilio, "http://127.0.0.1:8000")
    for value in (twilio.account_sid, twilio.auth_token, twilio.number, twilio.url):
        assert value in told
