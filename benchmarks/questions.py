"""What a question is worth: `python -m benchmarks questions` writes `questions.md`.

Labelled streams are replayed with everything hidden that the words do not tell; before it is
filed each report is asked one question or up to three, chosen by value, in the fixed order, or
by chance. The answer is the stream's label.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np
from threadpoolctl import threadpool_limits

from api.shipped import ARTIFACTS, TRAINING_DATA
from benchmarks.report import render_machine, table, write
from classifier.catalogue import Catalogue, parse_catalogue
from classifier.heads import Prediction
from classifier.label_severity import GRADES
from classifier.onnx_encoder import OnnxEncoder
from classifier.pair_candidates import Query
from classifier.pair_scorer import PairScorer, Scored, load_scorer
from classifier.reading import Reader, Reading, build_reader
from classifier.severity import PriorityMatrix
from classifier.supposing import suppose_answers
from classifier.window import Item, PairFacts, Window
from incidents.grouping import Bonds, GroupingPolicy, choose_group, signature_groups
from incidents.grouping_quality import measure, tally_groups
from incidents.question_value import (
    QuestionPolicy,
    Unasked,
    choose_questions,
    find_others,
    likely_services,
    likely_sites,
)
from incidents.replay import StreamRow, parse_stream
from tests.journeys.scripts import read_scripts

STREAMS: Final = (("ten_days", "our ten days"), ("stream", "our three days"))
WIDER: Final = "fixed order, offering as by value"
WAYS: Final = ("none", "by chance", "fixed order", WIDER, "by value")
FIXED: Final = ("same", "service", "impact", "site")
BANDS: Final = (0.07, 0.1, 0.15, 0.21, 0.5, 1.01)
PLACES: Final = frozenset({"network", "printing", "telephony"})
MATRIX: Final = PriorityMatrix()


@dataclass(frozen=True, slots=True)
class Row:
    """A report, what was read of it, and what its reporter would answer."""

    told: StreamRow
    reading: Reading
    service: str | None
    impact: int


@dataclass
class Desk:
    """A replay under way: what was decided, what was asked, what it cost."""

    catalogue: Catalogue
    scorer: PairScorer
    window: Window
    way: str
    most: int
    site_known: bool
    groups: list[Hashable] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    answers: list[tuple[float, bool]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    labels: dict[Hashable, list[str | None]] = field(default_factory=lambda: defaultdict(list))
    people: dict[Hashable, set[str]] = field(default_factory=lambda: defaultdict(set))
    dice: random.Random = field(default_factory=lambda: random.Random(7))

    def take(self, row: Row) -> None:
        """Ask, file, group."""
        reading, told = row.reading, row.told
        policy = GroupingPolicy.of(self.scorer)
        facts = PairFacts.of(
            told.text,
            service=_only(reading.facts.services),
            site=_only(reading.facts.sites) or (told.site if self.site_known else None),
            signatures=reading.facts.signatures,
            reporter=told.reporter,
        )
        query = Query(reading.vector, told.t, facts, told.restricted)
        counted = reading.facts.counted
        impact, bonds, seen = _grade(reading.impact), Bonds(), set[str]()
        if counted is not None:
            impact = 1 if counted >= 25 else 2
            seen.add("impact")
        for _ in range(self.most if self.way != "none" else 0):
            scored = self.scorer.score(self.window, query)
            offered = self._offered(scored, policy, told) if "same" not in seen else None
            name = self._choose(row, query, bonds, scored, offered, impact, seen, policy)
            if name is None:
                break
            self.asked[name] += 1
            seen.add(name)
            if name == "impact":
                impact = row.impact
            elif name == "same" and offered is not None:
                labels = self.labels[offered.group]
                same = told.group is not None and 2 * labels.count(told.group) >= len(labels)
                self.answers.append((offered.probability, same))
                if same:
                    bonds = Bonds(must=offered.group)
                    break
                bonds = Bonds(never=frozenset({offered.group}))
            elif name == "service":
                query = replace(query, facts=replace(query.facts, service=row.service))
            else:
                query = replace(query, facts=replace(query.facts, site=told.site))
        self._file(row, query, bonds, impact, policy)

    def _choose(
        self,
        row: Row,
        query: Query,
        bonds: Bonds,
        scored: Sequence[Scored],
        offered: Scored | None,
        impact: int,
        seen: set[str],
        policy: GroupingPolicy,
    ) -> str | None:
        facts, reading = query.facts, row.reading
        known = {"service": facts.service, "site": facts.site}
        open_to = [n for n in FIXED if n not in seen and known.get(n) is None]
        if offered is None:
            open_to = [name for name in open_to if name != "same"]
        if self.way == "by chance":
            return self.dice.choice(open_to) if open_to else None
        if self.way in {"fixed order", WIDER}:
            entry = self.catalogue.service(facts.service)
            matters = entry.needs_site if entry else reading.category.label in PLACES
            sure = offered is not None and offered.probability >= policy.join
            offers = sure or self.way == WIDER
            left = [
                name
                for name in open_to
                if (name != "site" or matters) and (name != "same" or offers)
            ]
            return left[0] if left else None
        began = time.process_time_ns()
        services = likely_services(self.catalogue, reading.category.probabilities)
        trouble = self.window.trouble_of(reading.vector)
        supposed = suppose_answers(self.window, self.scorer, query, scored)
        unasked = Unasked(
            scored=scored,
            signatures=signature_groups(self.window, query),
            bonds=bonds,
            grouping=policy,
            supposed=supposed,
            chances={"service": services, "site": likely_sites(self.catalogue, ())},
            offered=offered.group if offered is not None else None,
            impact=None if "impact" in seen else reading.impact.probabilities,
            grades=(impact, _grade(reading.urgency)),
            matrix=MATRIX,
            others=find_others(
                self.catalogue, {facts.service: 1.0} if facts.service else services, trouble
            ),
        )
        found = choose_questions(unasked, QuestionPolicy())
        self.milliseconds.append((time.process_time_ns() - began) / 1e6)
        return next((one.slot for one in found if one.slot in open_to), None)

    def _offered(
        self, scored: Sequence[Scored], policy: GroupingPolicy, told: StreamRow
    ) -> Scored | None:
        """As in the product: two people told of it, it is open to all, and likely enough."""
        if told.restricted:
            return None
        likely = (one for one in scored if one.probability >= policy.offer and not one.apart)
        return next((one for one in likely if len(self.people[one.group]) > 1), None)

    def _file(
        self, row: Row, query: Query, bonds: Bonds, impact: int, policy: GroupingPolicy
    ) -> None:
        told = row.told
        scored = self.scorer.score(self.window, query)
        exact = signature_groups(self.window, query)
        choice = choose_group(scored, bonds, policy, signature_groups=exact)
        group: Hashable = choice.group if choice.group is not None else f"of {told.id}"
        self.window.add(Item(told.id, group, told.t, query.vector, query.facts))
        self.window.set_group(group, joinable=True, restricted=told.restricted)
        self.labels[group].append(told.group)
        self.people[group].add(told.reporter)
        self.groups.append(group)
        urgency = _grade(row.reading.urgency)
        right, found = MATRIX.priority(row.impact, urgency), MATRIX.priority(impact, urgency)
        self.levels.append(abs(right.rank - found.rank))


def main() -> None:
    threadpool_limits(1)  # as `muster serve` has it
    machine = render_machine()
    catalogue = parse_catalogue(TRAINING_DATA / "organisation")
    reader = build_reader(ARTIFACTS, catalogue, OnnxEncoder(ARTIFACTS / "encoder"))
    scorer = load_scorer()
    lines = [
        "",
        "Each report of a labelled stream knows at first only what its words tell; what the stream says of its",
        "service, its site and its incident is the answer, if the reporter is asked. *Site known*: the directory or",
        "the page has it, as it mostly does. Who is affected is taken from the story: nobody else in the label",
        "*just me*, else *several*, and an incident of three sites or more *a whole site*. *Fixed order*: the",
        "outage it would join, service, who is affected, and the site where the catalogue says that it matters. *By value*",
        "asks about a known outage also below the probability from which a report joins it; the fixed order with that",
        "change alone stands beside it. A yes ends the asking. Every answer is taken as true.",
        "",
        "Most of what grouping gains comes from asking *is it this one?* where a report may be part of a known outage",
        "but would not join it by itself. Choosing by value then needs fewer questions for as much, and where only one",
        "is asked it gives up some of the grouping for a priority that is far oftener right. Asking everything (by",
        "chance, three) groups best where no site is known, at half as many questions again.",
        "",
    ]
    answers: list[tuple[float, bool]] = []
    costs: list[float] = []
    for key, title in STREAMS:
        rows = read_rows(key, reader)
        for site_known in (True, False):
            found = []
            for most, way in [(0, "none"), *((n, w) for n in (1, 3) for w in WAYS[1:])]:
                window = scorer.open_window(reader.encoder.id, reader.encoder.width)
                desk = Desk(catalogue, scorer, window, way, most, site_known)
                for row in rows:
                    desk.take(row)
                found.append(render(desk, rows))
                if way == "by value" and most == 3:
                    costs += desk.milliseconds
                    answers += desk.answers if site_known else []
                print(title, site_known, found[-1], flush=True)
            lines += [f"## {title}, site {'known' if site_known else 'not known'}"]
            lines += table(
                ("at most", "chosen", "F1", "precision", "recall", "incidents detected",
                 "priority right", "levels off", "questions a report", "same / service / impact / site"),
                found,
            )  # fmt: skip
    lines += ["## Is it this one?", "", "How many of those who were asked said yes, by value:"]
    lines += table(("probability", "asked", "yes"), bands(answers))
    lines += affected(reader)
    lines += [
        "## What choosing costs",
        "",
        f"CPU of scoring the answers and choosing, {len(costs):,} times: median {np.median(costs):.1f} ms,",
        f"95 of 100 below {np.quantile(costs, 0.95):.1f} ms.",
    ]
    write("questions", "python -m benchmarks questions", machine, "What a question is worth", lines)


def read_rows(key: str, reader: Reader) -> list[Row]:
    rows = parse_stream(TRAINING_DATA / f"{key}.jsonl")
    readings = [reader.read(row.text) for row in rows]
    named: dict[str, Counter[str]] = defaultdict(Counter)
    sites: dict[str, set[str]] = defaultdict(set)
    own = [
        row.service or _only(one.facts.services) for row, one in zip(rows, readings, strict=True)
    ]
    for row, service in zip(rows, own, strict=True):
        if row.group is not None:
            named[row.group].update([service] if service else [])
            sites[row.group].update([row.site] if row.site else [])
    found = []
    for row, reading, service in zip(rows, readings, own, strict=True):
        common = named[row.group].most_common(1) if row.group is not None else []
        impact = 3 if row.group is None else (1 if len(sites[row.group]) >= 3 else 2)
        found.append(Row(row, reading, service or (common[0][0] if common else None), impact))
    return found


def render(desk: Desk, rows: Sequence[Row]) -> tuple[object, ...]:
    figures = measure(tally_groups([row.told.group for row in rows], desk.groups), draws=2)
    levels = np.array(desk.levels)
    return (
        desk.most,
        desk.way,
        f"{figures['f1'][0]:.3f}",
        f"{figures['precision'][0]:.2f}",
        f"{figures['recall'][0]:.2f}",
        f"{figures['detected']} of {figures['incidents']}",
        f"{(levels == 0).mean():.2f}",
        f"{levels.mean():.2f}",
        f"{desk.asked.total() / len(rows):.2f}",
        " / ".join(str(desk.asked[name]) for name in FIXED),
    )


def bands(answers: Sequence[tuple[float, bool]]) -> list[tuple[str, int, str]]:
    found = []
    for low, high in pairwise(BANDS):
        told = [same for chance, same in answers if low <= chance < high]
        share = f"{np.mean(told):.0%}" if told else ""
        found.append((f"{low:.2f} to {min(high, 1):.2f}", len(told), share))
    return found


def affected(reader: Reader) -> list[str]:
    """What people answered who were asked who is affected, beside what their words suggest."""
    policy = QuestionPolicy()
    told, read = [], []
    for script in read_scripts():
        if script.answers.get("impact") and script.expect.get("impact"):
            chances = reader.read(script.opening).impact.probabilities
            told.append(int(script.expect["impact"]) - 1)
            read.append([chances.get(grade, 0.0) for grade in GRADES])
    words, usual = np.array(read), np.array(policy.affected)
    right = np.array(told)

    def surprise(silent: float) -> str:
        chances = (1 - silent) * words + silent * usual
        return f"{-np.log(chances[np.arange(len(right)), right] + 1e-9).mean():.3f}"

    return [
        "## Who is affected",
        "",
        f"{len(right)} of the scripted conversations have an answer to it. The first words alone foretell it badly",
        "(mean surprise in nats, less is better), and so the question mostly stays worth asking:",
        *table(
            ("foretold by", "surprise"),
            [
                ("the words alone", surprise(0.0)),
                (f"the words, and for {policy.silent:.0%} what people usually say", surprise(policy.silent)),
                ("what people usually say alone", surprise(1.0)),
            ],
        ),
    ]  # fmt: skip


def _only(told: Sequence[str]) -> str | None:
    return told[0] if len(told) == 1 else None


def _grade(prediction: Prediction) -> int:
    return int(prediction.label) if prediction.label in GRADES else 3


if __name__ == "__main__":
    main()
