"""`muster encoder build` and `muster train`: everything that makes artifacts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
ARTIFACTS: Final = ROOT / "artifacts"
TRAINING_DATA: Final = ROOT / "training_data"


def add_commands(commands: Any) -> None:
    encoder = commands.add_parser("encoder", help="build the encoder from its weights")
    parts = encoder.add_subparsers(dest="part", required=True)
    build = parts.add_parser("build", help="write the ONNX graph (seconds)")
    build.add_argument("--model", type=Path, help="a folder with model.safetensors")
    build.add_argument("--out", type=Path, default=ARTIFACTS / "encoder")
    build.set_defaults(run=_build_encoder)

    train = commands.add_parser("train", help="train heads or pair weights")
    train.add_argument("what", nargs="?", choices=["heads"], help="the shipped heads")
    train.add_argument("--out", type=Path)
    train.set_defaults(run=_train)


def _build_encoder(chosen: argparse.Namespace) -> None:
    from classifier.onnx_build import build_onnx_encoder

    print(f"Encoder written to {build_onnx_encoder(chosen.out, chosen.model)}")


def _train(chosen: argparse.Namespace) -> None:
    from classifier.onnx_encoder import OnnxEncoder
    from classifier.train_heads import train_shipped

    out = chosen.out or ARTIFACTS / "heads"
    report = train_shipped(TRAINING_DATA, out, OnnxEncoder(ARTIFACTS / "encoder"))
    print(json.dumps(report, indent=1))
