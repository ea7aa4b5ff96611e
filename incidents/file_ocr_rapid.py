"""The second reader of pictures, rapidocr: several times slower than tesseract, and surer.

Optional (`pip install muster[ocr]`). Its models lie in its package; nothing is fetched.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from PIL import Image

_LONGEST: Final = 1280
"""Points to which a picture is reduced to find its lines; they are read at full size."""


def has_rapid() -> bool:
    """Whether it is installed. Quick: nothing is loaded."""
    return find_spec("rapidocr") is not None


def look_rapid(picture: Image.Image) -> str:
    """The lines in a picture, from the top. Slow, and needs some 600 MB."""
    import numpy as np

    found = _engine()(np.asarray(picture.convert("RGB"))[:, :, ::-1])
    return "\n".join(found.txts or ())


@cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,  # error dialogs stand upright
            "Det.limit_type": "max",
            "Det.limit_side_len": _LONGEST,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
