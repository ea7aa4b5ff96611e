"""Pictures of error messages to text, by tesseract, rapidocr or both: what is installed.

Measured on drawn dialogs (`benchmarks/files.md`): tesseract at twice the size, light paper,
sparse text; where that found no code a second look, by rapidocr, else by tesseract at the size
as it came. What a reader of pictures confuses in codes (0 and O, a lost underscore) is put
right by the codes' own shapes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Final

from classifier.signature_codes import find_codes
from incidents.file_ocr_rapid import has_rapid, look_rapid
from incidents.file_reading import FileText
from models.storable import storable

if TYPE_CHECKING:
    from PIL import Image

_TOO_SMALL: Final = 24
_MOST_PIXELS: Final = 12_000_000
_DARK: Final = 110
_SOFT: Final = 0.8
LOOK_S: Final = 8.0
"""Seconds that tesseract has for one look; a photo full of noise takes it many times as long."""
_MOST: Final = 40_000
_MUCH: Final = 1_500
_HEX: Final = re.compile(r"\b[0OQ][xX]([0-9A-Fa-fOoQlISZ]{6,8})\b")
_HEX_DIGITS: Final = str.maketrans("OoQlISZ", "0001152")
_ORACLE: Final = re.compile(r"\b[O0]RA-([0-9OoQlIS]{4,5})\b")
_LOST_LINE: Final = re.compile(
    r"\b(ERR|NS_ERROR|SEC_ERROR|SSL_ERROR|DNS_PROBE|[O0]NS_PROBE)[ _]{1,2}"
    r"((?:[A-Z]{2,20}[ _]){0,5}[A-Z]{2,20})\b"
)
_STARTS: Final = (("ONS_PROBE", "DNS_PROBE"), ("0NS_PROBE", "DNS_PROBE"))
NO_PROGRAM: Final = "No text was read: this server has no program that reads pictures."


def find_program() -> str | None:
    """Where tesseract is; None where it is not installed."""
    return shutil.which("tesseract")


class OcrReader:
    """Reads pictures with what is installed; without anything it says that no text was read."""

    name = "ocr-2"

    def __init__(
        self,
        program: Callable[[], str | None] = find_program,
        rapid: Callable[[], bool] = has_rapid,
        look: Callable[[Image.Image], str] = look_rapid,
    ) -> None:
        self._program, self._rapid, self._look = program, rapid, look

    def read(self, content: bytes) -> FileText:
        """The text in a picture; bounded by the sandbox it runs in."""
        program, rapid = self._program(), self._rapid()
        if program is None and not rapid:
            return FileText("", NO_PROGRAM, "none")
        from PIL import Image

        try:
            with Image.open(BytesIO(content)) as picture:
                picture.draft("L", (4000, 4000))
                given = picture.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return FileText("", "This picture could not be opened to read what is in it.")
        if min(given.size) < _TOO_SMALL:
            return FileText("", None)
        text = ""
        for look in _looks(program, given, self._look if rapid else None):
            try:
                found = look()
            except Exception:  # what three libraries raise when memory is short has no common name
                if not text:
                    raise
                break  # what the first look found is worth keeping
            text = f"{text}\n{mend_codes(found)}".strip()
            if len(text) > _MUCH or any(True for _ in find_codes(text)):
                break  # a screen full of words is no dialog, and dear to look at twice
        return FileText(storable(text)[:_MOST])


def _looks(
    program: str | None, given: Image.Image, rapid: Callable[[Image.Image], str] | None
) -> Iterator[Callable[[], str]]:
    """The ways to look at a picture, the cheapest first."""
    grey = given.convert("L")
    if program is not None:
        yield lambda: _look(program, _prepared(grey, larger=True))
    if rapid is not None:
        yield lambda: rapid(_bounded(given))
    elif program is not None:
        yield lambda: _look(program, _prepared(grey, larger=False))


def mend_codes(text: str) -> str:
    """What a reader of pictures confuses in error codes, put right; other words stay."""
    text = _HEX.sub(lambda match: f"0x{match[1].translate(_HEX_DIGITS)}", text)
    text = _ORACLE.sub(lambda match: f"ORA-{match[1].translate(_HEX_DIGITS)}", text)
    text = _LOST_LINE.sub(lambda match: f"{match[1]}_{match[2].replace(' ', '_')}", text)
    for wrong, right in _STARTS:
        text = text.replace(wrong, right)
    return text


def _prepared(grey: Image.Image, *, larger: bool) -> Image.Image:
    """Dark letters on light paper, twice as large or softened."""
    from PIL import Image, ImageFilter, ImageOps, ImageStat

    pixels = grey.width * grey.height
    if larger and pixels * 4 <= _MOST_PIXELS:
        grey = grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.LANCZOS)
    else:
        grey = _bounded(grey).filter(ImageFilter.GaussianBlur(_SOFT))
    if ImageStat.Stat(grey).mean[0] < _DARK:
        grey = ImageOps.invert(grey)
    return ImageOps.autocontrast(grey, cutoff=1)


def _bounded(picture: Image.Image) -> Image.Image:
    pixels = picture.width * picture.height
    if pixels <= _MOST_PIXELS:
        return picture
    share = (_MOST_PIXELS / pixels) ** 0.5
    return picture.resize((int(picture.width * share), int(picture.height * share)))


def _look(program: str, picture: Image.Image) -> str:
    out = BytesIO()
    picture.save(out, "PNG", compress_level=1)
    try:
        done = subprocess.run(  # noqa: S603 - a program found on PATH, its picture on stdin
            [program, "stdin", "stdout", "--psm", "11", "-l", "eng"],
            input=out.getvalue(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=LOOK_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout.decode("utf-8", "replace")
