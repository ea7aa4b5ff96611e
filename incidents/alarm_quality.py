"""Alarms found and false for several budgets, in one pass over a stream that is grouped already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

from classifier.pair_scorer import PairScorer
from classifier.window import Item
from incidents.alarms import choose_threshold
from incidents.candidates import CandidateRule
from incidents.grouping_quality import measure_found
from incidents.replay import ReadRow
from incidents.replay_watch import Seen, Watch
from incidents.scoring import score_alarms
from incidents.weighing import Weighing

_DAY: Final = 86_400.0
BUDGETS: Final = (0.25, 0.5, 1.0, 1.75, 3.5, 7.0)
"""Alarms a week that may turn out to be nothing."""


@dataclass(frozen=True, slots=True)
class Alarmed:
    """What one budget brought; the fixed rule's where it is None."""

    budget: float | None
    alarms: int
    false: int
    false_per_day: float
    found: int
    incidents: int
    found_share: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "budget": self.budget,
            "alarms": self.alarms,
            "false": self.false,
            "false_per_day": round(self.false_per_day, 4),
            "found": self.found,
            "incidents": self.incidents,
            "found_share": list(self.found_share),
        }


def measure_alarms(
    rows: Sequence[ReadRow],
    groups: Sequence[Hashable],
    scorer: PairScorer,
    encoder_id: str,
    rule: CandidateRule,
    *,
    budgets: Sequence[float | None],
    history: int = 0,
) -> list[Alarmed]:
    """Per budget (None: the fixed rule) what is raised over a grouped stream.

    Args:
        rows: By time.
        groups: As decided on arrival.
        scorer: Whose pace the window goes at.
        encoder_id: Of the vectors.
        rule: The least number of people, and their time.
        budgets: Of false alarms a week.
        history: So many of the first rows are the past that a threshold is learned from: what
            they raise is not counted, nor an incident without enough reports after them.

    """
    window = scorer.open_window(encoder_id, len(rows[0].vector))
    known: dict[str, Weighing | None] = {}
    watches = {
        budget: _Sharing(
            window, rule, None if budget is None else choose_threshold((), 0.0, budget), known=known
        )
        for budget in budgets
    }
    for number, (each, group) in enumerate(zip(rows, groups, strict=True)):
        if number == history > 0:
            _learn(watches, (rows[history - 1].row.t - rows[0].row.t) / _DAY)
        row = each.row
        window.add(Item(row.id, group, row.t, each.vector, each.facts))
        window.set_group(group, joinable=True, restricted=row.restricted)
        seen = Seen(row.id, row.t, row.reporter, row.weight, row.restricted, row.group)
        for watch in watches.values():
            watch.see(row.id, str(group), seen)
    judged = rows[history:]
    gold = {each.row.id: each.row.group for each in rows}
    sizes = Counter(each.row.group for each in judged if each.row.group is not None)
    incidents = [label for label, count in sizes.items() if count >= rule.people]
    days = (judged[-1].row.t - judged[0].row.t) / _DAY
    found = []
    for budget, watch in watches.items():
        raised = [alarm.ids for alarm in watch.alarms]
        score = score_alarms(gold, raised, at_least=rule.people)
        count, share = measure_found(gold, raised, incidents)
        found.append(
            Alarmed(
                budget=budget,
                alarms=score.alarms,
                false=score.false,
                false_per_day=score.per_day(days),
                found=count,
                incidents=len(incidents),
                found_share=tuple(share),
            )
        )
    return found


@dataclass
class _Sharing(Watch):
    """A watch whose weighings serve the other budgets' too: only the threshold is another."""

    known: dict[str, Weighing | None] = field(default_factory=dict)

    @override
    def _weigh(self, group: str, members: Sequence[Hashable], report: Seen) -> Weighing | None:
        if self.threshold is None:
            return super()._weigh(group, members, report)
        if report.id not in self.known:
            self.known[report.id] = super()._weigh(group, members, report)
        return self.known[report.id]


def _learn(watches: Mapping[float | None, Watch], days: float) -> None:
    for budget, watch in watches.items():
        learnt = None if budget is None else choose_threshold(watch.peaks(), days, budget)
        watch.start_over(learnt)
