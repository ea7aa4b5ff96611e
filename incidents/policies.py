"""The numbers behind intake and forwarding, with their units and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from models.vocabulary import Category


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """How a draft becomes a report.

    Attributes:
        unverified_weight: What an unverified reporter counts for candidates. The demo sets 1.
        restricted: Categories whose reports only staff see, and from which probability on.
        restricted_from: Chosen on training_data/tickets.csv: below it the security head is
            wrong more often than one time in three.
        vip_sooner: By how many levels a report of (or for) somebody whom the organisation marks
            `vip` is more urgent in its priority. They are never told; staff see why.
        max_text: Characters kept of one report; the rest is cut with a mark.

    """

    unverified_weight: float = 0.5
    restricted: frozenset[Category] = frozenset({Category.SECURITY})
    restricted_from: float = 0.6
    vip_sooner: int = 1
    max_text: int = 20_000


@dataclass(frozen=True, slots=True)
class ForwardingPolicy:
    """When a delivery is tried again, and when we stop (DESIGN 4).

    Attributes:
        timeout: For one request, connection included.
        waits: After the first failures; then `longest`, doubling up to it.
        give_up_after: Age of a record at which it is parked with its reason.
        lease: How long one sender may hold a stream; longer than one request.
        sweep_every: How often missed wake-ups are looked for.

    """

    timeout: timedelta = timedelta(seconds=10)
    waits: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (1, 2, 4, 8, 15, 30))
    longest: timedelta = timedelta(hours=1)
    give_up_after: timedelta = timedelta(hours=24)
    lease: timedelta = timedelta(seconds=25)
    sweep_every: timedelta = timedelta(seconds=10)

    def wait(self, failures: int) -> timedelta:
        """How long to wait after the `failures`-th failure in a row (from 1)."""
        if failures <= len(self.waits):
            return self.waits[max(failures, 1) - 1]
        doublings = min(failures - len(self.waits), 16)
        return min(self.waits[-1] * (1 << doublings), self.longest)


PERMANENT_REFUSALS = MappingProxyType(
    {400: "bad request", 401: "unauthorised", 403: "forbidden", 404: "not found", 410: "gone"}
    | {405: "method not allowed", 413: "too large", 415: "media type", 422: "not accepted"}
)
"""HTTP answers that more tries will not change."""
