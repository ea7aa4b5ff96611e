"""How much draws a report to a group just now: what came lately, and what crowds one place.

Rates are shares of this installation's own past; what is lately is two time units long.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from classifier.window import Scan, Window

Floats64 = npt.NDArray[np.float64]

FAR: Final = 0.3
"""Cosine below which two accounts hardly speak of one thing (MiniLM)."""
_SERVICES: Final = 25.0
"""About as many services as a catalogue has: what is expected of each before there is a past."""
_FADING: Final = 4.0
"""In how many time units a report's pull fades to a third."""


def measure_pull(
    window: Window,
    scan: Scan,
    at: float,
    members: npt.NDArray[np.int64],
    start: npt.NDArray[np.int64],
    unit: float,
) -> tuple[Floats64, float]:
    """What every report adds to the chance of one more like it: alike, and fading with time.

    Returns:
        Per group the sum over its members; and the sum over all rows within reach.

    """
    age = (at - window.moments()) / unit
    like = 10.0 * np.maximum(scan.cosines - FAR, 0.0).astype(np.float64) ** 2
    fading = like[members] * np.exp(-np.maximum(age[members], 0.0) / _FADING)
    near = np.flatnonzero((like > 0.0) & scan.live & (age * unit < window.pace.reach))
    everyone = float((like[near] * np.exp(-np.maximum(age[near], 0.0) / _FADING)).sum())
    return np.add.reduceat(fading, start), everyone


def expect_alike(scan: Scan, lately: npt.NDArray[np.bool_]) -> float:
    """How many reports like this the past lets one expect lately."""
    return float(np.exp(scan.base)) * np.count_nonzero(lately)


def measure_surge(scan: Scan, lately: npt.NDArray[np.bool_]) -> float:
    """How many times more reports like this came lately than the past lets one expect (log)."""
    alike = np.count_nonzero(scan.cosines[lately] >= 0.5)
    return float(np.log((alike + 0.5) / (expect_alike(scan, lately) + 0.5)))


def measure_service_crowd(
    window: Window,
    scan: Scan,
    service: str | None,
    members: npt.NDArray[np.int64],
    start: npt.NDArray[np.int64],
    lately: npt.NDArray[np.bool_],
) -> Floats64:
    """Per group, how many times more of its reports named this service lately than usual (log).

    Never negative: few reports of a service say nothing against one more.
    """
    if service is None:
        return np.zeros(len(start))
    named = window.naming_service(service)
    share = (np.count_nonzero(named & scan.past) + 1.0) / (np.count_nonzero(scan.past) + _SERVICES)
    came = np.add.reduceat((named & lately)[members].astype(np.int64), start)
    usual = share * np.count_nonzero(lately)
    return np.maximum(np.log((came + 0.5) / (usual + 0.5)), 0.0)
