"""The numbers behind texts: waits, quiet hours and limits, with units and where they are from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_QUIET: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)(?: (\S{1,64}))?")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When only answers go out, by the clock of the person's site.

    Attributes:
        begin: From then on updates wait; over midnight where it is later than `end`.
        end: From then on they go out.
        time_zone: Of people whose site is not known.

    """

    begin: time
    end: time
    time_zone: str = "UTC"

    def until(self, now: datetime, time_zone: str | None) -> datetime | None:
        """When the quiet that reigns there now ends (aware); None where it is not quiet."""
        zone = ZoneInfo(time_zone or self.time_zone)
        local = now.astimezone(zone)
        clock = local.time().replace(tzinfo=None)
        over_midnight = self.begin > self.end
        if over_midnight:
            quiet = clock >= self.begin or clock < self.end
        else:
            quiet = self.begin <= clock < self.end
        if not quiet:
            return None
        day = local.date()
        if over_midnight and clock >= self.begin:
            day += timedelta(days=1)
        return datetime.combine(day, self.end, zone).astimezone(now.tzinfo)


@dataclass(frozen=True, slots=True)
class TextPolicy:
    """How texts are heard and answered (research/ux-security.md 2.3).

    Attributes:
        continued_within: A text that was cut and the next one of the same number within this
            time are one message.
        part_patience: How long a missing part of a longer text is waited for.
        media_patience: How long a text waits for pictures that cannot be had at once.
        hearing_lease: How long one worker may hear one message; longer than fetching its media.
        hearing_tries: After so many a text is put aside with its reason.
        answers: Texts to one number within `answers_within`; what is more is withheld, after
            one word that it is.
        silence: After this, what waits for a word of the person is filed as it is.
        quiet: None where updates go out at any hour.

    """

    continued_within: timedelta = timedelta(seconds=1.5)
    part_patience: timedelta = timedelta(seconds=30)
    media_patience: timedelta = timedelta(seconds=30)
    hearing_lease: timedelta = timedelta(seconds=120)
    hearing_tries: int = 6
    answers: int = 20
    answers_within: timedelta = timedelta(minutes=10)
    silence: timedelta = timedelta(minutes=30)
    quiet: QuietHours | None = field(default_factory=lambda: QuietHours(time(22), time(7)))


def parse_quiet_hours(words: str) -> QuietHours | None:
    """`22:00-07:00 Europe/Berlin`, or `off`.

    Raises:
        ValueError: It is neither.

    """
    if words.strip().lower() == "off":
        return None
    found = _QUIET.fullmatch(words.strip())
    if found is None:
        msg = "write 22:00-07:00 Europe/Berlin, or off"
        raise ValueError(msg)
    zone = found[5] or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        msg = f"{zone} is no time zone; write one like Europe/Berlin"
        raise ValueError(msg) from error
    begin, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
    if begin == end:
        msg = "quiet hours begin and end at the same minute; write off for none"
        raise ValueError(msg)
    return QuietHours(begin, end, zone)
