"""Pictures are drawn anew before they are kept: no EXIF, no comments, nothing behind the end.

What remains of a file that is two things at once is the picture.
"""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

from PIL import Image, ImageOps, ImageSequence

_MAX_PIXELS: Final = MappingProxyType(
    {"PNG": 40_000_000, "JPEG": 40_000_000, "GIF": 40_000_000, "WEBP": 10_000_000}
)
"""Of one picture, or of all frames together. At that size drawing anew took at most 230 MB
more memory and 1.4 s of CPU, measured on 2026-11-25; WebP's encoder needs four times as much."""
_MAX_FRAMES: Final = 500
_KEPT: Final = ("transparency", "background", "duration", "loop", "disposal")
_SAVED_AS: Final[Mapping[str, dict[str, Any]]] = MappingProxyType(
    {"JPEG": {"quality": 90}, "WEBP": {"quality": 90, "method": 2}}
)
_MOVING: Final = frozenset({"GIF", "WEBP"})
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    UserWarning,  # where warnings are errors: damaged metadata
)
"""What Pillow's decoders raise on files that are not what they say."""
_ONE_AT_A_TIME: Final = threading.Lock()  # so that two floods of pixels do not add up


class TooManyPixelsError(ValueError):
    """Unpacked, the picture would fill the memory. `most` is how many pixels it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} pixels")
        self.most = most


class UnreadablePictureError(ValueError):
    """Not a whole picture of that format."""


def read_picture(data: bytes, picture_format: str) -> bytes:
    """The picture drawn anew, in the same format. Slow; one at a time.

    Args:
        data: The file.
        picture_format: `PNG`, `JPEG`, `GIF` or `WEBP`; no other decoder is tried.

    Raises:
        TooManyPixelsError: More pixels than the format may have, or 500 frames.
        UnreadablePictureError: It is not that, or is cut off.

    """
    with _ONE_AT_A_TIME:
        try:
            return _draw_anew(data, picture_format)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise TooManyPixelsError(_MAX_PIXELS[picture_format]) from error
        except TooManyPixelsError:
            raise
        except _BROKEN as error:
            raise UnreadablePictureError from error


def _draw_anew(data: bytes, picture_format: str) -> bytes:
    with Image.open(BytesIO(data), formats=(picture_format,)) as picture:
        most = _MAX_PIXELS[picture_format]
        if picture.width * picture.height > most:
            raise TooManyPixelsError(most)
        out = BytesIO()
        if picture_format in _MOVING and getattr(picture, "is_animated", False):
            frames = _frames(picture, most)
            waits = [int(frame.info.get("duration", 100) or 100) for frame in frames]
            frames[0].save(
                out,
                picture_format,
                save_all=True,
                append_images=frames[1:],
                duration=waits,
                loop=int(picture.info.get("loop", 0)),
            )
            return out.getvalue()
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        picture.info = _kept(picture.info)
        picture.save(out, picture_format, **_SAVED_AS.get(picture_format, {}))
        return out.getvalue()


def _frames(picture: Image.Image, most: int) -> list[Image.Image]:
    frames: list[Image.Image] = []
    for frame in ImageSequence.Iterator(picture):
        pixels = frame.width * frame.height
        if len(frames) >= _MAX_FRAMES or (len(frames) + 1) * pixels > most:
            raise TooManyPixelsError(most)
        copy = frame.copy()
        copy.info = _kept(frame.info)
        frames.append(copy)
    return frames


def _kept(info: dict[Any, Any]) -> dict[Any, Any]:
    """What drawing needs; the rest of what a file says about itself is dropped."""
    return {name: info[name] for name in _KEPT if name in info}
