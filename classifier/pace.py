"""How fast incidents go in a place: what counts as near, as past, and as long ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast incidents go here, in seconds. The default is a service desk's.

    Attributes:
        reach: Since a group's last report, after which it is no longer compared with.
        gap: The newest reports, which are left out of what is common anyway.
        look_back: How far back the past goes.
        unit: Least and greatest time in which about fifteen reports come in.

    """

    reach: float = 12 * 3_600.0
    gap: float = 8 * 3_600.0
    look_back: float = 14 * 86_400.0
    unit: tuple[float, float] = (1_800.0, 4 * 3_600.0)


BURST: Final = Pace()
