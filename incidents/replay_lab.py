"""History again under other numbers: what would have been grouped, proposed, missed, and told.

Everything here is a function of what was read: the same past and the same policy give the
same report, byte for byte. What is right is what staff and reporters said later.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from classifier.pair_scorer import PairScorer
from incidents.history import Told, as_stream
from incidents.judging import count_pairs
from incidents.past import Past
from incidents.replay import ReadRow, replay_stream
from incidents.replay_policy import ReplayPolicy
from models.ids import IncidentId

_MOST_LISTED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Grouped:
    """One way to group the reports of a stretch: as it was, or as it would have been."""

    groups: tuple[Hashable, ...]
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class Raised:
    """A candidate as it would have been raised: when, in which group, counting which reports."""

    at: datetime
    group: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lab:
    """A replay laid beside what happened; `report` is the whole answer as plain values."""

    report: Mapping[str, Any]
    told: frozenset[str]
    groups: Mapping[str, str]
    alarms: tuple[Raised, ...]


def rehearse(
    past: Past,
    scorer: PairScorer,
    policy: ReplayPolicy,
    *,
    unverified_weight: float = 1.0,
) -> Lab:
    """Run the past again with a simulated clock, and compare. Slow: about 1 ms a report.

    Args:
        past: What really happened.
        scorer: The artifact to decide by.
        policy: Thresholds and rules that differ from the artifact's and the fixed ones.
        unverified_weight: What a reporter counts whom nobody verified.

    """
    rows = past.history.rows
    stream = [_as_told(past, row, unverified_weight) for row in rows]
    inside = [past.is_inside(row) for row in rows]
    first = inside.index(True) if True in inside else len(rows)
    began = first if policy.budget is not None else 0  # a budget is met on what came before
    replay = replay_stream(
        stream[began:],
        scorer,
        policy.grouping(scorer),
        encoder_id=past.history.encoder_id,
        history=stream[:began],
        rule=policy.rule,
        budget=policy.budget,
        publish=policy.published,
    )
    groups = ("before",) * began + replay.groups
    kept = range(first, len(rows))
    alarms = tuple(
        one
        for one in (Raised(_utc(a.t), a.group, a.ids) for a in replay.alarms)
        if past.since is None or one.at >= past.since
    )
    raised = {alarm.group for alarm in alarms}
    would = Grouped(
        tuple(groups[n] for n in kept),
        frozenset(rows[n].reporter for n in kept if groups[n] in raised),
    )
    was = Grouped(
        tuple(rows[n].arrived_in for n in kept),
        frozenset(rows[n].reporter for n in kept if past.truth(rows[n]) in past.proposed),
    )
    told = [rows[n] for n in kept]
    report = {
        "since": _moment(told[0].at) if told else None,
        "until": _moment(told[-1].at) if told else None,
        "reports": len(told),
        "left_out": past.history.left_out,
        "encoder": past.history.encoder_id,
        "artifact": scorer.name,
        "policy": policy.to_json(),
        "thresholds": {
            "join": policy.grouping(scorer).join,
            "suggest": policy.grouping(scorer).suggest,
            "offer": policy.grouping(scorer).offer,
        },
        "surprise": round(replay.threshold.surprise, 4) if replay.threshold else None,
        "grouping": {
            "was": _figures(past, told, was.groups),
            "would": _figures(past, told, would.groups),
        },
        "offered": _offered(
            told,
            would.groups,
            [replay.probabilities[n - began] for n in kept],
            policy.grouping(scorer).offer,
        ),
        "published": {
            "was": len({past.truth(row) for row in told} & past.published),
            "would": len(set(would.groups) & replay.published.keys()),
        },
        "incidents": _incidents(past, told, was.groups, would.groups),
        "proposals": _proposals(past, told, alarms),
        "told": {
            "was": len(was.told),
            "would": len(would.told),
            "more": len(would.told - was.told),
            "fewer": len(was.told - would.told),
        },
    }
    named = dict(zip((row.reference for row in told), map(str, would.groups), strict=True))
    return Lab(report, would.told, named, alarms)


def _figures(past: Past, rows: Sequence[Told], groups: Sequence[Hashable]) -> dict[str, Any]:
    """How reports were grouped, and how much of it was right by people's later word."""
    strength = [past.verdicts.of(row) for row in rows]
    gold = [past.truth(row) for row in rows]
    both, wanted, made = count_pairs(gold, groups, strength).sum(axis=0) if rows else (0.0,) * 3
    sizes = [size for size in Counter(groups).values() if size > 1]
    wrong = _against_words(past, rows, groups)
    return {
        "groups": len(sizes),
        "reports_in_groups": sum(sizes),
        "largest": max(sizes, default=0),
        "precision": round(float(both / made), 4) if made else None,
        "recall": round(float(both / wanted), 4) if wanted else None,
        "f1": round(float(2 * both / (made + wanted)), 4) if made + wanted else None,
        "judged_reports": sum(sure > 0 for sure in strength),
        "wrongly_together": len(wrong),
        "wrong_pairs": [list(pair) for pair in sorted(wrong)[:_MOST_LISTED]],
    }


def _offered(
    rows: Sequence[Told],
    groups: Sequence[Hashable],
    probabilities: Sequence[float | None],
    offer: float,
) -> int:
    """Reporters who would have been asked whether it is the known outage that they joined."""
    people: dict[Hashable, set[str]] = defaultdict(set)
    count = 0
    for row, group, probability in zip(rows, groups, probabilities, strict=True):
        known = len(people[group]) > 1 and not row.restricted
        count += known and probability is not None and probability >= offer
        people[group].add(row.reporter)
    return count


def _against_words(
    past: Past, rows: Sequence[Told], groups: Sequence[Hashable]
) -> set[tuple[str, str]]:
    """Pairs of reports in one group that somebody said are not the same."""
    placed = {row.id: (group, row.reference) for row, group in zip(rows, groups, strict=True)}
    found: set[tuple[str, str]] = set()
    for apart in past.verdicts.apart:
        there: dict[Hashable, list[str]] = defaultdict(list)
        for one in apart.right & placed.keys():
            there[placed[one][0]].append(placed[one][1])
        for one in apart.left & placed.keys():
            group, name = placed[one]
            found |= {(min(name, other), max(name, other)) for other in there.get(group, ())}
    return found


def _incidents(
    past: Past, rows: Sequence[Told], was: Sequence[Hashable], would: Sequence[Hashable]
) -> list[dict[str, Any]]:
    """Every incident of two reports or more that people spoke about, both ways."""
    members: dict[IncidentId, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        members[past.truth(row)].append(number)
    sizes = Counter(was), Counter(would)
    found = []
    for incident, numbers in members.items():
        if len(numbers) < 2 or not any(past.verdicts.of(rows[n]) for n in numbers):
            continue
        found.append(
            {
                "incident": past.references[incident],
                "reports": len(numbers),
                "was": _placed(numbers, was, sizes[0]),
                "would": _placed(numbers, would, sizes[1]),
            }
        )
    return sorted(found, key=lambda one: str(one["incident"]))


def _placed(
    numbers: Sequence[int], groups: Sequence[Hashable], sizes: Counter[Hashable]
) -> dict[str, int]:
    """How one incident's reports lie: in how many groups, how many together, beside whom."""
    counts = Counter(groups[n] for n in numbers)
    largest = min(counts, key=lambda group: (-counts[group], str(group)))
    return {
        "groups": len(counts),
        "together": counts[largest],
        "strangers": sizes[largest] - counts[largest],
    }


def _proposals(past: Past, rows: Sequence[Told], alarms: Sequence[Raised]) -> list[dict[str, Any]]:
    """Each incident that was or would have been proposed, by time; and what staff said of it."""
    home = {row.reference: past.truth(row) for row in rows}
    people = {row.reference: row.reporter for row in rows}
    found: list[dict[str, Any]] = []
    seen: set[IncidentId] = set()
    for alarm in alarms:
        ids = [one for one in alarm.ids if one in home]
        counts = Counter(home[one] for one in ids)
        incident = min(counts, key=lambda one: (-counts[one], str(one)), default=None)
        again = incident in seen
        was = past.proposed.get(incident) if incident is not None and not again else None
        if incident is not None:
            seen.add(incident)
        found.append(
            {
                "incident": past.references.get(incident) if incident is not None else None,
                "was": _moment(was) if was is not None else None,
                "would": _moment(alarm.at),
                "minutes_later": _minutes(was, alarm.at) if was is not None else None,
                "again": again,
                "people": len({people[one] for one in ids}),
                "right": counts[incident] if incident is not None else 0,
                "reports": sorted(ids),
                "judged": _judged(past, incident),
            }
        )
    for incident, at in past.proposed.items():
        if incident not in seen:
            found.append(
                {
                    "incident": past.references.get(incident),
                    "was": _moment(at),
                    "would": None,
                    "minutes_later": None,
                    "again": False,
                    "people": 0,
                    "right": 0,
                    "reports": [],
                    "judged": _judged(past, incident),
                }
            )
    return sorted(found, key=lambda one: (one["would"] or one["was"], str(one["incident"])))


def _judged(past: Past, incident: IncidentId | None) -> str:
    if incident in past.major:
        return "major"
    return "rejected" if incident in past.rejected else "nobody said"


def _as_told(past: Past, row: Told, unverified: float) -> ReadRow:
    """With what its reporter counts, and its incident where staff called that one major.

    A budget is about alarms that turn out to be nothing: those of the past that staff accepted
    do not count against it.
    """
    incident = past.truth(row)
    read = as_stream(row, str(incident) if incident in past.major else None)
    weight = 1.0 if row.verified else unverified
    return replace(read, row=replace(read.row, weight=weight))


def _utc(t: float) -> datetime:
    return datetime.fromtimestamp(t, UTC)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _minutes(was: datetime, would: datetime) -> float:
    return round((would - was).total_seconds() / 60, 1)
