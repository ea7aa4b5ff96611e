"""Learning when a report belongs to a group, from labelled streams.

The training pairs come from replays: one that groups as the labels say, two by plain cosine
rules, and one by the scorer learned so far (DAgger), so that it also learns from groups that
went wrong. Weights whose sign would make no sense are held at zero, and where the stream has
too few incidents to speak for itself they stay near those learnt elsewhere. Every figure in
the manifest but `f1_fitted` is cross-fitted: a report is decided by weights that never saw
its part of the stream.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np

from classifier.disturbance import Disturbance
from classifier.pace import BURST, Pace
from classifier.pair_features import FEATURES, Compared
from classifier.pair_fit import KEPT, Pull, fit_calibration, fit_pairs, log_odds, reliability
from classifier.pair_scorer import PairScorer
from classifier.rehearsal import FOLDS, Floats, Labelled, Pairs, Policy, Rehearsal, by_gold, by_mean
from models.errors import DomainError

__all__ = ["Labelled", "assign_groups", "pairwise_f1", "train_scorer"]

_THRESHOLDS: Final = tuple(np.round(np.arange(-3.0, 0.76, 0.25), 2).tolist())
_COARSE: Final = (-2.5, -2.0, -1.5, -1.0, -0.5, 0.0)
_FIRST_THRESHOLD: Final = -1.0
_PLATEAU: Final = 0.97
_SUGGEST_BELOW: Final = 1.5
_PENALTIES: Final = (100.0, 1_000.0, KEPT)
_CLEARLY: Final = 1.03
"""Weights of its own must beat those near the start by this factor: few incidents are noise."""
_DAY: Final = 86_400.0
_UNIT_SHARE: Final = 0.4  # of the gap that nine in ten stay below; 365 days on the office set

Streams = Mapping[str, Sequence[Labelled]]
Rehearsals = Mapping[str, Rehearsal]
Replayed = dict[str, tuple[Pairs, list[Hashable]]]
Said = Callable[[str], None]


class NothingToLearnError(DomainError):
    """No stream has two reports of one incident."""

    code: ClassVar[str] = "train.nothing_to_learn"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way to learn the weights, with the mean F1 it reaches across folds."""

    pull: Pull
    pairs: list[Pairs]
    reached: float


def train_scorer(
    streams: Streams,
    encoder_id: str,
    *,
    name: str,
    date: str,
    start: PairScorer | None = None,
    disturbance: Disturbance | None = None,
    said: Said = lambda _sentence: None,
) -> PairScorer:
    """Fit weights and thresholds on labelled streams, each in the order of time.

    Args:
        streams: By name.
        encoder_id: Of the vectors.
        name: Of the new artifact.
        date: When, for the manifest.
        start: Weights learnt elsewhere, to stay near where the streams say little.
        disturbance: Its sense of what is broken; the start's where None.
        said: Hears a sentence at every stage.

    Raises:
        NothingToLearnError: There is no incident with two reports.

    """
    if not any(_holds_an_incident(stream) for stream in streams.values()):
        raise NothingToLearnError(
            "No stream has two reports of one incident. "
            "Say in `group` which reports belong together."
        )
    pace = choose_pace(streams)
    if disturbance is None and start is not None:
        disturbance = start.disturbance
    none = np.zeros(len(FEATURES))
    blank = PairScorer(name, none, none + 1, none, 0.0, 0.5, 0.3, {}, pace, disturbance)
    rehearsals = {
        stream: Rehearsal(rows, encoder_id, pace, disturbance) for stream, rows in streams.items()
    }
    said("Replaying as the labels say and by plain likeness ...")
    collected: dict[str, list[Pairs]] = {stream: [] for stream in streams}
    for policy in (by_gold, by_mean(0.45), by_mean(0.55)):
        _collect(collected, {s: one.replay(policy) for s, one in rehearsals.items()})
    pulls = [Pull(None, _PENALTIES[0])]
    if start is not None and start.pace == pace:
        pulls = [*(Pull(start, penalty) for penalty in reversed(_PENALTIES)), *pulls]
    candidates = [_try(rehearsals, collected, blank, pull, said) for pull in pulls]
    chosen = candidates[0]
    for other in candidates[1:]:
        if other.reached > chosen.reached * _CLEARLY:
            chosen = other
    said("Choosing the threshold ...")
    threshold, table, best = _best_threshold(rehearsals, chosen, blank)
    scorer = fit_pairs(chosen.pairs, blank, chosen.pull)
    calibration = fit_calibration(*best)
    fitted = {s: one.replay(by_scorer(scorer, threshold)) for s, one in rehearsals.items()}
    scorer = replace(scorer, calibration=calibration)
    manifest = {
        "trained_on": "+".join(streams),
        "reports": {stream: len(rows) for stream, rows in streams.items()},
        "date": date,
        "encoder": encoder_id,
        "pairs": int(sum(len(pairs.y) for pairs in chosen.pairs)),
        "folds": FOLDS,
        "start": chosen.pull.start.name if chosen.pull.start is not None else None,
        "penalty": None if chosen.pull.penalty == KEPT else chosen.pull.penalty,
        "threshold_log_odds": threshold,
        "f1_cross_fitted": table,
        "f1_without_the_stream": _left_out(rehearsals, collected, blank, threshold),
        "f1_fitted": {s: _f1(streams[s], groups) for s, (_, groups) in fitted.items()},
        "reliability": reliability(
            np.array([scorer.calibrated(odds) for odds in best[0]]), best[1]
        ),
    }
    return replace(
        scorer,
        join=round(scorer.calibrated(threshold), 4),
        suggest=round(scorer.calibrated(threshold - _SUGGEST_BELOW), 4),
        manifest=manifest,
    )


def choose_pace(streams: Streams) -> Pace:
    """A service desk's pace, or a longer one where incidents' reports lie days or months apart."""
    gaps = np.array([gap for rows in streams.values() for gap in _gaps(rows)])
    usual = float(np.quantile(gaps, 0.9)) if len(gaps) else 0.0
    if usual <= _DAY:
        return BURST
    reach, unit = float(gaps.max()) * 1.5, usual * _UNIT_SHARE
    return Pace(reach=reach, gap=0.0, look_back=2 * reach, unit=(unit, unit))


def assign_groups(
    stream: Sequence[Labelled], encoder_id: str, scorer: PairScorer
) -> list[Hashable]:
    """The group of each report as decided on arrival, by the scorer's own threshold."""
    rehearsal = Rehearsal(stream, encoder_id, scorer.pace, scorer.disturbance)
    slope, shift = scorer.calibration
    threshold = (np.log(scorer.join / (1 - scorer.join)) - shift) / slope
    return rehearsal.replay(by_scorer(scorer, float(threshold)))[1]


def pairwise_f1(gold: Sequence[str | None], groups: Sequence[Hashable]) -> float:
    """F1 over pairs of reports that share a group; a gold of None stands alone."""
    together = Counter(zip(gold, groups, strict=True))
    both = sum(n * (n - 1) / 2 for (g, _), n in together.items() if g is not None)
    told = sum(n * (n - 1) / 2 for g, n in Counter(gold).items() if g is not None)
    found = sum(n * (n - 1) / 2 for n in Counter(groups).values())
    return 2 * both / (told + found) if told + found else 1.0


def by_scorer(scorer: PairScorer, threshold: float) -> Policy:
    """Join the likeliest group from `threshold` (log-odds) on."""
    return _by_fold(lambda _number: scorer, threshold)


def _by_fold(scorer_for: Callable[[int], PairScorer], threshold: float) -> Policy:
    def choose(number: int, _report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
        if not compared:
            return None
        odds = log_odds(scorer_for(number), np.stack([one.values for one in compared]))
        best = int(odds.argmax())
        return compared[best].group if odds[best] >= threshold else None

    return choose


def _try(
    rehearsals: Rehearsals,
    collected: Mapping[str, Sequence[Pairs]],
    blank: PairScorer,
    pull: Pull,
    said: Said,
) -> _Candidate:
    """Learn from the first replays, then also from the groups that this scorer makes."""
    own = {stream: list(pairs) for stream, pairs in collected.items()}
    _collect(own, _cross_fitted(rehearsals, _all_pairs(own), blank, pull, _FIRST_THRESHOLD)[0])
    pairs = _all_pairs(own)
    rounds = _cross_fitted(rehearsals, pairs, blank, pull, *_COARSE)
    table = {s: [_f1(one.stream, r[s][1]) for r in rounds] for s, one in rehearsals.items()}
    smooth = [np.convolve(row, np.ones(3) / 3, "valid").max() for row in table.values()]
    reached = float(np.mean(smooth))
    said(f"{_in_words(pull)}: F1 {reached:.3f} across folds")
    return _Candidate(pull, pairs, reached)


def _in_words(pull: Pull) -> str:
    if pull.start is None:
        return f"Learning afresh, penalty {pull.penalty:g}"
    if pull.penalty == KEPT:
        return f"Keeping {pull.start.name}, with a threshold of its own"
    return f"Learning near {pull.start.name}, penalty {pull.penalty:g}"


def _cross_fitted(
    rehearsals: Rehearsals,
    collected: Sequence[Pairs],
    blank: PairScorer,
    pull: Pull,
    *thresholds: float,
) -> list[Replayed]:
    """Per threshold, the streams as decided by weights that never saw the report's part."""
    scorers = _of_folds(collected, blank, pull)
    return [
        {stream: one.replay(_unseen(one, scorers, limit)) for stream, one in rehearsals.items()}
        for limit in thresholds
    ]


def _of_folds(collected: Sequence[Pairs], blank: PairScorer, pull: Pull) -> list[PairScorer]:
    return [fit_pairs(collected, blank, pull, without=fold) for fold in range(FOLDS)]


def _unseen(rehearsal: Rehearsal, scorers: Sequence[PairScorer], threshold: float) -> Policy:
    return _by_fold(lambda number: scorers[rehearsal.fold_of(number)], threshold)


def _collect(collected: dict[str, list[Pairs]], replayed: Replayed) -> None:
    for stream, (pairs, _) in replayed.items():
        collected[stream].append(pairs)


def _all_pairs(collected: Mapping[str, Sequence[Pairs]]) -> list[Pairs]:
    return [one for pairs in collected.values() for one in pairs]


def _best_threshold(
    rehearsals: Rehearsals, chosen: _Candidate, blank: PairScorer
) -> tuple[float, dict[str, list[float]], tuple[Floats, Floats]]:
    """The upper end of the plateau of the mean F1 relative to each stream's best.

    Returns:
        The threshold, F1 per stream and threshold, and the best candidate of every report at
        that threshold: log-odds, and whether it was right.

    """
    scorers = _of_folds(chosen.pairs, blank, chosen.pull)
    table: dict[str, list[float]] = {stream: [] for stream in rehearsals}
    best: list[tuple[Floats, Floats]] = []
    for limit in _THRESHOLDS:
        found = []
        for stream, one in rehearsals.items():
            pairs, groups = one.replay(_unseen(one, scorers, limit))
            table[stream].append(_f1(one.stream, groups))
            found.append(_best_of_reports(pairs, scorers))
        best.append((np.concatenate([o for o, _ in found]), np.concatenate([y for _, y in found])))
    relative = np.mean([np.array(row) / max(*row, 1e-9) for row in table.values()], axis=0)
    smooth = np.convolve(np.pad(relative, 1, "edge"), np.ones(3) / 3, "valid")
    at = int(np.flatnonzero(smooth >= _PLATEAU * smooth.max())[-1])
    return float(_THRESHOLDS[at]), {"threshold": list(_THRESHOLDS), **table}, best[at]


def _best_of_reports(pairs: Pairs, scorers: Sequence[PairScorer]) -> tuple[Floats, Floats]:
    odds = np.empty(len(pairs.y))
    for fold, scorer in enumerate(scorers):
        inside = pairs.fold == fold
        odds[inside] = log_odds(scorer, pairs.x[inside])
    order = np.lexsort((-odds, pairs.report))
    first = order[np.unique(pairs.report[order], return_index=True)[1]]
    return odds[first], pairs.y[first]


def _left_out(
    rehearsals: Rehearsals,
    collected: Mapping[str, Sequence[Pairs]],
    blank: PairScorer,
    threshold: float,
) -> dict[str, float]:
    """F1 of each stream by weights that saw only the others: what a new place may expect."""
    found = {}
    for stream, one in rehearsals.items():
        others = {other: pairs for other, pairs in collected.items() if other != stream}
        if any(_holds_an_incident(rehearsals[other].stream) for other in others):
            scorer = fit_pairs(_all_pairs(others), blank, Pull(None))
            found[stream] = _f1(one.stream, one.replay(by_scorer(scorer, threshold))[1])
    return found


def _gaps(stream: Sequence[Labelled]) -> list[float]:
    """Seconds between each report of an incident and the one before, of the same incident."""
    last: dict[str, float] = {}
    gaps = []
    for report in stream:
        if report.gold is None:
            continue
        if report.gold in last:
            gaps.append(report.at - last[report.gold])
        last[report.gold] = report.at
    return gaps


def _f1(stream: Sequence[Labelled], groups: Sequence[Hashable]) -> float:
    return round(pairwise_f1([report.gold for report in stream], groups), 4)


def _holds_an_incident(stream: Sequence[Labelled]) -> bool:
    counts = Counter(report.gold for report in stream if report.gold is not None)
    return any(count > 1 for count in counts.values())
