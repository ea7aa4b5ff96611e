"""Learning when a report belongs to a group, from labelled streams.

The training pairs come from replays: one that groups as the labels say, two by plain cosine
rules, and two by the model learned so far (DAgger), so that it also learns from groups that
went wrong. Weights whose sign would make no sense are held at zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.pair_features import FALLING, FEATURES, RISING, Compared, Query, compare
from classifier.pair_scorer import PairScorer
from classifier.window import Item, PairFacts, Window

_PENALTY: Final = 100.0  # 1 / C with C = .01: weaker ones overfit small streams (research)
_THRESHOLDS: Final = tuple(np.round(np.arange(-2.5, 1.01, 0.5), 2).tolist())
_PLATEAU: Final = 0.98


@dataclass(frozen=True, slots=True)
class Labelled:
    """One report of a labelled stream. `gold` is None where it stands alone."""

    id: str
    at: float
    gold: str | None
    vector: Vector
    facts: PairFacts
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Pairs:
    """Training pairs: `x` shape (n, features), `y` 0/1, `weight` shape (n,)."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]


Policy = Callable[[Labelled, Sequence[Compared]], Hashable | None]
Streams = Mapping[str, Sequence[Labelled]]


def train_scorer(
    streams: Streams, encoder_id: str, *, name: str, trained_on: str, date: str
) -> PairScorer:
    """Fit weights and thresholds on labelled streams."""
    rounds: list[Policy] = [_by_gold, _by_mean(0.45), _by_mean(0.55)]
    collected: list[Pairs] = []
    for policy in rounds:
        collected += _replay_all(streams, encoder_id, policy)
    scorer = _fit(collected, name)
    for _ in range(2):
        threshold = _best_threshold(streams, encoder_id, scorer)[0]
        collected += _replay_all(streams, encoder_id, _by_scorer(scorer, threshold))
        scorer = _fit(collected, name)
    threshold, table = _best_threshold(streams, encoder_id, scorer)
    own = _replay_all(streams, encoder_id, _by_scorer(scorer, threshold))
    manifest = {
        "trained_on": trained_on,
        "date": date,
        "encoder": encoder_id,
        "pairs": int(sum(len(pairs.y) for pairs in collected)),
        "f1_by_threshold": table,
        "reliability": _reliability(scorer, own),
    }
    join = _probability(threshold)
    return PairScorer(
        name=name,
        mean=scorer.mean,
        scale=scorer.scale,
        weights=scorer.weights,
        bias=scorer.bias,
        join=round(join, 4),
        suggest=round(_probability(threshold - 1.5), 4),
        manifest=manifest,
    )


def assign_groups(
    stream: Sequence[Labelled], encoder_id: str, scorer: PairScorer, threshold: float
) -> list[Hashable]:
    """The group of each report as decided on arrival; `threshold` in log-odds."""
    assigned: list[Hashable] = []
    _replay(stream, encoder_id, _by_scorer(scorer, threshold), assigned=assigned)
    return assigned


def pairwise_f1(gold: Sequence[str | None], groups: Sequence[Hashable]) -> float:
    """F1 over pairs of reports that share a group; a gold of None stands alone."""
    together = Counter(zip(gold, groups, strict=True))
    both = sum(n * (n - 1) / 2 for (g, _), n in together.items() if g is not None)
    told = sum(n * (n - 1) / 2 for g, n in Counter(gold).items() if g is not None)
    found = sum(n * (n - 1) / 2 for n in Counter(groups).values())
    return 2 * both / (told + found) if told + found else 1.0


def _replay_all(streams: Streams, encoder_id: str, policy: Policy) -> list[Pairs]:
    return [_replay(stream, encoder_id, policy) for stream in streams.values()]


def _replay(
    stream: Sequence[Labelled],
    encoder_id: str,
    policy: Policy,
    *,
    assigned: list[Hashable] | None = None,
) -> Pairs:
    window = Window(encoder_id, len(stream[0].vector))
    gold_of: dict[Hashable, list[str | None]] = {}
    rows: list[npt.NDArray[np.float64]] = []
    labels: list[float] = []
    for report in stream:
        query = Query(report.vector, report.at, report.facts, report.restricted)
        compared = compare(window, query)
        for one in compared:
            members = gold_of[one.group]
            same = report.gold is not None and members.count(report.gold) * 2 >= len(members)
            rows.append(one.values)
            labels.append(float(same))
        group = policy(report, compared)
        if group is None:
            group = f"of {report.id}"
        window.add(Item(report.id, group, report.at, report.vector, report.facts))
        window.set_group(group, joinable=True, restricted=report.restricted)
        gold_of.setdefault(group, []).append(report.gold)
        if assigned is not None:
            assigned.append(group)
    y = np.array(labels)
    return Pairs(np.array(rows), y, np.ones_like(y))


def _by_gold(report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
    return report.gold


def _by_mean(threshold: float) -> Policy:
    at = FEATURES.index("mean")
    last = FEATURES.index("since_last")
    limit = float(np.log1p(10 * 6))  # six time units

    def choose(report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
        near = [one for one in compared if one.values[last] <= limit]
        best = max(near, key=lambda one: float(one.values[at]), default=None)
        return best.group if best is not None and best.values[at] >= threshold else None

    return choose


def _by_scorer(scorer: PairScorer, threshold: float) -> Policy:
    def choose(report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
        odds = [_odds(scorer, one.values) for one in compared]
        if not odds or max(odds) < threshold:
            return None
        return compared[int(np.argmax(odds))].group

    return choose


def _odds(scorer: PairScorer, values: npt.NDArray[np.float64]) -> float:
    return float(((values - scorer.mean) / scorer.scale) @ scorer.weights + scorer.bias)


def _fit(collected: Sequence[Pairs], name: str) -> PairScorer:
    from scipy.optimize import minimize

    x = np.concatenate([pairs.x for pairs in collected])
    y = np.concatenate([pairs.y for pairs in collected])
    weight = np.concatenate([pairs.weight for pairs in collected])
    weight = weight / weight.mean()
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    z = (x - mean) / scale
    sign = 2 * y - 1

    def loss(w: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        margin = sign * (z @ w[:-1] + w[-1])
        value = float((weight * np.logaddexp(0, -margin)).sum() + _PENALTY / 2 * (w[:-1] @ w[:-1]))
        slope = -weight * sign / (1 + np.exp(np.clip(margin, -40, 40)))
        gradient = np.concatenate([z.T @ slope + _PENALTY * w[:-1], [slope.sum()]])
        return value, gradient

    bounds = [
        (0.0, None) if f in RISING else (None, 0.0) if f in FALLING else (None, None)
        for f in FEATURES
    ]
    found = minimize(
        loss,
        np.zeros(len(FEATURES) + 1),
        jac=True,
        method="L-BFGS-B",
        bounds=[*bounds, (None, None)],
    )
    return PairScorer(name, mean, scale, found.x[:-1], float(found.x[-1]), 0.5, 0.3, {})


def _best_threshold(
    streams: Streams, encoder_id: str, scorer: PairScorer
) -> tuple[float, dict[str, Any]]:
    """The upper end of the plateau of the mean F1 relative to each stream's best."""
    table: dict[str, list[float]] = {}
    for name, stream in streams.items():
        gold = [report.gold for report in stream]
        table[name] = [
            round(pairwise_f1(gold, assign_groups(stream, encoder_id, scorer, t)), 4)
            for t in _THRESHOLDS
        ]
    relative = np.mean([np.array(row) / max(*row, 1e-9) for row in table.values()], axis=0)
    good = np.flatnonzero(relative >= _PLATEAU * relative.max())
    best = float(_THRESHOLDS[int(good[-1])])
    return best, {"threshold": list(_THRESHOLDS), **table}


def _reliability(scorer: PairScorer, pairs: Sequence[Pairs]) -> list[list[float]]:
    """Per tenth of probability: mean predicted, share that were the same, count."""
    odds = np.concatenate([((p.x - scorer.mean) / scorer.scale) @ scorer.weights for p in pairs])
    p = 1 / (1 + np.exp(-(odds + scorer.bias)))
    y = np.concatenate([one.y for one in pairs])
    rows = []
    for low in np.arange(0, 1, 0.1):
        inside = (p >= low) & (p < low + 0.1)
        if inside.any():
            rows.append([round(float(v), 4) for v in (p[inside].mean(), y[inside].mean())])
            rows[-1].append(float(inside.sum()))
    return rows


def _probability(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
