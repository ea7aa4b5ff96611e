"""How good a grouping is, beside the labels and beside the simplest methods.

Pairs are what people feel: two reports of one outage apart, or two strangers together. Groups
of one count for nothing; a report whose label is None stands alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from classifier.baselines import Setting, SinglePass, meaning, settings, words
from classifier.encoding import Vectors

DETECTED_AT: Final = 3
"""Reports of one incident that must meet in one group for it to count as detected."""


@dataclass(frozen=True, slots=True)
class Score:
    """Pairwise precision, recall and F1; incidents of at least three reports, and those found."""

    precision: float
    recall: float
    f1: float
    incidents: int
    detected: int

    def to_json(self) -> dict[str, Any]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class AlarmScore:
    """Alarms raised, those that were nothing, and the incidents found of those big enough."""

    alarms: int
    false: int
    found: int
    incidents: int

    def per_day(self, days: float) -> float:
        """False alarms a day."""
        return self.false / days if days else 0.0

    def to_json(self, days: float) -> dict[str, Any]:
        return asdict(self) | {"false_per_day": round(self.per_day(days), 4)}


@dataclass(frozen=True, slots=True)
class Ours:
    """Everything as grouped on arrival, only what came into the queue, and the alarms."""

    all: Score
    published: Score
    alarms: AlarmScore


@dataclass(frozen=True, slots=True)
class Rival:
    """A simple method at the setting that is best on the very stream it is scored on."""

    name: str
    setting: Setting
    score: Score


def score_groups(gold: Sequence[str | None], groups: Sequence[Hashable | None]) -> Score:
    """Compare groups with labels, row by row; None stands alone in both."""
    together = Counter(
        (g, p) for g, p in zip(gold, groups, strict=True) if g is not None and p is not None
    )
    told = Counter(g for g in gold if g is not None)
    found = Counter(p for p in groups if p is not None)
    both, wanted, made = (_pairs(counts) for counts in (together, told, found))
    precision = both / made if made else 0.0
    recall = both / wanted if wanted else 0.0
    eligible = {g for g, count in told.items() if count >= DETECTED_AT}
    detected = {g for (g, _), count in together.items() if count >= DETECTED_AT}
    return Score(
        precision=precision,
        recall=recall,
        f1=2 * both / (made + wanted) if made + wanted else 1.0,
        incidents=len(eligible),
        detected=len(detected),
    )


def score_alarms(
    gold: Mapping[str, str | None], alarms: Sequence[Sequence[str]], *, at_least: float
) -> AlarmScore:
    """An alarm is right if at least half of its reports are of one incident.

    Args:
        gold: Label of each report, None where it stands alone.
        alarms: Reports of each alarm.
        at_least: Reports of an incident that must be found.

    """
    found: set[str] = set()
    false = 0
    for ids in alarms:
        told = Counter(label for key in ids if (label := gold.get(key)) is not None)
        label, count = told.most_common(1)[0] if told else ("", 0)
        if 2 * count >= len(ids) > 0:
            found.add(label)
        else:
            false += 1
    sizes = Counter(label for label in gold.values() if label is not None)
    big = {label for label, count in sizes.items() if count >= at_least}
    return AlarmScore(len(alarms), false, len(found & big), len(big))


def score_rivals(
    gold: Sequence[str | None], moments: Sequence[float], texts: Sequence[str], vectors: Vectors
) -> list[Rival]:
    """TF-IDF and plain cosine, one pass each, at their best setting on this stream. Slow.

    The setting is chosen by the labels that score it, which nobody can do on arrival: it is
    the most they could reach.
    """
    return [
        _at_its_best("TF-IDF", words(moments, texts), gold),
        _at_its_best("plain cosine", meaning(moments, vectors), gold),
    ]


def _at_its_best(name: str, method: SinglePass, gold: Sequence[str | None]) -> Rival:
    best: Rival | None = None
    for setting in settings():
        score = score_groups(gold, method.groups(setting))
        if best is None or score.f1 > best.score.f1:
            best = Rival(name, setting, score)
    if best is None:
        raise AssertionError  # the grid is not empty
    return best


def _pairs(counts: Counter[Any]) -> float:
    return sum(n * (n - 1) / 2 for n in counts.values())
