"""Why reports did not meet, or met wrongly, and what would have told.

Shares are of pairs. A missed pair has one incident and two groups, a wrong one the reverse.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any, Final

import numpy as np

from classifier.pair_features import Compared
from classifier.pair_fit import log_odds
from classifier.pair_scorer import PairScorer
from classifier.rehearsal import Labelled, Policy
from incidents.replay import ReadRow

Groups = Sequence[Hashable]
Pair = tuple[int, int]

_FAR: Final = 0.3
_NEAR: Final = 0.5
WHICH_SERVICE: Final = "Which service or program?"
WHICH_SITE: Final = "Which building?"
SAME_AS: Final = "Is it the same as this one?"
NONE_NEEDED: Final = "none: the facts agree"


@dataclass(frozen=True, slots=True)
class PairStudy:
    """What the two reports of each pair share, as shares of `pairs`.

    Attributes:
        pairs: How many.
        same_service: Both name the same.
        same_site: Both are there.
        same_signature: Both hold the same code or log line.
        same_word: Both hold the same rare word.
        far: Cosine below .3.
        near: Cosine of at least .5.
        nothing: Far, and no service, site, code or rare word in common.

    """

    pairs: int
    same_service: float
    same_site: float
    same_signature: float
    same_word: float
    far: float
    near: float
    nothing: float


@dataclass(frozen=True, slots=True)
class Broken:
    """One incident that did not become one group."""

    incident: str
    reports: int
    pieces: int
    largest: int
    cosine: float


def study_errors(
    rows: Sequence[ReadRow], groups: Groups, *, lookalikes: Mapping[str, str]
) -> dict[str, Any]:
    """Missed and wrong pairs by what they share, and which question would decide the missed."""
    gold = [each.row.group for each in rows]
    missed, wrong = missed_pairs(gold, groups), wrong_pairs(gold, groups)
    return {
        "missed": asdict(_study(rows, missed)),
        "wrong": asdict(_study(rows, wrong)),
        "wrong_kinds": _shares(_kind(gold, pair, lookalikes) for pair in wrong),
        "questions": _shares(_question(rows, pair) for pair in missed),
        "worst": [asdict(one) for one in _worst(rows, gold, groups)],
    }


def missed_pairs(gold: Sequence[str | None], groups: Groups) -> list[Pair]:
    return [(i, j) for i, j in _pairs_within(gold) if groups[i] != groups[j]]


def wrong_pairs(gold: Sequence[str | None], groups: Groups) -> list[Pair]:
    return [(i, j) for i, j in _pairs_within(groups) if gold[i] is None or gold[i] != gold[j]]


def with_answers(
    rows: Sequence[ReadRow], *, service: bool = False, site: bool = False
) -> list[ReadRow]:
    """As if every reporter of an incident had been asked which service, or which building.

    The answer is what most of the incident's reports name; where none names any, none.
    """
    told: dict[str, tuple[str | None, str | None]] = {}
    for label, members in _by_label([each.row.group for each in rows]).items():
        known = [rows[row].facts for row in members]
        told[label] = (
            _commonest(one.service for one in known),
            _commonest(one.site for one in known),
        )
    answered = []
    for each in rows:
        if each.row.group is None:
            answered.append(each)
            continue
        which, where = told[each.row.group]
        facts = replace(
            each.facts,
            service=which if service and which else each.facts.service,
            site=where if site and where else each.facts.site,
        )
        answered.append(replace(each, facts=facts))
    return answered


class Asking:
    """A policy that asks where it would suggest, and gets a true answer.

    Attributes:
        asked: Reports whose writer was asked.

    """

    def __init__(self, scorer: PairScorer, join: float, suggest: float) -> None:
        """`join` and `suggest` in log-odds."""
        self._scorer, self._join, self._suggest = scorer, join, suggest
        self._gold: dict[Hashable, list[str | None]] = defaultdict(list)
        self.asked = 0

    def policy(self) -> Policy:
        return self._choose

    def _choose(
        self, _number: int, report: Labelled, compared: Sequence[Compared]
    ) -> Hashable | None:
        chosen: Hashable | None = None
        if compared:
            odds = log_odds(self._scorer, np.stack([one.values for one in compared]))
            best = int(odds.argmax())
            group = compared[best].group
            if odds[best] >= self._join:
                chosen = group
            elif odds[best] >= self._suggest:
                self.asked += 1
                told = self._gold[group]
                same = report.gold is not None and 2 * told.count(report.gold) >= len(told)
                chosen = group if same else None
        self._gold[chosen if chosen is not None else f"of {report.id}"].append(report.gold)
        return chosen


def _study(rows: Sequence[ReadRow], pairs: Sequence[Pair]) -> PairStudy:
    if not pairs:
        return PairStudy(0, *(0.0,) * 7)
    cosines = np.array([float(rows[i].vector @ rows[j].vector) for i, j in pairs])

    def both(test: Callable[[ReadRow, ReadRow], bool]) -> np.ndarray:
        return np.array([test(rows[i], rows[j]) for i, j in pairs])

    service = both(lambda a, b: a.facts.service is not None and a.facts.service == b.facts.service)
    site = both(lambda a, b: a.facts.site is not None and a.facts.site == b.facts.site)
    signature = both(lambda a, b: not a.facts.signatures.isdisjoint(b.facts.signatures))
    word = both(lambda a, b: not a.facts.words.isdisjoint(b.facts.words))
    far = cosines < _FAR
    nothing = far & ~service & ~site & ~signature & ~word
    shares = (service, site, signature, word, far, cosines >= _NEAR, nothing)
    return PairStudy(len(pairs), *(round(float(one.mean()), 4) for one in shares))


def _kind(gold: Sequence[str | None], pair: Pair, lookalikes: Mapping[str, str]) -> str:
    one, other = (gold[row] for row in pair)
    if one is None and other is None:
        return "two that stand alone"
    if one is None or other is None:
        return "an incident's and one that stands alone"
    if lookalikes.get(one) == other or lookalikes.get(other) == one:
        return "two incidents that look alike"
    return "two other incidents"


def _question(rows: Sequence[ReadRow], pair: Pair) -> str:
    """The first question whose answer one of the two has not given."""
    one, other = (rows[row].facts for row in pair)
    if one.service is None or other.service is None:
        return WHICH_SERVICE
    if one.site is None or other.site is None:
        return WHICH_SITE
    if one.service == other.service and one.site == other.site:
        return NONE_NEEDED
    return SAME_AS


def _worst(
    rows: Sequence[ReadRow], gold: Sequence[str | None], groups: Groups, count: int = 10
) -> list[Broken]:
    """The incidents that lost most pairs."""
    found = []
    for label, members in _by_label(gold).items():
        pieces = Counter(groups[row] for row in members)
        lost = len(members) ** 2 - sum(n * n for n in pieces.values())
        cosines = [float(rows[i].vector @ rows[j].vector) for i, j in combinations(members, 2)]
        mean = float(np.mean(cosines)) if cosines else 1.0
        found.append(
            (lost, Broken(label, len(members), len(pieces), max(pieces.values()), round(mean, 3)))
        )
    found.sort(key=lambda each: (-each[0], each[1].incident))
    return [broken for lost, broken in found[:count] if lost]


def _pairs_within(labels: Sequence[Hashable | None]) -> list[Pair]:
    return [pair for rows in _by_label(labels).values() for pair in combinations(rows, 2)]


def _by_label(labels: Sequence[Hashable | None]) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        if label is not None:
            found[label].append(row)
    return found


def _commonest(told: Any) -> str | None:
    counts = Counter(one for one in told if one is not None)
    return counts.most_common(1)[0][0] if counts else None


def _shares(kinds: Any) -> dict[str, float]:
    counts: Counter[str] = Counter(kinds)
    return {kind: round(n / counts.total(), 4) for kind, n in counts.most_common()}
