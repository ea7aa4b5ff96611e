"""Files are taken apart in a process of its own: bounded, without our secrets, and gone afterwards."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from docx import Document

from benchmarks.hostile import archive, attached, mail, pdf
from incidents.file_checks import RefusedFileError
from incidents.file_inspecting import Inspector
from incidents.file_sandbox import Sandbox, SandboxError, SandboxPolicy

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PAGE = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
    b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents 4 0 R /Resources "
    b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>\nendobj\n"
    b"4 0 obj\n<< /Length 57 >>\nstream\nBT /F1 18 Tf 20 100 Td (The shop says ORA-12170 now) Tj ET\n"
    b"endstream\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
)


def letter() -> bytes:
    out = BytesIO()
    made = Document()
    made.add_paragraph("The shop says ORA-12170 now.")
    made.add_table(1, 2).rows[0].cells[1].text = "on srv-sql-01"
    made.save(out)
    return out.getvalue()


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return tmp_path / "given"


def read(path: Path, media_type: str, content: bytes) -> dict[str, object]:
    path.write_bytes(content)
    return dict(Sandbox().run("read", media_type, str(path)))


def test_the_words_of_a_pdf_are_read(given: Path) -> None:
    found = read(given, "application/pdf", PAGE)
    assert "ORA-12170" in str(found["text"])
    assert found["signatures"] == ["code:ORA-12170"]
    assert (found["reader"], found["trouble"]) == ("pdf-1", None)


def test_a_pdf_without_words_says_so(given: Path) -> None:
    found = read(
        given, "application/pdf", PAGE.replace(b"ORA-12170", b"         ")[:200] + pdf(b"")
    )
    assert found["text"] == ""
    assert str(found["trouble"]).endswith(".")


def test_the_words_of_a_word_document_are_read_tables_too(given: Path) -> None:
    found = read(given, DOCX, letter())
    assert "The shop says ORA-12170 now." in str(found["text"])
    assert "on srv-sql-01" in str(found["text"])


def test_the_logs_in_a_zip_are_read_each_under_its_name(given: Path) -> None:
    logs = archive({"a/app.log": b"INFO fine\nERROR ORA-12170\n", "b.txt": b"0x80070005 failed\n"})
    found = read(given, "application/zip", logs)
    assert "=== a/app.log" in str(found["text"])
    assert {"code:ORA-12170", "code:0x80070005"} <= set(found["signatures"])  # type: ignore[call-overload]


def test_the_files_in_a_mail_are_named_and_not_opened(given: Path) -> None:
    content = mail(
        b"--b\r\nContent-Type: text/plain\r\n\r\nsee 0x80070005\r\n"
        + attached("s.txt", b"ORA-12170")
    )
    found = read(given, "message/rfc822", content)
    assert "Files in this mail: s.txt" in str(found["text"])
    assert "ORA-12170" not in str(found["text"])


def test_private_words_are_in_no_signature(given: Path) -> None:
    line = (
        b"2026-11-23 11:58:07 ERROR login of ann.smith@example.org failed with password: hunter2\n"
    )
    found = read(given, "text/plain", line * 3)
    assert found["signatures"]
    assert "hunter2" not in json.dumps(found["signatures"])
    assert "ann" not in json.dumps(found["signatures"])


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (SandboxPolicy(wall_s=0.05), "time"),
        (SandboxPolicy(memory=24 << 20), "limits"),
        (SandboxPolicy(cpu_s=0), "limits"),
    ],
)
def test_a_child_that_takes_too_much_is_ended_and_said_so(
    given: Path, policy: SandboxPolicy, why: str
) -> None:
    given.write_bytes(PAGE)
    with pytest.raises(SandboxError) as ended:
        Sandbox(policy).run("read", "application/pdf", str(given))
    assert ended.value.why == why
    assert [one for one in psutil.Process().children(recursive=True) if one.is_running()] == []


def test_a_file_that_takes_too_much_to_check_is_refused(given: Path) -> None:
    given.write_bytes(PAGE)
    with pytest.raises(RefusedFileError, match="too much to check"):
        Inspector(sandbox=Sandbox(SandboxPolicy(wall_s=0.05))).inspect(given, "a.pdf")


def test_where_no_child_can_be_started_the_file_waits(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given.write_bytes(PAGE)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert Inspector().inspect(given, "a.pdf").waits == "It waits until it can be checked."


def test_who_sends_a_file_does_not_wait_until_another_is_read(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that reads until it is told to end, and one that checks meanwhile."""
    end = tmp_path / "end"
    child = tmp_path / "python"
    child.write_text(
        '#!/bin/sh\n[ "$5" = check ] || while [ ! -e ' + str(end) + " ]; do sleep 0.02; done\n"
        'echo "{\\"errand\\": \\"$5\\"}"\n'
    )
    child.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(child))
    sandbox = Sandbox(SandboxPolicy(at_once=1))
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(sandbox.run, "read", "application/pdf", str(given))
        assert sandbox.run("check", "pdf", str(given), str(given)) == {"errand": "check"}
        assert not reading.done()
        end.touch()
        assert reading.result(10) == {"errand": "read"}


def test_a_child_knows_none_of_our_settings(
    given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program in the place of tesseract, which is what a decoder that was taken over could be."""
    spy = tmp_path / "bin" / "tesseract"
    spy.parent.mkdir()
    spy.write_text("#!/bin/sh\nenv\n")
    spy.chmod(0o700)
    monkeypatch.setenv("PATH", f"{spy.parent}:/usr/bin:/bin")
    monkeypatch.setenv("MUSTER_SESSION_SECRET", "do-not-tell")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "do-not-tell")
    from benchmarks.dialogs import make_dialogs

    found = read(given, "image/png", make_dialogs(count=1)[0].content)
    assert "OMP_THREAD_LIMIT=1" in str(found["text"])
    assert "do-not-tell" not in str(found["text"])
