"""What a message does, as the classifier tells it: `python -m benchmarks acts` writes `acts.md`.

On our own held messages, and on requests of strangers that are no reports (CLINC150, out of scope).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from api.shipped import ARTIFACTS, ROOT, TRAINING_DATA
from benchmarks.report import render_machine, table, write
from classifier.catalogue import parse_catalogue
from classifier.label_calibration import macro_f1
from classifier.label_store import load_heads
from classifier.onnx_encoder import OnnxEncoder
from classifier.reading import Reader, build_reader
from classifier.train_heads import TRAIN, read_table

STRANGERS: Final = ROOT.parent / "shared" / "eval" / "clinc150" / "dev" / "data.csv"
NO_REPORT: Final = frozenset({"ask_question", "small_talk"})
WANTED_F1: Final = 0.93
WANTED_RECALL: Final = 0.85


def main() -> None:
    machine = render_machine()
    catalogue = parse_catalogue(TRAINING_DATA / "organisation")
    reader = build_reader(ARTIFACTS, catalogue, OnnxEncoder(ARTIFACTS / "encoder"))
    lines = [*_ours(reader), *_strangers(reader)]
    write("acts", "python -m benchmarks acts", machine, "What a message does", lines)


def _ours(reader: Reader) -> Iterator[str]:
    rows = read_table(TRAINING_DATA / "messages.csv")
    held = [row for row in rows if row["part"] != TRAIN]
    said = [_act(reader, row["text"], row["asked"] or None) for row in held]
    told = [row["act"] for row in held]
    labels = load_heads(ARTIFACTS / "heads").by_name["act"].labels
    reached = macro_f1(_numbers(told, labels), _numbers(said, labels), len(labels))
    mistaken = Counter(pair for pair in zip(told, said, strict=True) if pair[0] != pair[1])
    yield ""
    yield (
        f"{len(held)} held messages of {len(rows)}, with what was asked before: macro-F1 "
        f"**{reached:.3f}** (wanted {WANTED_F1})."
    )
    yield from table(
        ("act", "held", "precision", "recall", "F1"),
        [_figures(label, told, said) for label in labels if label in told],
    )
    pairs = ", ".join(f"{was} as {taken} {n}" for (was, taken), n in mistaken.most_common(8))
    yield f"Taken for another most often: {pairs or 'none'}."


def _strangers(reader: Reader) -> Iterator[str]:
    yield from ("", "## Requests of strangers", "")
    if not STRANGERS.is_file():
        yield "CLINC150 is not on this machine (`../shared/eval/clinc150/dev/data.csv`)."
        return
    texts = list(_out_of_scope(STRANGERS))
    acts = Counter(_act(reader, text, None) for text in texts)
    seen = sum(acts[act] for act in NO_REPORT)
    yield (
        f"{len(texts)} out-of-scope requests of CLINC150 (dev), said first: {seen} taken as a question "
        f"or small talk, a recall of **{seen / len(texts):.3f}** (wanted {WANTED_RECALL}); as a report "
        f"{acts['report']}."
    )
    yield from table(("taken as", "requests"), acts.most_common())


def _act(reader: Reader, text: str, asked: str | None) -> str:
    return reader.hear(text, asked=asked).act.label or ""


def _out_of_scope(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["intent"] == "oos":
                yield row["text"]


def _figures(label: str, told: Sequence[str], said: Sequence[str]) -> tuple[object, ...]:
    held, named = told.count(label), said.count(label)
    both = sum(a == b == label for a, b in zip(told, said, strict=True))
    precision, recall = both / max(named, 1), both / held
    return label, held, f"{precision:.2f}", f"{recall:.2f}", f"{2 * both / (held + named):.2f}"


def _numbers(acts: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    return np.array([labels.index(act) for act in acts])


if __name__ == "__main__":
    main()
