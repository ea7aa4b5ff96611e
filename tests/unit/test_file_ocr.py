"""Error dialogs are read where a program for it is installed; else it is said that none is."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.dialogs import CODES, Dialog, make_dialogs
from classifier.signature_codes import find_codes
from incidents.file_ocr import LOOK_S, NO_PROGRAM, OcrReader, mend_codes
from incidents.file_sandbox import SandboxPolicy


@pytest.mark.parametrize("dialog", make_dialogs(count=6), ids=lambda one: one.theme)
def test_the_code_in_an_error_dialog_is_read(
    dialog: Dialog,
) -> None:
    found = OcrReader().read(dialog.content)
    assert dialog.code.upper() in {hit.value.upper() for hit in find_codes(found.text)}
    assert found.trouble is None


@pytest.mark.parametrize("dialog", make_dialogs(count=3), ids=lambda one: one.theme)
def test_without_tesseract_the_other_reader_finds_the_code(dialog: Dialog) -> None:
    found = OcrReader(lambda: None, lambda: True).read(dialog.content)
    assert dialog.code.upper() in {hit.value.upper() for hit in find_codes(found.text)}


def test_what_tesseract_cannot_read_the_other_reader_is_asked_for() -> None:
    dialog = make_dialogs(count=1)[0]
    found = OcrReader(lambda: "/nowhere/tesseract", lambda: True).read(dialog.content)
    assert dialog.code.upper() in {hit.value.upper() for hit in find_codes(found.text)}


def test_without_a_program_a_picture_is_kept_unread_and_says_so() -> None:
    found = OcrReader(lambda: None, lambda: False).read(make_dialogs(count=1)[0].content)
    assert (found.text, found.trouble, found.reader) == ("", NO_PROGRAM, "none")


def test_a_program_that_cannot_be_started_reads_nothing_and_breaks_nothing() -> None:
    found = OcrReader(lambda: "/nowhere/tesseract", lambda: False).read(
        make_dialogs(count=1)[0].content
    )
    assert found.text.strip() == ""


def program_that_says(folder: Path, words: str) -> str:
    path = folder / "tesseract"
    path.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{words}'\n")
    path.chmod(0o700)
    return str(path)


class EngineError(Exception):
    """As the libraries' own: of no common class."""


@pytest.mark.parametrize("trouble", [MemoryError(), RuntimeError("bad alloc"), EngineError()])
def test_what_the_first_look_found_stays_when_the_second_breaks(
    tmp_path: Path, trouble: Exception
) -> None:
    def look(_: Image.Image) -> str:
        raise trouble

    picture = make_dialogs(count=1)[0].content
    program = program_that_says(tmp_path, "The printer is offline")
    assert OcrReader(lambda: program, lambda: True, look).read(picture).text == (
        "The printer is offline"
    )
    silent = program_that_says(tmp_path, "")
    with pytest.raises(type(trouble)):  # nothing was read: that is no empty picture
        OcrReader(lambda: silent, lambda: True, look).read(picture)


def test_two_looks_of_tesseract_leave_time_for_the_rest() -> None:
    assert SandboxPolicy().wall_s * 2 / 3 >= 2 * LOOK_S


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(30)])
def test_a_picture_that_is_none_is_said_so(content: bytes) -> None:
    found = OcrReader(lambda: "tesseract").read(content)
    assert found.trouble is not None
    assert found.text == ""


def test_a_picture_of_a_few_points_is_not_looked_at() -> None:
    out = BytesIO()
    Image.new("L", (5, 5)).save(out, "PNG")
    assert OcrReader(lambda: "/nowhere/tesseract").read(out.getvalue()).text == ""


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Error code: Ox8OO4OlOF", "Error code: 0x8004010F"),
        ("0RA-OO060 deadlock", "ORA-00060 deadlock"),
        ("ERR CONNECTION_REFUSED", "ERR_CONNECTION_REFUSED"),
        ("ONS_PROBE_FINISHED_NXDOMAIN", "DNS_PROBE_FINISHED_NXDOMAIN"),
        ("ONE PROBE FINISHED", "ONE PROBE FINISHED"),
    ],
)
def test_what_is_confused_in_a_code_is_put_right(read: str, meant: str) -> None:
    assert mend_codes(read) == meant


@pytest.mark.parametrize("code", [code for code, _ in CODES])
def test_a_code_that_was_read_well_stays(code: str) -> None:
    assert mend_codes(f"Error code: {code} again") == f"Error code: {code} again"


@given(st.text(max_size=200))
def test_mending_twice_changes_nothing_more(text: str) -> None:
    once = mend_codes(text)
    assert mend_codes(once) == once


def test_the_same_seed_draws_the_same_dialogs() -> None:
    assert make_dialogs(count=3) == make_dialogs(count=3)
