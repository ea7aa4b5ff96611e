"""The default encoder: onnxruntime and tokenizers, one thread, one text at a time.

On these CPUs padding costs more than a batch saves, so texts are never padded together.
"""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from typing_extensions import override

from classifier.encoding import Encoder, EncoderUnavailableError, Vectors

_MAX_TOKENS: Final = 256
_AT_ONCE: Final = 4
_MAX_CHARACTERS: Final = 8_000  # more cannot reach 256 tokens of real words; bounds tokenising


class OnnxEncoder(Encoder):
    """all-MiniLM-L6-v2 from a folder that `classifier.onnx_build` wrote. Safe for threads."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        if not (folder / "model.onnx").is_file():
            msg = f"There is no encoder in {folder}. Run `muster encoder build`."
            raise EncoderUnavailableError(msg)
        manifest = json.loads((folder / "manifest.json").read_text())
        self.id = str(manifest["id"])
        self.width = int(manifest["width"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        # The file as shipped pads and cuts to 128.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        # Runs at the same time take scratch memory each (5 MB); more than cores gain nothing.
        self._turns = threading.BoundedSemaphore(min(os.cpu_count() or 1, _AT_ONCE))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        _give_memory_back()

    @override
    def encode(self, texts: Sequence[str]) -> Vectors:
        rows = np.empty((len(texts), self.width), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            clean = text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode()
            ids = np.array([self._tokenizer.encode(clean).ids], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            with self._turns:
                row[:] = self._session.run(None, feed)[0][0]
        return rows


def _give_memory_back() -> None:
    """Return what parsing the file took (30 MB) to the system; glibc would keep it."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
