"""Learning when a report belongs to a group, from labelled streams.

The training pairs come from replays: one that groups as the labels say, two by plain cosine
rules, and one by the model learned so far (DAgger), so that it also learns from groups that
went wrong. Weights whose sign would make no sense are held at zero. Every figure in the
manifest but `f1_fitted` is cross-fitted: a report is decided by weights that never saw its
part of the stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.pair_features import FEATURES, Compared, Query, compare
from classifier.pair_fit import Pairs, fit_pairs, log_odds, reliability
from classifier.pair_scorer import PairScorer
from classifier.window import Item, PairFacts, Window
from models.errors import DomainError

Floats = npt.NDArray[np.float64]

FOLDS: Final = 3
_THRESHOLDS: Final = tuple(np.round(np.arange(-1.5, 0.76, 0.25), 2).tolist())
_FIRST_THRESHOLD: Final = -0.5
_PLATEAU: Final = 0.98
_SUGGEST_BELOW: Final = 1.5
_MOST_WEIGHT: Final = 2.0


class NothingToLearnError(DomainError):
    """No stream has two reports of one incident."""

    code: ClassVar[str] = "train.nothing_to_learn"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One report of a labelled stream. `gold` is None where it stands alone."""

    id: str
    at: float
    gold: str | None
    vector: Vector
    facts: PairFacts
    restricted: bool = False


Policy = Callable[[Labelled, Sequence[Compared]], Hashable | None]
Streams = Mapping[str, Sequence[Labelled]]
Replayed = dict[str, tuple[Pairs, list[Hashable]]]


def train_scorer(streams: Streams, encoder_id: str, *, name: str, date: str) -> PairScorer:
    """Fit weights and thresholds on labelled streams, each in the order of time.

    Raises:
        NothingToLearnError: There is no incident with two reports.

    """
    if not any(_holds_an_incident(stream) for stream in streams.values()):
        raise NothingToLearnError(
            "No stream has two reports of one incident. "
            "Say in `group` which reports belong together."
        )
    collected: dict[str, list[Pairs]] = {stream: [] for stream in streams}
    for policy in (_by_gold, _by_mean(0.45), _by_mean(0.55)):
        _collect(collected, _replay_all(streams, encoder_id, policy))
    weighed = _weighed(collected)
    for replayed in _cross_fitted(streams, encoder_id, weighed, name, _FIRST_THRESHOLD):
        _collect(collected, replayed)
    weighed = _weighed(collected)
    threshold, table = _best_threshold(streams, encoder_id, weighed, name)
    scorer = fit_pairs(weighed, name)
    fitted = _replay_all(streams, encoder_id, by_scorer(scorer, threshold))
    own = [pairs for pairs, _ in fitted.values()]
    manifest = {
        "trained_on": "+".join(streams),
        "reports": {stream: len(rows) for stream, rows in streams.items()},
        "date": date,
        "encoder": encoder_id,
        "pairs": int(sum(len(pairs.y) for pairs in weighed)),
        "folds": FOLDS,
        "f1_cross_fitted": table,
        "f1_without_the_stream": _left_out(streams, encoder_id, collected, name, threshold),
        "f1_fitted": {
            stream: _f1(streams[stream], groups) for stream, (_, groups) in fitted.items()
        },
        "reliability": reliability(
            np.concatenate([log_odds(scorer, pairs.x) for pairs in own]),
            np.concatenate([pairs.y for pairs in own]),
        ),
    }
    return replace(
        scorer,
        join=round(_probability(threshold), 4),
        suggest=round(_probability(threshold - _SUGGEST_BELOW), 4),
        manifest=manifest,
    )


def assign_groups(
    stream: Sequence[Labelled], encoder_id: str, scorer: PairScorer, threshold: float
) -> list[Hashable]:
    """The group of each report as decided on arrival; `threshold` in log-odds."""
    return _replay(stream, encoder_id, by_scorer(scorer, threshold))[1]


def pairwise_f1(gold: Sequence[str | None], groups: Sequence[Hashable]) -> float:
    """F1 over pairs of reports that share a group; a gold of None stands alone."""
    together = Counter(zip(gold, groups, strict=True))
    both = sum(n * (n - 1) / 2 for (g, _), n in together.items() if g is not None)
    told = sum(n * (n - 1) / 2 for g, n in Counter(gold).items() if g is not None)
    found = sum(n * (n - 1) / 2 for n in Counter(groups).values())
    return 2 * both / (told + found) if told + found else 1.0


def fold_of(stream: Sequence[Labelled], at: float) -> int:
    """Which third of the stream's time a moment is in, 0 to 2."""
    first, last = stream[0].at, stream[-1].at
    return min(int((at - first) / max(last - first, 1e-9) * FOLDS), FOLDS - 1)


def by_scorer(scorer: PairScorer, threshold: float) -> Policy:
    """Join the likeliest group from `threshold` (log-odds) on."""

    def choose(_report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
        odds = [float(log_odds(scorer, one.values)) for one in compared]
        if not odds or max(odds) < threshold:
            return None
        return compared[int(np.argmax(odds))].group

    return choose


def _replay_all(streams: Streams, encoder_id: str, policy: Policy) -> Replayed:
    return {name: _replay(stream, encoder_id, policy) for name, stream in streams.items()}


def _replay(
    stream: Sequence[Labelled], encoder_id: str, policy: Policy
) -> tuple[Pairs, list[Hashable]]:
    """Group a stream by a policy; every comparison on the way is a training pair.

    A person's own account chore is kept apart by a rule, so nothing is learnt from it.
    """
    window = Window(encoder_id, len(stream[0].vector))
    gold_of: dict[Hashable, list[str | None]] = {}
    rows: list[Floats] = []
    labels: list[float] = []
    folds: list[int] = []
    assigned: list[Hashable] = []
    for report in stream:
        query = Query(report.vector, report.at, report.facts, report.restricted)
        compared = [one for one in compare(window, query) if not one.apart]
        for one in compared:
            members = gold_of[one.group]
            same = report.gold is not None and members.count(report.gold) * 2 >= len(members)
            rows.append(one.values)
            labels.append(float(same))
            folds.append(fold_of(stream, report.at))
        group = policy(report, compared)
        if group is None:
            group = f"of {report.id}"
        window.add(Item(report.id, group, report.at, report.vector, report.facts))
        window.set_group(group, joinable=True, restricted=report.restricted)
        gold_of.setdefault(group, []).append(report.gold)
        assigned.append(group)
    x = np.array(rows).reshape(len(rows), len(FEATURES))
    return Pairs(x, np.array(labels), np.array(folds, dtype=np.int64)), assigned


def _by_gold(report: Labelled, _compared: Sequence[Compared]) -> Hashable | None:
    return report.gold


def _by_mean(threshold: float) -> Policy:
    at = FEATURES.index("mean")
    last = FEATURES.index("since_last")
    limit = float(np.log1p(10 * 6))  # six time units

    def choose(_report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
        near = [one for one in compared if one.values[last] <= limit]
        best = max(near, key=lambda one: float(one.values[at]), default=None)
        return best.group if best is not None and best.values[at] >= threshold else None

    return choose


def _cross_fitted(
    streams: Streams, encoder_id: str, collected: Sequence[Pairs], name: str, *thresholds: float
) -> list[Replayed]:
    """Per threshold, the streams as decided by weights that never saw the report's third."""
    scorers = [fit_pairs(collected, name, without=fold) for fold in range(FOLDS)]
    return [
        {
            stream: _replay(rows, encoder_id, _by_fold(rows, scorers, threshold))
            for stream, rows in streams.items()
        }
        for threshold in thresholds
    ]


def _by_fold(stream: Sequence[Labelled], scorers: Sequence[PairScorer], threshold: float) -> Policy:
    policies = [by_scorer(scorer, threshold) for scorer in scorers]

    def choose(report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
        return policies[fold_of(stream, report.at)](report, compared)

    return choose


def _collect(collected: dict[str, list[Pairs]], replayed: Replayed) -> None:
    for stream, (pairs, _) in replayed.items():
        collected[stream].append(pairs)


def _weighed(collected: Mapping[str, Sequence[Pairs]]) -> list[Pairs]:
    """All pairs, so that a small stream neither drowns nor is learnt by heart."""
    counts = {name: sum(len(one.y) for one in pairs) for name, pairs in collected.items()}
    greatest = max(counts.values())
    return [
        replace(one, weight=min(greatest / max(counts[name], 1), _MOST_WEIGHT))
        for name, pairs in collected.items()
        for one in pairs
    ]


def _best_threshold(
    streams: Streams, encoder_id: str, collected: Sequence[Pairs], name: str
) -> tuple[float, dict[str, list[float]]]:
    """The upper end of the plateau of the mean F1 relative to each stream's best."""
    table: dict[str, list[float]] = {stream: [] for stream in streams}
    for replayed in _cross_fitted(streams, encoder_id, collected, name, *_THRESHOLDS):
        for stream, (_, groups) in replayed.items():
            table[stream].append(_f1(streams[stream], groups))
    relative = np.mean([np.array(row) / max(*row, 1e-9) for row in table.values()], axis=0)
    good = np.flatnonzero(relative >= _PLATEAU * relative.max())
    return float(_THRESHOLDS[int(good[-1])]), {"threshold": list(_THRESHOLDS), **table}


def _left_out(
    streams: Streams,
    encoder_id: str,
    collected: Mapping[str, Sequence[Pairs]],
    name: str,
    threshold: float,
) -> dict[str, float]:
    """F1 of each stream by weights that saw only the others: what a new place may expect."""
    found = {}
    for stream, rows in streams.items():
        others = {other: pairs for other, pairs in collected.items() if other != stream}
        if any(_holds_an_incident(streams[other]) for other in others):
            scorer = fit_pairs(_weighed(others), name)
            found[stream] = _f1(rows, assign_groups(rows, encoder_id, scorer, threshold))
    return found


def _f1(stream: Sequence[Labelled], groups: Sequence[Hashable]) -> float:
    return round(pairwise_f1([report.gold for report in stream], groups), 4)


def _holds_an_incident(stream: Sequence[Labelled]) -> bool:
    counts = Counter(report.gold for report in stream if report.gold is not None)
    return any(count > 1 for count in counts.values())


def _probability(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
