"""Which of two groupings is better by what people said, and whether that is more than chance.

A pair of reports counts where somebody spoke about at least one of the two: nobody looked at
the rest, so agreeing with it would only reward the artifact that made it. The interval comes
from drawing incidents, not pairs: ten reports of one outage are one piece of evidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_ROUNDS: Final = 2_000
_CONFIDENCE: Final = 0.95
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure of two artifacts (F1 over pairs, or the share of labels that were right).

    `low` and `high` are the 95 % interval of the difference, new - old.
    """

    old: float
    new: float
    difference: float
    low: float
    high: float
    incidents: int
    reports: int

    @property
    def is_better(self) -> bool:
        """Better outside the noise."""
        return self.low > 0

    def to_json(self) -> dict[str, Any]:
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def compare_groupings(
    gold: Sequence[Hashable],
    strength: Sequence[float],
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    *,
    seed: int = 7,
) -> Comparison:
    """Judge two groupings of the same reports.

    Args:
        gold: The incident of each report, by people's later word.
        strength: How sure that is, 0 to 1; 0 where nobody looked.
        old: As grouped by the one in force.
        new: As grouped by the challenger.
        seed: Of the drawing; the same gives the same interval.

    """
    ours, theirs = (_by_cluster(count_pairs(gold, groups, strength), gold) for groups in (old, new))
    sizes = Counter(name for name, sure in zip(gold, strength, strict=True) if sure > 0)
    incidents = sum(count > 1 for count in sizes.values())
    return _compare(ours, theirs, _f1, incidents, sizes.total(), seed)


def compare_labels(
    incidents: Sequence[Hashable],
    old: Sequence[bool],
    new: Sequence[bool],
    *,
    seed: int = 7,
) -> Comparison:
    """Judge two sets of heads by the share of labels they got right.

    Args:
        incidents: Per label the incident whose report it is about: drawn together.
        old: Whether the one in force was right.
        new: Whether the challenger was.
        seed: Of the drawing.

    """
    ours, theirs = (
        _by_cluster(np.stack([np.array(right, dtype=float), np.ones(len(right))], 1), incidents)
        for right in (old, new)
    )
    return _compare(ours, theirs, _share, len(set(incidents)), len(incidents), seed)


def _compare(
    ours: Floats,
    theirs: Floats,
    figure: Callable[[Floats], Floats],
    incidents: int,
    reports: int,
    seed: int,
) -> Comparison:
    """The figure of both, and the interval of the difference, drawing rows (incidents)."""
    count = len(ours)
    draws = np.random.default_rng(seed)
    share = np.full(count, 1 / max(count, 1))
    differences: list[Floats] = []
    for start in range(0, _ROUNDS if count else 0, _AT_ONCE):
        drawn = draws.multinomial(count, share, size=min(_AT_ONCE, _ROUNDS - start))
        differences.append(figure(drawn @ theirs) - figure(drawn @ ours))
    spread = np.concatenate(differences) if differences else np.zeros(1)
    tail = (1 - _CONFIDENCE) / 2
    before, after = (
        float(figure(counts.sum(axis=0, keepdims=True))[0]) for counts in (ours, theirs)
    )
    return Comparison(
        old=before,
        new=after,
        difference=after - before,
        low=float(np.quantile(spread, tail)),
        high=float(np.quantile(spread, 1 - tail)),
        incidents=incidents,
        reports=reports,
    )


def count_pairs(
    gold: Sequence[Hashable], groups: Sequence[Hashable], strength: Sequence[float]
) -> Floats:
    """Per report the weight of its pairs: rightly together, told, found; shape (n, 3).

    A pair weighs as much as the surer of its two sides; it stands at both of its reports.
    """
    both = _partners(list(zip(gold, groups, strict=True)), strength)
    return np.stack([both, _partners(gold, strength), _partners(groups, strength)], axis=1)


def _partners(groups: Sequence[Hashable], strength: Sequence[float]) -> Floats:
    levels: dict[Hashable, Counter[float]] = defaultdict(Counter)
    for name, sure in zip(groups, strength, strict=True):
        levels[name][sure] += 1
    weights = np.zeros(len(groups))
    for row, (name, sure) in enumerate(zip(groups, strength, strict=True)):
        total = sum(max(sure, other) * count for other, count in levels[name].items())
        weights[row] = total - sure  # its pair with itself
    return weights


def _by_cluster(counts: Floats, names: Sequence[Hashable]) -> Floats:
    """The rows of each name, summed."""
    clusters = {name: number for number, name in enumerate(dict.fromkeys(names))}
    found = np.zeros((len(clusters), counts.shape[1]))
    np.add.at(found, np.array([clusters[name] for name in names], dtype=np.int64), counts)
    return found


def _share(counts: Floats) -> Floats:
    """Of rows (right, all)."""
    share: Floats = counts[:, 0] / np.maximum(counts[:, 1], 1e-12)
    return share


def _f1(counts: Floats) -> Floats:
    """Of rows (both, told, found); with nothing told and nothing found it is perfect."""
    both, told, found = counts.T
    total = told + found
    f1: Floats = np.where(total > 0, 2 * both / np.maximum(total, 1e-12), 1.0)
    return f1
