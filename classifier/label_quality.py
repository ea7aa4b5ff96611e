"""The label section of the quality report: every set, ours beside its rivals, with intervals.

A set is judged on rows later than, or apart from, those learnt from: by time where a table has
times, else by a fixed draw. Nothing is tuned on the judged rows.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from classifier.encoding import Encoder, Vectors
from classifier.label_errors import read_errors, render_curve, render_errors
from classifier.label_evaluation import OURS, SEVERITY, evaluate_rivals, evaluate_rows
from classifier.label_feedback import follow
from classifier.label_vectors import Remembering, Tell, encode_all
from classifier.tickets import Said, Table, label_rows, tasks_of, text_of
from classifier.train_heads import TRAIN, Task, learn_heads, read_table

_LATER: Final = 0.34  # share of a set in the order of time that judges
_ENOUGH: Final = 30  # rows of a group that capstone's figure is about
_COLUMNS: Final = (
    ("accuracy", "accuracy"), ("macro_f1", "macro-F1"), ("ece", "ECE"), ("kappa", "kappa"),
    ("top3", "top 3"), ("coverage_at_90", "cover at .90"), ("answered", "answered"),
    ("accuracy_answered", "right when answered"),
)  # fmt: skip
_SEVERITY_COLUMNS: Final = (
    ("accuracy", "accuracy"), ("kappa_quadratic", "kappa, quadratic"),
    ("kappa_linear", "kappa, linear"), ("recall_of_first", "SEV1 found"), ("ece", "ECE"),
    ("coverage_at_90", "cover at .90"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Rows to learn from and rows to judge on.

    Attributes:
        note: How the two were parted.
        limits: Where the words stop telling, and what question to the reporter would tell.
        feedback_every: After so many judged rows their labels become known; None: never.

    """

    name: str
    train: Table
    judged: Table
    note: str
    limits: str = ""
    feedback_every: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One set's figures: per head, per name (ours and the rivals) the figures.

    `curves`: per head what parts of the rows taught. `errors`: per head see `read_errors`.
    """

    name: str
    note: str
    rows: int
    figures: Mapping[str, Mapping[str, Mapping[str, Any]]]
    curves: Mapping[str, Sequence[Mapping[str, float]]] = field(default_factory=dict)
    errors: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    limits: str = ""


def measure_labels(
    sets: Sequence[LabelSet], encoder: Encoder, tell: Tell | None = None
) -> list[Measured]:
    """Learn each set's heads and judge them, rivals in the same run. Slow."""
    return [_measure(each, Remembering(encoder), tell) for each in sets]


def read_sets(training_data: Path, eval_root: Path | None) -> list[LabelSet]:
    """The shipped tickets' held third, and the evaluation sets that are there."""
    found = [_shipped(training_data)]
    if eval_root is None:
        return found
    for name, reads in (
        ("endava48k_topic", _endava),
        ("capstone_tickets", _capstone),
        ("github_status", _github),
    ):
        path = eval_root / name / "dev" / "data.csv"
        if path.is_file():
            found += reads(read_table(path))
    return found


def render(measured: Sequence[Measured]) -> str:
    """Markdown: one table a set and head; our intervals below our figures."""
    parts = []
    for one in measured:
        parts.append(f"### {one.name}\n\n{one.note} {one.rows} rows judged.\n")
        for head, by_name in one.figures.items():
            columns = _SEVERITY_COLUMNS if head == SEVERITY else _COLUMNS
            shown = [(key, title) for key, title in columns if key in by_name[OURS]]
            parts.append(f"**{head}** ({by_name[OURS]['labels']} labels, naming the commonest "
                         f"{by_name[OURS]['majority']:.3f})\n")  # fmt: skip
            lines = [
                "| | " + " | ".join(title for _, title in shown) + " |",
                "|---" * (len(shown) + 1) + "|",
            ]
            for name, figures in by_name.items():
                cells = " | ".join(f"{figures[key]:.3f}" for key, _ in shown)
                lines.append(f"| {name} | {cells} |")
                if name == OURS:
                    edges = (figures["intervals"][key] for key, _ in shown)
                    cells = " | ".join(f"{low:.3f}-{high:.3f}" for low, high in edges)
                    lines.append(f"| 95 % | {cells} |")
            parts.append("\n".join(lines) + "\n")
            if head in one.curves:
                parts.append(render_curve(one.curves[head]) + "\n")
            if head in one.errors:
                parts.append(render_errors(one.errors[head]) + "\n")
        if one.limits:
            parts.append(one.limits + "\n")
    return "\n".join(parts)


def _measure(one: LabelSet, encoder: Encoder, tell: Tell | None) -> Measured:
    vectors = encode_all(encoder, one.judged.texts, tell)
    tasks, _ = tasks_of(one.train)
    training = learn_heads(tasks, encoder, tell)
    heads = training.heads
    if one.feedback_every is None:
        said = label_rows(one.judged.texts, vectors, heads)
    else:
        said = follow(one.judged, vectors, heads, one.train, encoder, every=one.feedback_every)
    ours = evaluate_rows(one.judged, said)
    rivals = evaluate_rivals(one.judged, vectors, one.train, encoder)
    return Measured(
        one.name, one.note, len(said),
        {head: {OURS: ours[head], **rivals.get(head, {})} for head in ours},
        {task.name: training.report[task.name]["curve"] for task in tasks},
        {task.name: _errors(task, one.judged, vectors, said, encoder) for task in tasks},
        one.limits,
    )  # fmt: skip


def _errors(
    task: Task, judged: Table, vectors: Vectors, said: Sequence[Said], encoder: Encoder
) -> dict[str, Any]:
    given = [each.labels[task.name].label for each in said]
    learnt = encode_all(encoder, task.texts)
    return read_errors(judged.labels[task.name], given, vectors, learnt, task.labels)


def _shipped(training_data: Path) -> LabelSet:
    rows = read_table(training_data / "tickets.csv")
    parts = [[r for r in rows if (r["part"] == TRAIN) is kept] for kept in (True, False)]
    train, judged = (
        _table(part, ["text"], {head: head for head in ("category", "impact", "urgency")})
        for part in parts
    )
    note = "The third that is held, drawn by a hash."
    limits = (
        "Urgency is what people say least: by when it is needed, and whether work goes on by "
        "another way, is what the assistant's question about impact supplies."
    )
    return LabelSet("shipped tickets", train, judged, note, limits)


def _endava(rows: list[dict[str, str]]) -> list[LabelSet]:
    kept = [r for r in rows if _draw(r["text"]) >= 1 / 5]
    out = [r for r in rows if _draw(r["text"]) < 1 / 5]
    train, judged = (_table(part, ["text"], {"category": "topic"}) for part in (kept, out))
    note = "A fifth drawn by a hash of the text."
    limits = (
        "Hardware, HR Support and Miscellaneous share their words, and the texts have lost names, "
        "numbers and some words. Asking which device or system it is about would part them."
    )
    return [LabelSet("endava48k_topic", train, judged, note, limits)]


def _capstone(rows: list[dict[str, str]]) -> list[LabelSet]:
    counts = Counter(row["assignment_group"] for row in rows)
    often = [r for r in rows if counts[r["assignment_group"]] >= _ENOUGH]
    parts = _by_time(often, "est_time")
    train, judged = (
        _table(part, ["short_description", "description"], {"category": "assignment_group"})
        for part in parts
    )
    note = "The last third by time; groups with 30 rows or more."
    limits = (
        "Failed jobs go to the team that owns the job, and password tickets to whoever took them: "
        "a table, not language. Asking for the system and the site (the assistant does), and the "
        "job's owner from the inventory, would tell; three queues offered are nearly as good."
    )
    return [LabelSet("capstone_tickets", train, judged, note, limits)]


def _github(rows: list[dict[str, str]]) -> list[LabelSet]:
    graded = [row for row in rows if row["impact"] != "none"]
    train, judged = (
        _table(part, ["name", "first_update"], {"impact": "impact"})
        for part in _by_time(graded, "created_at")
    )
    note = "The last third by time."
    limits = (
        "A first message is worded alike for a minor and a critical incident. How many are hit, "
        "and what they cannot do, would tell: the assistant asks it, and reporters are counted."
    )
    return [
        LabelSet("github_status, as trained once", train, judged, note, limits),
        LabelSet("github_status, labels known after each 10", train, judged, note, limits, 10),
    ]


def _by_time(rows: list[dict[str, str]], column: str) -> tuple[list[dict[str, str]], ...]:
    ordered = sorted(rows, key=lambda row: row[column])
    cut = round(len(ordered) * (1 - _LATER))
    return ordered[:cut], ordered[cut:]


def _table(
    rows: Sequence[Mapping[str, str]], text: Sequence[str], labels: Mapping[str, str]
) -> Table:
    return Table(
        tuple(text_of(row, text) for row in rows),
        {head: tuple(row[column] for row in rows) for head, column in labels.items()},
    )


def _draw(text: str) -> float:
    """A number in [0, 1) that belongs to the text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
