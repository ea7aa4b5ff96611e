"""What one grouping decision costs: `python -m benchmarks grouping` writes `grouping.md`.

How good the decisions are is measured by `muster evaluate` (`quality.md`).
"""

from __future__ import annotations

import time

import numpy as np
from threadpoolctl import threadpool_limits

from api.shipped import ARTIFACTS, TRAINING_DATA
from benchmarks.report import render_machine, table, write
from classifier.catalogue import parse_catalogue
from classifier.facts import FactFinder
from classifier.onnx_encoder import OnnxEncoder
from classifier.pair_candidates import Query
from classifier.pair_scorer import PairScorer, load_scorer
from classifier.window import Item, PairFacts
from incidents.grouping import Bonds, GroupingPolicy, choose_group, signature_groups
from incidents.replay import ReadRow, parse_stream, read_rows

OPEN = (100, 1_000, 10_000)
DECISIONS = 200


def main() -> None:
    threadpool_limits(1)  # as `muster serve` has it
    machine = render_machine()
    scorer = load_scorer()
    encoder = OnnxEncoder(ARTIFACTS / "encoder")
    finder = FactFinder(parse_catalogue(TRAINING_DATA / "organisation"))
    seed = read_rows(parse_stream(TRAINING_DATA / "stream.jsonl"), encoder, finder)
    costs = [measure_cost(count, scorer, seed, encoder.id) for count in OPEN]
    least = costs[0][1]
    write(
        "grouping",
        "python -m benchmarks grouping",
        machine,
        "What one grouping decision costs",
        [
            "",
            f"CPU of comparing, choosing and taking in one read report (its vector is there already), {DECISIONS}",
            f"decisions each; artifact `{scorer.name}`. How good the decisions are: `quality.md`.",
            *table(
                ("open reports", "median, ms", "95th percentile, ms", "times the first"),
                [
                    (f"{n:,}", f"{mid:.2f}", f"{high:.2f}", f"{mid / least:.1f}")
                    for n, mid, high in costs
                ],
            ),
        ],
    )


def measure_cost(
    count: int, scorer: PairScorer, seed: list[ReadRow], encoder_id: str
) -> tuple[int, float, float]:
    """CPU milliseconds of one decision with `count` open reports: median and 95th percentile."""
    rng = np.random.default_rng(count)
    window = scorer.open_window(encoder_id, len(seed[0].vector))

    def made() -> tuple[np.ndarray, PairFacts]:
        base = seed[int(rng.integers(len(seed)))]
        vector = base.vector + rng.normal(0, 0.03, size=len(base.vector)).astype(np.float32)
        return vector / np.linalg.norm(vector), base.facts

    items = []
    for number in range(count):
        vector, facts = made()
        group = f"g{int(rng.integers(max(count // 3, 1)))}"
        items.append(Item(number, group, 43_000.0 * number / count, vector, facts))
    window.add_many(items)
    policy = GroupingPolicy.of(scorer)
    spent = []
    for number in range(DECISIONS):
        vector, facts = made()
        query = Query(vector, 43_001.0 + number, facts)
        start = time.process_time_ns()
        exact = signature_groups(window, query)
        choice = choose_group(scorer.score(window, query), Bonds(), policy, signature_groups=exact)
        window.add(
            Item(f"new {number}", choice.group or f"n{number}", query.at, query.vector, query.facts)
        )
        spent.append((time.process_time_ns() - start) / 1e6)
    return count, float(np.median(spent)), float(np.quantile(spent, 0.95))


if __name__ == "__main__":
    main()
