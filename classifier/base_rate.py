"""How often such reports come anyway, and how surprising it is that so many come now.

Everything is a share or a rate of this installation's own past, so the same numbers serve a
quiet service desk and a storm. What came in the last `gap` of the window is never the past.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from math import exp, inf, lgamma, log, log1p
from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Vector
from classifier.window import Window

DAY: Final = 86_400.0
_WEEK: Final = 7 * DAY
_CHANCE_SPAN: Final = 3 * 3_600.0
_NEIGHBOURS: Final = 0.2
"""Strangers a report may meet by chance within `_CHANCE_SPAN`; helpdesk and storm sets (dev,
2026-11): .15 to .25 do the same."""
_SAMPLE: Final = 800
_GRID: Final = np.arange(0.45, 0.751, 0.01)
_TYPICAL_AT: Final = (0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
_TYPICAL: Final = (0.033, 0.021, 0.0135, 0.0083, 0.0052, 0.0033, 0.002)
"""Share of pairs of reports of a service desk at least so alike (MiniLM, helpdesk set, dev)."""
_PRIOR_PAIRS: Final = 20_000.0
_PRIOR_DAYS: Final = 1.0
_PRIOR_REPORTS: Final = 100.0
_NEW_TOPIC_DAYS: Final = 2.0
_NEW_TOPIC_RATE: Final = 0.5
"""A topic never seen counts as one report in two days (helpdesk set, dev: .3 to .5 in 2 to 7)."""
_BURSTS: Final = 5.0
"""Reports come in bursts: at most this many count as independent witnesses of a rate."""
_NEWS: Final = 2 * DAY
"""What a group has told for longer than this is what is usual, its own reports too."""
_SAME_HOUR: Final = 3 * 3_600.0
_TOPIC_PRIOR: Final = 10.0
_FACTOR: Final = 4.0
_LEAST: Final = 1e-30

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rate:
    """How often such reports come anyway.

    Attributes:
        count: Past reports alike.
        days: Days of past looked at.
        expected: Reports a day to expect at this hour, shrunk towards a new topic's.

    """

    count: int
    days: float
    expected: float

    @property
    def witnesses(self) -> float:
        """What the rate rests on, in reports; the fewer, the wider the guess."""
        return min(self.count + _NEW_TOPIC_DAYS * _NEW_TOPIC_RATE, _BURSTS)


def measure_likeness(window: Window, at: float) -> float:
    """The cosine from which two reports hardly meet by chance, given the traffic, .45 to .75.

    The busier the desk, the more alike two reports must be before that says something: of
    the strangers that come within three hours, at most a fifth of one may reach it.
    """
    moments = window.moments()
    live = np.flatnonzero((moments > at - window.look_back) & (moments <= at))
    days = (at - float(moments[live].min())) / DAY if len(live) else 0.0
    per_span = (len(live) + _PRIOR_REPORTS) / (days + _PRIOR_DAYS) * _CHANCE_SPAN / DAY
    sample = live[-_SAMPLE:]
    then = moments[sample]
    strangers = np.triu(np.abs(then[:, None] - then[None, :]) > window.gap, 1)
    vectors = window.vectors()[sample]
    cosines = np.sort((vectors @ vectors.T)[strangers])
    above = len(cosines) - np.searchsorted(cosines, _GRID)
    typical = np.exp(np.interp(_GRID, _TYPICAL_AT, np.log(_TYPICAL)))
    share = (above + _PRIOR_PAIRS * typical) / (len(cosines) + _PRIOR_PAIRS)
    good = np.flatnonzero(per_span * share <= _NEIGHBOURS)
    return float(_GRID[good[0]] if len(good) else _GRID[-1])


def past_days(window: Window, at: float) -> tuple[int, float]:
    """How many reports the past holds, and over how many days."""
    moments = window.moments()
    past = moments[(moments > at - window.look_back) & (moments <= at - window.gap)]
    if not len(past):
        return 0, 0.0
    return len(past), max((at - window.gap - float(past.min())) / DAY, 0.0)


def topic_rate(
    window: Window,
    centre: Vector,
    at: float,
    *,
    alike_from: float,
    own: Collection[Hashable] = (),
    service: str | None = None,
) -> Rate:
    """How often reports like a group's come, by one product over the window.

    Args:
        window: The past.
        centre: Mean of the vectors of the group's reports (not scaled to length 1: its product
            with a vector is the mean cosine to them).
        at: Now, seconds.
        alike_from: Mean cosine from which a past report is alike.
        own: The group's own keys: no past of its own until they are two days old.
        service: What the group is about; reports known to be of another service do not count.

    """
    moments = window.moments()
    past = (moments > at - window.look_back) & (moments <= at - window.gap)
    _, days = past_days(window, at)
    near = np.flatnonzero(past & (window.vectors() @ centre >= alike_from))
    mine = [row for key in own if (row := window.row_of.get(key)) is not None]
    alike = near[~np.isin(near, mine) | (moments[near] <= at - _NEWS)]
    if service is not None:
        alike = alike[
            np.array([_is_of(service, window.facts[row].service) for row in alike], dtype=bool)
        ]
    base = (len(alike) + _NEW_TOPIC_DAYS * _NEW_TOPIC_RATE) / (days + _NEW_TOPIC_DAYS)
    hour = _hour_factor(moments[past], moments[alike], at, days)
    return Rate(len(alike), days, base * hour)


def surprise(people: float, rate: Rate, span: float) -> float:
    """-log10 of the chance that at least so many come within `span` seconds at this rate.

    A negative binomial: Poisson where the rate is well known, wider where it is a guess.
    """
    mean = rate.expected * span / DAY
    if people <= 0:
        return 0.0
    if mean <= 0:
        return inf
    return -log(max(_at_least(people, mean, rate.witnesses), _LEAST)) / log(10)


def _at_least(people: float, mean: float, shape: float) -> float:
    """P(X >= people) of a negative binomial; a fraction of a person lies between two whole ones."""
    whole = int(people)
    low = _tail(whole, mean, shape)
    part = people - whole
    if not part:
        return low
    return float(exp((1 - part) * log(low) + part * log(_tail(whole + 1, mean, shape))))


def _tail(least: int, mean: float, shape: float) -> float:
    if least <= 0:
        return 1.0
    grow, fail = log(mean / (mean + shape)), -shape * log1p(mean / shape)
    total, count = 0.0, least
    while True:
        term = exp(lgamma(count + shape) - lgamma(shape) - lgamma(count + 1) + count * grow + fail)
        total += term
        count += 1
        if count > mean and term <= total * 1e-9:
            return min(max(total, _LEAST), 1.0)


def _is_of(service: str, named: str | None) -> bool:
    return named is None or named == service


def _hour_factor(
    past: npt.NDArray[np.float64], alike: npt.NDArray[np.float64], at: float, days: float
) -> float:
    """How much more of the topic comes at this hour of the week than of everything; at least 1.

    Forgotten passwords come on Monday morning. Shrunk, so that a few reports say nothing, and
    unknown before a week has passed.
    """
    if days * DAY < _WEEK or not len(alike):
        return 1.0
    share = _same_hour(past, at) / len(past)
    topic = (_same_hour(alike, at) + _TOPIC_PRIOR) / (len(alike) * share + _TOPIC_PRIOR)
    return float(min(max(topic, 1.0), _FACTOR))


def _same_hour(moments: npt.NDArray[np.float64], at: float) -> int:
    apart = np.abs((at - moments + _WEEK / 2) % _WEEK - _WEEK / 2)
    older = at - moments > _WEEK / 2
    return int(np.count_nonzero(older & (apart <= _SAME_HOUR)))
