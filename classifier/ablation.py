"""What each kind of evidence is worth: learn without it, and group the streams again.

Everything is cross-fitted as in `train_pairs`: a report is decided by weights that never saw
its fifth of the stream. A family that is held at zero weighs nothing in learning and deciding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from classifier.pair_features import FEATURES, SHOWN, Compared
from classifier.pair_fit import Pull, fit_pairs, log_odds
from classifier.pair_scorer import PairScorer
from classifier.rehearsal import FOLDS, Labelled, Pairs, Policy, Rehearsal, by_gold, by_mean
from classifier.train_pairs import pairwise_f1

_NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "meaning": ("top3", "mean", "centroid", "far", "csls"),
    "time": ("since_last", "since_first", "recent"),
    "base rate and surge": (
        "members_base", "rank", "surge", "surge_alike",
    ),
    "pull": ("pull", "claim"),
    "size": ("size", "single"),
    "rare words": ("words",),
    "service": ("same_service", "other_service", "service_crowd"),
    "site": ("other_site", "site_known"),
    "signature": ("same_signature",),
    "disturbance": ("trouble", "trouble_shared"),
    "likeness where no place is told": ("only_likeness",),
}  # fmt: skip
_TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {
    "meaning and pull": ("meaning", "pull"),
    "anything that looks at meaning": (
        "meaning",
        "pull",
        "base rate and surge",
        "likeness where no place is told",
        "disturbance",
    ),
}
"""Families that stand in for each other: all of these start from the same cosines."""
_FIRST_THRESHOLD: Final = -1.0
_AROUND: Final = (-0.5, 0.0)
"""Thresholds tried about the artifact's own: what is left out moves the log-odds."""
EVERYTHING: Final = "everything"

Rehearsals = Mapping[str, Rehearsal]
Collected = Mapping[str, Sequence[Pairs]]
Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Without:
    """How the streams are grouped without one family, at the threshold that serves it best."""

    family: str
    threshold: float
    groups: Mapping[str, Sequence[Hashable]]


def families() -> dict[str, tuple[str, ...]]:
    """Every weighed feature in one family; those that nobody named together at the end."""
    named = {feature for members in _NAMED.values() for feature in members}
    other = tuple(one for one in FEATURES if one not in named and one not in SHOWN)
    return {**_NAMED, "other": other} if other else dict(_NAMED)


def ablate(
    rehearsals: Rehearsals,
    collected: Collected,
    blank: PairScorer,
    threshold: float,
    *,
    said: Said = lambda _sentence: None,
) -> Iterator[Without]:
    """Everything first, then each family left out. Slow.

    Args:
        rehearsals: Of the streams that are learnt from together.
        collected: Their training pairs.
        blank: Whose pace and sense of what is broken hold; its weights are not looked at.
        threshold: Log-odds that the artifact joins from.
        said: Hears a sentence at every stage.

    """
    pairs = all_pairs(collected)
    known = families()
    together = {
        name: tuple(feature for member in members for feature in known[member])
        for name, members in _TOGETHER.items()
    }
    for family, features in {EVERYTHING: (), **known, **together}.items():
        masked = [replace(one, x=_held_at_zero(one.x, features)) for one in pairs]
        best = _at_its_best(rehearsals, masked, blank, threshold, family)
        said(f"Without {family}: F1 {_mean_f1(rehearsals, best.groups):.3f} in the mean")
        yield best


def collect_pairs(rehearsals: Rehearsals, blank: PairScorer) -> dict[str, list[Pairs]]:
    """Per stream, pairs of the labels' own groups, of plain likeness, and of what that teaches."""
    collected = {
        name: [one.replay(by_gold)[0], one.replay(by_mean(0.5))[0]]
        for name, one in rehearsals.items()
    }
    first = all_pairs(collected)
    scorers = [fit_pairs(first, blank, Pull(None), without=fold) for fold in range(FOLDS)]
    for name, one in rehearsals.items():
        collected[name].append(one.replay(by_fold(one, scorers, _FIRST_THRESHOLD))[0])
    return collected


def all_pairs(collected: Collected) -> list[Pairs]:
    """Of every stream, one after the other."""
    return [one for pairs in collected.values() for one in pairs]


def by_fold(rehearsal: Rehearsal, scorers: Sequence[PairScorer], threshold: float) -> Policy:
    """Join the likeliest group from `threshold` on, by the scorer of the report's fold."""

    def choose(number: int, _report: Labelled, compared: Sequence[Compared]) -> Hashable | None:
        if not compared:
            return None
        scorer = scorers[rehearsal.fold_of(number)]
        odds = log_odds(scorer, np.stack([one.values for one in compared]))
        best = int(odds.argmax())
        return compared[best].group if odds[best] >= threshold else None

    return choose


def _at_its_best(
    rehearsals: Rehearsals,
    pairs: Sequence[Pairs],
    blank: PairScorer,
    threshold: float,
    family: str,
) -> Without:
    scorers = [fit_pairs(pairs, blank, Pull(None), without=fold) for fold in range(FOLDS)]
    tried = []
    for step in _AROUND:
        limit = threshold + step
        groups = {
            name: one.replay(by_fold(one, scorers, limit))[1] for name, one in rehearsals.items()
        }
        tried.append(Without(family, limit, groups))
    return max(tried, key=lambda one: _mean_f1(rehearsals, one.groups))


def _mean_f1(rehearsals: Rehearsals, groups: Mapping[str, Sequence[Hashable]]) -> float:
    return float(
        np.mean(
            [
                pairwise_f1([report.gold for report in one.stream], groups[name])
                for name, one in rehearsals.items()
            ]
        )
    )


def _held_at_zero(x: np.ndarray, features: Sequence[str]) -> np.ndarray:
    kept = x.copy()
    kept[:, [FEATURES.index(feature) for feature in features]] = 0.0
    return kept
