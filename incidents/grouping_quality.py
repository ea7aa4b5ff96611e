"""Every figure of a grouping beside the labels, each with an interval over its incidents.

All figures are quotients of sums over incidents (and one row for what belongs to none), so a
bootstrap draws incidents with replacement and adds up again. A wrong pair counts half for
each of its ends. Few incidents make wide intervals: that is what is known.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from incidents.scoring import DETECTED_AT

Floats = npt.NDArray[np.float64]
Groups = Sequence[Hashable | None]

DRAWS: Final = 1_000
_SEED: Final = 7
_SUMS: Final = (
    "together", "wanted", "made", "reports", "b3_precision", "b3_recall", "own_reports",
    "own_precision", "own_recall", "eligible", "detected", "excess",
)  # fmt: skip
_AT: Final = {name: place for place, name in enumerate(_SUMS)}
_RATIOS: Final = ("precision", "recall", "f1", "b3_f1", "b3_incidents_f1", "detected_share")


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums per incident, the last row of what is in none.

    Attributes:
        incidents: Labels, in the order of the rows but the last.
        sums: Shape (incidents + 1, `_SUMS`).
        reports_until: Per detected incident how many of its reports had come.

    """

    incidents: tuple[str, ...]
    sums: Floats
    reports_until: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and where it lies in 95 of 100 draws."""

    value: float
    low: float
    high: float

    def to_json(self) -> list[float]:
        return [round(each, 4) for each in (self.value, self.low, self.high)]


def tally_groups(gold: Sequence[str | None], groups: Groups) -> Tally:
    """Count a grouping beside the labels, row by row in the order of arrival.

    A label or group of None stands alone.
    """
    names = tuple(dict.fromkeys(label for label in gold if label is not None))
    number = {name: place for place, name in enumerate(names)}
    sums = np.zeros((len(names) + 1, len(_SUMS)))
    told = Counter(label for label in gold if label is not None)
    found = Counter(group for group in groups if group is not None)
    both = Counter(
        (g, p) for g, p in zip(gold, groups, strict=True) if g is not None and p is not None
    )
    for label, group in zip(gold, groups, strict=True):
        row = sums[number[label] if label is not None else -1]
        size = 1 if group is None else found[group]
        shared = 1 if label is None or group is None else both[label, group]
        row[_AT["made"]] += (size - 1) / 2
        row[_AT["together"]] += (shared - 1) / 2
        row[_AT["reports"]] += 1
        row[_AT["b3_precision"]] += shared / size
        row[_AT["b3_recall"]] += shared / (1 if label is None else told[label])
        if label is not None:
            row[_AT["own_precision"]] += shared / size
            row[_AT["own_recall"]] += shared / told[label]
    for label, count in told.items():
        row = sums[number[label]]
        row[_AT["wanted"]] = count * (count - 1) / 2
        row[_AT["own_reports"]] = count
        row[_AT["eligible"]] = count >= DETECTED_AT
    until = _detections(gold, groups)
    for label, seen in until.items():
        sums[number[label], _AT["detected"]] = 1
        sums[number[label], _AT["excess"]] = seen - DETECTED_AT
    return Tally(names, sums, tuple(until.values()))


def measure(tally: Tally, *, draws: int = DRAWS) -> dict[str, Any]:
    """All figures, those that are shares as [value, low, high]."""
    weights = _weights(len(tally.incidents), draws)
    values, drawn = _ratios(tally.sums.sum(axis=0)[None]), _ratios(weights @ tally.sums)
    total = tally.sums.sum(axis=0)
    figures: dict[str, Any] = {
        name: _interval(float(values[name][0]), drawn[name]).to_json() for name in _RATIOS
    }
    until = tally.reports_until
    return figures | {
        "incidents": int(total[_AT["eligible"]]),
        "detected": int(total[_AT["detected"]]),
        "reports_until_detected": float(np.median(until)) if until else None,
        "wrong_pairs": round(total[_AT["made"]] - total[_AT["together"]]),
        "missed_pairs": round(total[_AT["wanted"]] - total[_AT["together"]]),
    }


def measure_gain(ours: Tally, other: Tally, *, draws: int = DRAWS) -> list[float]:
    """Our pairwise F1 less another's on the same reports: value, low, high, drawn together."""
    weights = _weights(len(ours.incidents), draws)
    value = _f1(ours.sums.sum(axis=0)[None]) - _f1(other.sums.sum(axis=0)[None])
    drawn = _f1(weights @ ours.sums) - _f1(weights @ other.sums)
    return _interval(float(value[0]), drawn).to_json()


def measure_found(
    gold: Mapping[str, str | None], alarms: Sequence[Sequence[str]], incidents: Sequence[str]
) -> tuple[int, list[float]]:
    """How many of the incidents an alarm is about; and their share, with interval.

    An alarm is about an incident that makes up at least half of its reports.
    """
    hit = set()
    for ids in alarms:
        told = Counter(label for key in ids if (label := gold.get(key)) is not None)
        if told and 2 * told.most_common(1)[0][1] >= len(ids):
            hit.add(told.most_common(1)[0][0])
    found = np.array([label in hit for label in incidents], dtype=np.float64)
    if not len(found):
        return 0, Interval(0.0, 0.0, 0.0).to_json()
    rng = np.random.default_rng(_SEED)
    drawn = found[rng.integers(0, len(found), (DRAWS, len(found)))].mean(axis=1)
    return int(found.sum()), _interval(float(found.mean()), drawn).to_json()


def count_bonds(
    gold: Sequence[str | None], groups: Groups, bonds: Mapping[str, str]
) -> dict[str, int]:
    """How many incidents stayed apart from the one that each is easily taken for.

    Two incidents met where one group holds at least two reports of each; `pairs_met` counts
    pairs of reports of the two in one group, whatever its size.

    Args:
        gold: Labels.
        groups: As grouped.
        bonds: An incident and the one it looks like, or that it recurs from.

    """
    held: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for label, group in zip(gold, groups, strict=True):
        if label is not None and group is not None:
            held[group][label] += 1
    there = {label for label in gold if label is not None}
    asked = [(one, other) for one, other in bonds.items() if one in there and other in there]
    met = [
        pair
        for pair in asked
        if any(min(counts[pair[0]], counts[pair[1]]) >= 2 for counts in held.values())
    ]
    pairs = sum(counts[one] * counts[other] for one, other in asked for counts in held.values())
    return {"asked": len(asked), "apart": len(asked) - len(met), "pairs_met": pairs}


def _detections(gold: Sequence[str | None], groups: Groups) -> dict[str, int]:
    """Per detected incident, how many of its reports had come when three shared a group."""
    seen: Counter[str] = Counter()
    met: Counter[tuple[str, Hashable]] = Counter()
    until: dict[str, int] = {}
    for label, group in zip(gold, groups, strict=True):
        if label is None:
            continue
        seen[label] += 1
        if group is None:
            continue
        met[label, group] += 1
        if met[label, group] == DETECTED_AT:
            until.setdefault(label, seen[label])
    return until


def _weights(incidents: int, draws: int) -> Floats:
    """Shape (draws, incidents + 1): how often each was drawn; what is in none always counts."""
    rng = np.random.default_rng(_SEED)
    drawn = rng.multinomial(incidents, np.full(incidents, 1 / incidents), draws) if incidents else (
        np.zeros((draws, 0))
    )  # fmt: skip
    return np.hstack([drawn, np.ones((draws, 1))]).astype(np.float64)


def _ratios(sums: Floats) -> dict[str, Floats]:
    def column(name: str) -> Floats:
        return sums[:, _AT[name]]

    def share(part: Floats, whole: Floats) -> Floats:
        return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

    def harmonic(one: Floats, other: Floats) -> Floats:
        return share(2 * one * other, one + other)

    own, everyone = column("own_reports"), column("reports")
    return {
        "precision": share(column("together"), column("made")),
        "recall": share(column("together"), column("wanted")),
        "f1": _f1(sums),
        "b3_f1": harmonic(
            share(column("b3_precision"), everyone), share(column("b3_recall"), everyone)
        ),
        "b3_incidents_f1": harmonic(
            share(column("own_precision"), own), share(column("own_recall"), own)
        ),
        "detected_share": share(column("detected"), column("eligible")),
    }


def _f1(sums: Floats) -> Floats:
    both = 2 * sums[:, _AT["together"]]
    all_ = sums[:, _AT["made"]] + sums[:, _AT["wanted"]]
    return np.divide(both, all_, out=np.ones_like(both), where=all_ > 0)


def _interval(value: float, drawn: Floats) -> Interval:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))
