"""Which files are taken, and what is left of hostile ones."""

from __future__ import annotations

import struct
import zipfile
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from incidents.file_checks import (
    KINDS,
    RefusedFileError,
    UnsupportedFileError,
    parse_file_name,
)

CANARY = b"GPS 52.5200 13.4050"
TYPES = (
    '<?xml version="1.0"?><Types><Override PartName="/word/document.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)


def picture(picture_format: str, size: tuple[int, int] = (60, 40), **more: object) -> bytes:
    out = BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, picture_format, **more)
    return out.getvalue()


def archive(entries: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return out.getvalue()


def document(**more: bytes | str) -> bytes:
    return archive({"[Content_Types].xml": TYPES, "word/document.xml": "<w:document/>", **more})


def flood() -> bytes:
    """A PNG of a few kilobytes that says it is 30000 x 30000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        end = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + end

    head = struct.pack(">IIBBBBB", 30000, 30000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(30001 * 100), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
GOOD = {
    "shot.png": picture("PNG"),
    "photo.JPG": picture("JPEG"),
    "photo.jpeg": picture("JPEG"),
    "anim.gif": picture("GIF"),
    "shot.webp": picture("WEBP"),
    "manual.pdf": PDF,
    "note.txt": "Grüße aus Berlin\n".encode(),
    "windows.log": "Drucker läuft nicht\r\n".encode("cp1252"),
    "wide.log": "Grüße".encode("utf-16"),
    "coloured.log": b"\x1b[31mERROR\x1b[0m 0x80070005\n",
    "people.csv": b"a;b\n1;2\n",
    "data.json": b' {"code": 503}',
    "letter.docx": document(),
    "scam.eml": b"From: ceo@example.com\r\nSubject: Urgent\r\n\r\nPay now\r\n",
}
HOSTILE = {
    "drawing.png": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "page.png": b"<!doctype html><script>alert(1)</script>",
    "page.txt": b"\xef\xbb\xbf \n<!DOCTYPE HTML><script>alert(1)</script>",
    "drawing.txt": b'<?xml version="1.0"?>\n<!-- x -->\n<svg onload="alert(1)"/>',
    "script.log": b"<script>alert(1)</script>",
    "bomb.png": archive({"zeros": bytes(50_000_000)}),
    "program.txt": b"MZ\x90\x00\x03\x00\x00\x00" + bytes(60),
    "program.pdf": b"MZ" + bytes(200),
    "archive.docx": archive({"a.txt": "hello"}),
    "macros.docx": document(**{"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
    "macro-type.docx": archive(
        {
            "[Content_Types].xml": TYPES.replace("document.main", "document.macroEnabled.main"),
            "word/document.xml": "",
        }
    ),
    "bomb.docx": document(**{"word/media/zeros": bytes(30_000_000)}),
    "many.docx": document(**{f"word/media/{n}": b"x" for n in range(1001)}),
    "climbing.docx": document(**{"../../etc/cron.d/x": b"x"}),
    "nested.docx": document(**{"word/more.zip": archive({"a": "b"})}),
    "cut.docx": document()[:-30],
    "cut.png": picture("PNG")[:-60],
    "cut.jpg": picture("JPEG")[:200],
    "cut.pdf": PDF[:-8],
    "other.png": picture("JPEG"),
    "other.jpg": picture("PNG"),
    "pdf.png": PDF,
    "flood.png": flood(),
    "nul.txt": b"hello\x00world",
    "words.json": b"hello",
    "words.eml": b"hello there\n",
}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_an_honest_file_is_taken(name: str) -> None:
    clean, kind = parse_file_name(name)
    assert clean == name
    assert kind.read(GOOD[name])


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_file_that_is_not_what_it_says_or_could_do_harm_is_refused(name: str) -> None:
    _, kind = parse_file_name(name)
    with pytest.raises(RefusedFileError) as refusal:
        kind.read(HOSTILE[name])
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    "name", ["a.svg", "a.html", "a.exe", "a.rar", "a", "", ".png", "a.png.html", "a.docm", "a.xml"]
)
def test_other_kinds_of_files_are_not_taken_and_the_refusal_says_which_are(name: str) -> None:
    with pytest.raises(UnsupportedFileError) as refusal:
        parse_file_name(name)
    assert "png" in refusal.value.data["allowed"]


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\anna\\shot.PNG", "shot.PNG"),
        ("  two   words .png. ", "two words.png"),
        ("setup.exe.log", "setup.exe.log"),
        ("zero\u200bwidth.txt", "zerowidth.txt"),
        ("Bürö.txt", "Bürö.txt"),
        ("x" * 400 + ".txt", "x" * 200 + ".txt"),
    ],
)
def test_a_name_is_made_harmless(given: str, clean: str) -> None:
    assert parse_file_name(given)[0] == clean


@pytest.mark.parametrize(
    "name",
    [
        "shot.svg\x00.png",
        "a\r\nSet-Cookie: x.png",
        "a\x7f.png",
        "invoice\u202egnp.txt",
        "run.exe.png",
        "page.html.pdf",
    ],
)
def test_a_name_with_control_signs_or_two_meanings_is_refused(name: str) -> None:
    with pytest.raises(RefusedFileError):
        parse_file_name(name)


@given(st.text(max_size=300))
def test_whatever_the_name_what_is_kept_is_one_plain_line(given: str) -> None:
    try:
        clean, _ = parse_file_name(given + "x.txt")
    except RefusedFileError:
        return
    assert clean.isprintable()
    assert "/" not in clean
    assert "\\" not in clean
    assert len(clean) <= 255


def test_where_and_when_a_photo_was_taken_is_not_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    exif[0x0112] = 6  # lies on its side
    given = picture("JPEG", exif=exif, comment=CANARY)
    assert given.count(CANARY) == 2
    kept = KINDS["jpg"].read(given)
    assert CANARY not in kept
    with Image.open(BytesIO(kept)) as drawn:
        assert drawn.size == (40, 60)  # turned as it was meant
        assert not drawn.getexif()


@pytest.mark.parametrize("ending", ["png", "webp", "gif"])
def test_what_a_picture_says_about_itself_is_not_kept(ending: str) -> None:
    from PIL.PngImagePlugin import PngInfo

    more: dict[str, object] = {"comment": CANARY} if ending == "gif" else {"xmp": CANARY}
    if ending == "png":
        info = PngInfo()
        info.add_text("Comment", CANARY.decode())
        more = {"pnginfo": info}
    given = picture(ending.upper(), **more)
    assert CANARY in given
    assert CANARY not in KINDS[ending].read(given)


def test_of_a_picture_that_is_also_an_archive_only_the_picture_is_kept() -> None:
    polyglot = picture("PNG") + archive({"run.js": "alert(1)"}, zipfile.ZIP_STORED)
    assert zipfile.is_zipfile(BytesIO(polyglot))
    kept = KINDS["png"].read(polyglot)
    assert not zipfile.is_zipfile(BytesIO(kept))
    assert b"alert(1)" not in kept


def test_a_moving_picture_still_moves() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=[50, 60, 70])
    with Image.open(BytesIO(KINDS["gif"].read(out.getvalue()))) as kept:
        assert kept.n_frames == 3


def test_a_moving_picture_may_not_unpack_to_a_flood_of_frames() -> None:
    frames = [Image.new("L", (1, 1), n % 256) for n in range(600)]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(RefusedFileError, match="too many pixels"):
        KINDS["gif"].read(out.getvalue())


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data(), st.sampled_from(sorted(GOOD)))
def test_a_damaged_file_is_taken_or_refused_and_nothing_else(
    data: st.DataObject, name: str
) -> None:
    damaged = bytearray(GOOD[name])
    for _ in range(data.draw(st.integers(1, 8))):
        where = data.draw(st.integers(0, len(damaged) - 1))
        damaged[where] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(damaged)))
    _, kind = parse_file_name(name)
    for content in (bytes(damaged), bytes(damaged[:cut])):
        with suppress(RefusedFileError):
            assert kind.read(content)
