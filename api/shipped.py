"""Where the shipped artifacts and the data that trained them lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from classifier.encoding import Encoder

ROOT: Final = Path(__file__).parent.parent
ARTIFACTS: Final = ROOT / "artifacts"
TRAINING_DATA: Final = ROOT / "training_data"


def built_encoder() -> Encoder:
    from classifier.onnx_encoder import OnnxEncoder

    return OnnxEncoder(ARTIFACTS / "encoder")
