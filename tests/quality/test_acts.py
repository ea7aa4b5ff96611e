"""The dialogue acts on messages that the shipped head never learnt from."""

from __future__ import annotations

import numpy as np

from classifier.label_calibration import macro_f1
from classifier.label_store import load_heads
from classifier.reading import Reader
from classifier.train_heads import TRAIN, read_table
from tests.conftest import ARTIFACTS, ROOT


def test_acts_are_told_apart_on_messages_never_learnt_from(reader: Reader) -> None:
    held = [
        row for row in read_table(ROOT / "training_data" / "messages.csv") if row["part"] != TRAIN
    ]
    assert len(held) > 400
    labels = load_heads(ARTIFACTS / "heads").by_name["act"].labels
    heard = [reader.hear(row["text"], asked=row["asked"]).act.label for row in held]
    told = np.array([labels.index(row["act"]) for row in held])
    said = np.array([labels.index(label or "") for label in heard])
    assert macro_f1(told, said, len(labels)) >= 0.90
