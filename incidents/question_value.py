"""Which question would change the decision most, and why: priority and group, in expectation.

A report could be filed as it is. An answer is worth how much better it would then be filed, in
levels of priority: over the answers that are likely, how far the priority would move, and how
much surer the right incident would be found. Pure, and the same for the same numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from classifier.catalogue import Catalogue
from classifier.label_severity import GRADES
from classifier.pair_scorer import Scored
from classifier.severity import PriorityMatrix
from classifier.supposing import ANOTHER, Slot, Supposed
from incidents.grouping import Bonds, Choice, GroupingPolicy, choose_group

_NOTED: Final = 0.05
"""Chance from which a priority stands in the reason."""
_EARLIER: Final = 0.5
"""What the sites somebody reported from before weigh against the whole catalogue."""


@dataclass(frozen=True, slots=True)
class QuestionPolicy:
    """What answers are worth, and what a question costs, in levels of priority.

    Chosen on the shipped streams and conversations (2026-11, `benchmarks/questions.md`).

    Attributes:
        group: That a report is in the right incident.
        others: What is gained for those who report the same later, as a share of `group`, where
            they are surely found by the answer.
        misheard: Share of the answers to "is it this one?" that are wrong.
        silent: Share of first words that do not tell who is affected, however they sound.
        affected: What people then answer, grade 1 to 3.
        price: A question is worth asking from this on.

    """

    group: float = 8.0
    others: float = 0.025
    misheard: float = 0.05
    silent: float = 0.65
    affected: tuple[float, float, float] = (0.12, 0.42, 0.46)
    price: float = 0.1


@dataclass(frozen=True, slots=True)
class Question:
    """A question worth asking: its slot, what the answer is worth, and why, for staff."""

    slot: str
    value: float
    because: str

    def to_json(self) -> dict[str, Any]:
        return {"slot": self.slot, "value": round(self.value, 4), "because": self.because}


@dataclass(frozen=True, slots=True)
class Unasked:
    """A draft before the next question.

    Attributes:
        scored: Candidate incidents as it is, the most likely first.
        signatures: Groups that share a rare signature with it.
        bonds: What its reporter said.
        grouping: What decides about the group.
        supposed: Per slot that is not known the candidates under each answer.
        chances: Per such slot how likely each answer is when no candidate is the right one.
        offered: The known outage that may be named to the reporter.
        impact: Chances of the grades by the words, empty where they say nothing; None where it
            was told.
        grades: Impact and urgency as it would be filed.
        matrix: Of the priorities.
        others: Per slot how likely it is that others who report the same are found by it.

    """

    scored: Sequence[Scored]
    signatures: Mapping[Hashable, str]
    bonds: Bonds
    grouping: GroupingPolicy
    supposed: Mapping[Slot, Supposed]
    chances: Mapping[Slot, Mapping[str, float]]
    offered: Hashable | None
    impact: Mapping[str, float] | None
    grades: tuple[int, int]
    matrix: PriorityMatrix
    others: Mapping[Slot, float]


def choose_questions(unasked: Unasked, policy: QuestionPolicy) -> tuple[Question, ...]:
    """The questions worth their price, the most telling first.

    The outage that a report would join anyway comes before all: who has it too wants to be told.
    """
    now = _choose(unasked, unasked.scored)
    worth = [_of_slot(unasked, slot, now, policy) for slot in unasked.supposed]
    if unasked.impact is not None:
        worth.append(_of_impact(unasked, unasked.impact, policy))
    told: list[Question] = []
    if unasked.offered is not None:
        offer = _of_offer(unasked, unasked.offered, now, policy)
        (told if now.group == unasked.offered else worth).append(offer)
    worth.sort(key=lambda one: (-one.value, one.slot))
    return (*told, *(one for one in worth if one.value >= policy.price))


def likely_services(catalogue: Catalogue, category: Mapping[str, float]) -> dict[str, float]:
    """How likely each service is by the chances of its category; a more important one more."""
    weight = {entry.id: 4 - entry.tier for entry in catalogue.services}
    of_category = Counter[str]()
    for entry in catalogue.services:
        of_category[entry.category.value] += weight[entry.id]
    return {
        entry.id: category.get(entry.category.value, 0.0)
        * weight[entry.id]
        / of_category[entry.category.value]
        for entry in catalogue.services
    }


def likely_sites(catalogue: Catalogue, earlier: Sequence[str]) -> dict[str, float]:
    """How likely each site is: where somebody reported from before, and all of them alike."""
    rest = (1.0 - _EARLIER if earlier else 1.0) / max(len(catalogue.sites), 1)
    counts = Counter(earlier)
    return {
        entry.id: rest + (_EARLIER * counts[entry.id] / len(earlier) if earlier else 0.0)
        for entry in catalogue.sites
    }


def find_others(
    catalogue: Catalogue, services: Mapping[str, float], trouble: float
) -> dict[Slot, float]:
    """How likely others who report the same are found by a service, or by a site.

    Args:
        catalogue: Says which services are lost at one place at a time.
        services: How likely each is.
        trouble: Probability that the words tell of a disturbance: a request has no others.

    """
    bound = sum(services.get(entry.id, 0.0) for entry in catalogue.services if entry.needs_site)
    return {"service": trouble, "site": trouble * min(bound, 1.0)}


def _of_impact(unasked: Unasked, read: Mapping[str, float], policy: QuestionPolicy) -> Question:
    """Levels by which the priority would move, once it is known who is affected."""
    impact, urgency = unasked.grades
    before = unasked.matrix.priority(impact, urgency)
    value, levels = 0.0, {before}
    silent = policy.silent if read else 1.0
    for grade, usual in zip(GRADES, policy.affected, strict=True):
        chance = (1 - silent) * read.get(grade, 0.0) + silent * usual
        after = unasked.matrix.priority(int(grade), urgency)
        value += chance * abs(after.rank - before.rank)
        if chance >= _NOTED:
            levels.add(after)
    ranked = sorted(levels, key=lambda level: level.rank)
    between = f"between {ranked[0].value} and {ranked[-1].value}"
    where = between if len(ranked) > 1 else f"how sure {before.value} is"
    return Question("impact", value, f"who is affected decides {where}")


def _of_offer(unasked: Unasked, offered: Hashable, now: Choice, policy: QuestionPolicy) -> Question:
    """A yes finds the right incident, a no keeps out of a wrong one; both may be misheard."""
    chance = next((one.probability for one in unasked.scored if one.group == offered), 0.0)
    join, wrong = unasked.grouping.join, policy.misheard
    if now.group == offered:
        gain = (1 - chance) * (1 - wrong) * join - chance * wrong * (1 - join)
    else:
        gain = chance * (1 - wrong) * (1 - join) - (1 - chance) * wrong * join
    because = f"it may be the known outage (probability {chance:.2f}); a yes or a no decides"
    return Question("same", policy.group * gain, because)


def _of_slot(unasked: Unasked, slot: Slot, now: Choice, policy: QuestionPolicy) -> Question:
    """How much surer the group would be, and what it gives those who report the same later."""
    supposed = unasked.supposed[slot]
    gain, groups = 0.0, {now.group}
    for answer, chance in _predict(unasked, slot).items():
        scored = supposed.scored.get(answer)
        if scored is None or not chance:
            continue
        then = _choose(unasked, scored)
        better = _worth(then.group, scored, unasked) - _worth(now.group, scored, unasked)
        if then.group != now.group and better > 0:
            gain += chance * better
            groups.add(then.group)
    others = policy.others * unasked.others[slot]
    return Question(slot, policy.group * (gain + others), _because(slot, groups, gain, others))


def _because(slot: Slot, groups: set[Hashable | None], gain: float, others: float) -> str:
    count = len(groups - {None})
    if not count or gain < others:
        return f"others who report the same are found by the {slot}"
    if count == 1:
        return f"the {slot} decides whether it joins an open incident"
    return f"the {slot} decides between {count} open incidents"


def _predict(unasked: Unasked, slot: Slot) -> Mapping[str, float]:
    """How likely each answer is: as the right candidate's people say, else as usual."""
    supposed = unasked.supposed[slot]
    total = sum(one.probability for one in unasked.scored)
    scale = 1.0 / max(total, 1.0)
    left = 1.0
    found: dict[str, float] = defaultdict(float)
    for one in unasked.scored:
        shares = supposed.named.get(one.group) or {}
        for answer, share in shares.items():
            found[_held(supposed, answer)] += one.probability * scale * share
        if shares:
            left -= one.probability * scale
    for answer, chance in unasked.chances[slot].items():
        found[_held(supposed, answer)] += left * chance
    return found


def _held(supposed: Supposed, answer: str) -> str:
    return answer if answer in supposed.scored else ANOTHER


def _choose(unasked: Unasked, scored: Sequence[Scored]) -> Choice:
    return choose_group(
        scored, unasked.bonds, unasked.grouping, signature_groups=unasked.signatures
    )


def _worth(group: Hashable | None, scored: Sequence[Scored], unasked: Unasked) -> float:
    """Of joining a group, beside opening a new incident; what joining needs is the break-even."""
    if group is None:
        return 0.0
    chance = next((one.probability for one in scored if one.group == group), 0.0)
    return chance - unasked.grouping.join
