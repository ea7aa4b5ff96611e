"""Labels that staff set right, as examples for the heads.

A category set on an incident is the label of its reports. A priority is one only where the
incident is a single report (on a larger one it speaks of the breadth): then it is the cell of
the matrix with that priority that is nearest to what the heads said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from classifier.encoding import Vector, gist
from classifier.heads import Heads
from classifier.label_vote import Examples
from classifier.severity import PriorityMatrix
from classifier.train_heads import Task
from incidents.judging import Comparison, compare_labels
from models.ids import IncidentId
from models.incident import Incident, Membership
from models.report import TOLD_AT, Report, ReportText
from models.vocabulary import Priority

HEADS: Final = ("category", "impact", "urgency")
_LEVELS: Final = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class LabelExample:
    """One report with the labels that staff gave it, by head."""

    reference: str
    incident: IncidentId
    text: str
    vector: Vector
    labels: Mapping[str, str]


def read_label_examples(
    session: Session, encoder_id: str, matrix: PriorityMatrix
) -> list[LabelExample]:
    """Every report whose incident has a category or a priority by staff, oldest first."""
    rows = session.execute(
        select(Report, Incident, ReportText.text)
        .join(Membership, Membership.report_id == Report.id)
        .join(Incident, Incident.id == Membership.incident_id)
        .join(ReportText, ReportText.report_id == Report.id)
        .where(
            Membership.ended_at.is_(None),
            Report.encoder_id == encoder_id,
            or_(Incident.staff_category.is_not(None), Incident.staff_priority.is_not(None)),
        )
        .order_by(TOLD_AT, Report.id)
    )
    found = []
    for report, incident, text in rows:
        labels: dict[str, str] = {}
        if incident.staff_category is not None:
            labels["category"] = incident.staff_category.value
        if incident.staff_priority is not None and incident.reports == 1:
            cell = nearest_cell((report.impact, report.urgency), incident.staff_priority, matrix)
            if cell is not None:
                labels |= {"impact": str(cell[0]), "urgency": str(cell[1])}
        if labels and report.vector is not None:
            example = LabelExample(report.reference, incident.id, text, report.vector, labels)
            found.append(example)
    return found


def nearest_cell(
    said: tuple[int, int], priority: Priority, matrix: PriorityMatrix
) -> tuple[int, int] | None:
    """Impact and urgency of that priority, as near as can be to what was said."""
    cells = [
        (impact, urgency)
        for impact in _LEVELS
        for urgency in _LEVELS
        if matrix.priority(impact, urgency) is priority
    ]
    return min(
        cells,
        key=lambda cell: (abs(cell[0] - said[0]) + abs(cell[1] - said[1]), cell),
        default=None,
    )


def choose_heads(examples: Sequence[LabelExample], least: int) -> list[str]:
    """The heads with enough corrected labels to learn from."""
    counts = Counter(head for example in examples for head in example.labels)
    return [head for head in HEADS if counts[head] >= least]


def tasks_with(
    shipped: Sequence[Task], examples: Sequence[LabelExample], heads: Collection[str]
) -> list[Task]:
    """The shipped tasks, with these examples behind their rows.

    A head knows the labels it was shipped with; an example with another one is left out.
    """
    tasks = []
    for task in shipped:
        known = set(task.labels)
        mine = [
            one for one in examples if task.name in heads and one.labels.get(task.name) in known
        ]
        tasks.append(
            replace(
                task,
                texts=[*task.texts, *(one.text for one in mine)],
                labels=[*task.labels, *(one.labels[task.name] for one in mine)],
                ids=[*task.ids, *(one.reference for one in mine)] if task.ids else None,
            )
        )
    return tasks


def without_words(heads: Heads, examples: Sequence[LabelExample]) -> Heads:
    """The same heads without the words of our own reports: those are kept in one place only."""
    ours = {one.reference for one in examples}
    shelves = {}
    for name, shelf in heads.shelves.items():
        told = zip(shelf.examples.ids, shelf.examples.texts, strict=True)
        texts = ["" if row in ours else text for row, text in told]
        kept = Examples(shelf.examples.ids, texts, shelf.examples.vectors)
        shelves[name] = replace(shelf, examples=kept)
    return replace(heads, shelves=shelves)


def judge_heads(
    examples: Sequence[LabelExample], heads: Collection[str], current: Heads, new: Heads
) -> Comparison:
    """Both on examples that neither has learnt from."""
    right: dict[str, list[bool]] = defaultdict(list)
    incidents: list[IncidentId] = []
    for example in examples:
        text = gist(example.text)
        for name, which in (("old", current), ("new", new)):
            seen = which.see(text, example.vector)
            for head in sorted(set(heads) & example.labels.keys()):
                label = which.predict(head, seen).label
                right[name].append(label == example.labels[head])
                incidents += [example.incident] if name == "old" else []
    return compare_labels(incidents, right["old"], right["new"])
