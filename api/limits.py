"""How much one caller may do in a short time; counted in this process's memory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.errors import RateLimitedError
from api.settings import Environment

if TYPE_CHECKING:
    from api.wiring import Installation

_GENEROUS: Final = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings by research/ux-security 5.2; the demo and the tests get a hundredfold.

    Attributes:
        messages: Of one conversation.
        openings: Conversations from one address; an office behind one address is one caller.
        uploads: Files of one conversation.
        sign_ins: Tries for one name, and from one address; the same everywhere.

    """

    limiter: MovingWindowRateLimiter
    messages: RateLimitItem
    openings: RateLimitItem
    uploads: RateLimitItem
    sign_ins: RateLimitItem

    @classmethod
    def of(cls, environment: Environment) -> Self:
        much = 1 if environment is Environment.PRODUCTION else _GENEROUS
        return cls(
            limiter=MovingWindowRateLimiter(MemoryStorage()),
            messages=RateLimitItemPerMinute(30 * much),
            openings=RateLimitItemPerMinute(60 * much),
            uploads=RateLimitItemPerMinute(20 * much),
            sign_ins=RateLimitItemPerMinute(10, 15),
        )

    def hit(self, item: RateLimitItem, *who: str) -> None:
        """Count one more.

        Raises:
            RateLimitedError: It was one too many; data has the seconds to wait.

        """
        if not self.limiter.hit(item, *who):
            reset = self.limiter.get_window_stats(item, *who).reset_time
            wait = max(1, round(reset - time.time()))
            raise RateLimitedError(
                f"That is too much at once. Wait {wait} seconds, then try again.",
                retry_after=wait,
            )


def limit_sign_in(house: Installation, name: str, address: str) -> None:
    """Count a try to sign in, by name and by address.

    Raises:
        RateLimitedError: Ten tries in a quarter of an hour were made.

    """
    limits = house.limits
    limits.hit(limits.sign_ins, "address", address)
    if name:
        limits.hit(limits.sign_ins, "name", name.lower()[:200])
