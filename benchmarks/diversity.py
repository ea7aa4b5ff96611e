"""How varied the texts we wrote are, beside real people's: `python -m benchmarks diversity`.

Distinct word n-grams per thousand words, on equal amounts of text, and how near each text's
nearest neighbour is by meaning. Ours must not be easier (more alike) than real words.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from api.shipped import ARTIFACTS, ROOT
from classifier.encoding import gist
from classifier.onnx_encoder import OnnxEncoder

EVAL: Final = ROOT.parent / "shared" / "eval"
OUT: Final = Path(__file__).parent / "diversity.md"
SETS: Final = (
    ("our tickets", ROOT / "training_data" / "tickets.csv", "text"),
    ("our messages", ROOT / "training_data" / "messages.csv", "text"),
    ("our ten days", ROOT / "training_data" / "ten_days.jsonl", "text"),
    ("our three days", ROOT / "training_data" / "stream.jsonl", "text"),
    ("capstone tickets (dev)", EVAL / "capstone_tickets" / "dev" / "data.csv", "description"),
    ("endava5k (dev)", EVAL / "endava5k" / "dev" / "data.csv", "body"),
    ("helpdesk stream (dev)", EVAL / "helpdesk" / "dev" / "stream.jsonl", "text"),
    ("storm stream (dev)", EVAL / "storm" / "dev" / "stream.jsonl", "text"),
)
WORDS: Final = 8_000
TEXTS: Final = 1_000


def main() -> None:
    encoder = OnnxEncoder(ARTIFACTS / "encoder")
    lines = [
        "# How varied the texts are",
        "",
        "Command: `python -m benchmarks diversity`. Distinct n-grams per 1,000 words over the same amount",
        f"of text ({WORDS:,} words, drawn by text); nearest: the mean cosine of a text to its nearest other text",
        f"among {TEXTS:,} drawn ones (MiniLM), and the share of texts with a near copy (cosine >= .9).",
        "Less alike is harder.",
        "",
        "| set | texts | median words | distinct words | distinct pairs | distinct triples | nearest | near copies |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for title, path, column in SETS:
        if not path.is_file():
            lines.append(f"| {title} | not on this machine | | | | | | |")
            continue
        texts = read_texts(path, column)
        random.Random(7).shuffle(texts)
        one, two, three = (distinct_ngrams(texts, n) for n in (1, 2, 3))
        vectors = encoder.encode([gist(text) for text in texts[:TEXTS]])
        nearest, copies = nearness(vectors)
        median = float(np.median([len(words(text)) for text in texts]))
        lines.append(
            f"| {title} | {len(texts):,} | {median:.0f} | {one:.0f} | {two:.0f} | {three:.0f} "
            f"| {nearest:.3f} | {copies:.1%} |"
        )
        print(lines[-1], flush=True)
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_texts(path: Path, column: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as stream:
        if path.suffix == ".csv":
            rows = list(csv.DictReader(stream))
        else:
            rows = [json.loads(line) for line in stream if line.strip()]
    if rows and column not in rows[0]:
        raise SystemExit(f"{path} has no column {column}; it has {', '.join(rows[0])}.")
    return [str(row[column]) for row in rows if row[column]]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def distinct_ngrams(texts: Sequence[str], n: int) -> float:
    """Per 1,000 words, over the first `WORDS` words; n-grams do not cross texts."""
    seen: set[tuple[str, ...]] = set()
    count = 0
    for text in texts:
        told = words(text)[: WORDS - count]
        seen.update(tuple(told[i : i + n]) for i in range(len(told) - n + 1))
        count += len(told)
        if count >= WORDS:
            break
    return 1_000 * len(seen) / max(count, 1)


def nearness(vectors: np.ndarray) -> tuple[float, float]:
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1.0)
    best = cosines.max(axis=1)
    return float(best.mean()), float((best >= 0.9).mean())


if __name__ == "__main__":
    main()
