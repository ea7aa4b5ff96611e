"""What a replay watches while it groups: what came into the queue, and what raised an alarm."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from classifier.threads import Threads
from classifier.window import Window
from incidents.alarms import Peak, Threshold
from incidents.candidates import (
    CandidateRule,
    Voice,
    choose_alarm,
    choose_fixed,
    greatest_tally,
    is_told_already,
    knows_the_usual,
)
from incidents.publishing import Publication, PublishRule, choose_by_people
from incidents.weighing import Gathering, Speaker, Weighing, weigh_group

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST: Final = 200
_NO_PEAK: Final = Peak(0.0, confirmed=False)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A candidate, as raised: the reports that were counted, at that moment."""

    t: float
    group: str
    ids: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Published:
    """When a group came into the queue, and why."""

    t: float
    why: Publication


@dataclass(frozen=True, slots=True)
class Seen:
    """What the watch needs of one report. `at` as in the window; `gold` where it is labelled."""

    id: str
    at: float
    reporter: str
    weight: float = 1.0
    restricted: bool = False
    gold: str | None = None


@dataclass
class Watch:
    """Follows the groups of one window.

    Attributes:
        window: What is grouped; each report is seen right after it was added.
        rule: When a group is proposed as major.
        threshold: The learned rule's; None where the fixed rule holds.
        publish: When a group comes into the queue.

    """

    window: Window
    rule: CandidateRule
    threshold: Threshold | None = None
    publish: PublishRule = field(default_factory=PublishRule)
    alarms: list[Alarm] = field(default_factory=list)
    published: dict[str, Published] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._threads = Threads(self.window)
        self._members: dict[str, list[Hashable]] = defaultdict(list)
        self._speakers: dict[Hashable, Speaker] = {}
        self._ids: dict[Hashable, str] = {}
        self._gold: dict[Hashable, str | None] = {}
        self._peaks: dict[str, Peak] = {}
        self._raised: set[str] = set()
        self._counted: set[Hashable] = set()

    def see(self, key: Hashable, group: str, report: Seen) -> None:
        """Take in one report of a group, and decide."""
        self._speakers[key] = Speaker(report.reporter, report.weight, report.at)
        self._ids[key], self._gold[key] = report.id, report.gold
        members = self._members[group]
        members.append(key)
        self._threads.add(key)
        weighing = self._weigh(group, members, report)
        if group not in self.published and weighing is not None:
            why = choose_by_people(weighing, self.publish)
            if why is not None:
                self.published[group] = Published(report.at, why)
        if weighing is not None:
            self._remember_peak(group, weighing)
        if group not in self._raised:
            self._watch(group, members, report, weighing)

    def start_over(self, threshold: Threshold | None) -> None:
        """What comes from now on is what counts; what was seen is the past."""
        self.threshold = threshold
        self.alarms.clear()
        self.published.clear()
        self._raised.clear()
        self._counted.clear()

    def peaks(self) -> list[Peak]:
        """Of every group that had enough people, the greatest surprise; confirmed by labels."""
        return list(self._peaks.values())

    def _weigh(self, group: str, members: Sequence[Hashable], report: Seen) -> Weighing | None:
        if self.threshold is None and (
            group in self.published or len(members) < self.publish.people
        ):
            return None  # nothing would be asked of it
        services = self.window.groups[group].services
        leading = services.most_common(1)[0] if services else None
        about = leading[0] if leading and 2 * leading[1] > len(members) else None
        told = Gathering(
            members[-_MOST:],
            report.at,
            self.rule.window,
            service=about,
            restricted=report.restricted,
        )
        return weigh_group(self.window, self._threads, group, told, self._speakers.get)

    def _watch(
        self, group: str, members: Sequence[Hashable], report: Seen, weighing: Weighing | None
    ) -> None:
        own = dict.fromkeys(members)
        if self.threshold is not None and weighing is not None and knows_the_usual(weighing):
            alarm = choose_alarm(weighing, own, self.rule, self.threshold)
        else:
            alarm = choose_fixed(weighing, self._voices(members, report.at), own, self.rule)
        if alarm is None:
            return
        if is_told_already(alarm, self._counted | self._held(alarm.keys)):
            return
        self._counted.update(alarm.keys)
        self._raised.add(group)
        sentence = alarm.proposal.sentence
        self.published.setdefault(group, Published(report.at, Publication("major", sentence)))
        ids = tuple(self._ids[key] for key in alarm.keys)
        self.alarms.append(Alarm(report.at, group, ids, sentence))

    def _held(self, keys: Sequence[Hashable]) -> set[Hashable]:
        """Those that are in a group that raised an alarm."""
        return {key for key in keys if str(self.window.group_of[key]) in self._raised}

    def _remember_peak(self, group: str, weighing: Weighing) -> None:
        if not knows_the_usual(weighing):
            return
        tally = greatest_tally(weighing, self.rule)
        if tally is None or tally.surprise <= self._peaks.get(group, _NO_PEAK).surprise:
            return
        told = Counter(self._gold[key] for key in tally.keys)
        count = max((n for gold, n in told.items() if gold is not None), default=0)
        confirmed = 2 * count >= told.total()
        self._peaks[group] = Peak(tally.surprise, confirmed, frozenset(tally.keys))

    def _voices(self, members: Sequence[Hashable], at: float) -> list[Voice]:
        start = at - self.rule.window.total_seconds()
        told = (self._speakers[key] for key in members)
        return [
            Voice(one.reporter, one.weight, _EPOCH + timedelta(seconds=one.at))
            for one in told
            if one.at >= start
        ]
