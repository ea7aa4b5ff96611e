"""A table of labelled tickets, and what was said of it: every figure, with rivals beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from classifier.encoding import Encoder, Vectors
from classifier.label_rivals import RIVALS, rival_chances
from classifier.label_scores import judge, score
from classifier.label_severity import GRADES, LEVELS, severity_of
from classifier.label_vectors import Tell, encode_all
from classifier.severity import PriorityMatrix
from classifier.tickets import Said, Table, tasks_of
from models.errors import DomainError

OURS: Final = "ours"
SEVERITY: Final = "severity"
_PLAIN: Final = (
    ("accuracy", "accuracy"), ("macro_f1", "macro-F1"), ("ece", "ECE"), ("kappa", "kappa"),
    ("kappa_linear", "kappa lin."), ("kappa_quadratic", "kappa quad."), ("top3", "top 3"),
    ("coverage_at_90", "cover .90"), ("answered", "answered"),
    ("accuracy_answered", "right there"), ("recall_of_first", "worst found"),
)  # fmt: skip


def evaluate_rows(table: Table, said: Sequence[Said]) -> dict[str, dict[str, Any]]:
    """Per head that the table has labels for, and for severity, our figures."""
    found: dict[str, dict[str, Any]] = {}
    for head, told in table.labels.items():
        judged = judge(
            told,
            [each.labels[head].probabilities for each in said],
            answered=[not each.labels[head].abstained for each in said],
            ordered=set(told) <= {"", *GRADES},
        )
        if judged is not None and any(each.labels[head].label for each in said):
            found[head] = score(judged)
    severity = _severity(table, said)
    if severity is not None:
        found[SEVERITY] = severity
    return found


def evaluate_rivals(
    table: Table, vectors: Vectors, train: Table, encoder: Encoder, tell: Tell | None = None
) -> dict[str, dict[str, dict[str, Any]]]:
    """Per head and rival its figures, learnt from the rows that taught ours."""
    try:
        tasks, _ = tasks_of(train)
    except DomainError:
        return {}
    learnt = encode_all(encoder, train.texts, tell)
    rows_of = {text: row for row, text in enumerate(train.texts)}
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for task in tasks:
        told = table.labels.get(task.name)
        if told is None or not any(told):
            continue
        known = learnt[[rows_of[text] for text in task.texts]]
        chances = rival_chances(task.texts, known, task.labels, table.texts, vectors)
        found[task.name] = {}
        for rival in RIVALS:
            judged = judge(told, chances[rival], ordered=set(told) <= {"", *GRADES})
            if judged is not None:
                found[task.name][rival] = score(judged)
    return found


def render_figures(figures: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Plain columns: per head one line for each who was measured, intervals below ours."""
    lines = []
    for head, by_name in figures.items():
        first = next(iter(by_name.values()))
        shown = [(key, title) for key, title in _PLAIN if key in first]
        lines.append(f"\n{head}: {first['rows']} rows, {first['labels']} labels, "
                     f"naming the commonest {first['majority']:.3f}")  # fmt: skip
        lines.append(f"{'':<16}" + "".join(f"{title:>14}" for _, title in shown))
        for name, found in by_name.items():
            lines.append(f"{name:<16}" + "".join(f"{found[key]:>14.3f}" for key, _ in shown))
            if name == OURS and "intervals" in found:
                edges = (found["intervals"][key] for key, _ in shown)
                lines.append(
                    f"{'  95 %':<16}" + "".join(f"{f'{a:.3f}-{b:.3f}':>14}" for a, b in edges)
                )
    return "\n".join(lines)


def _severity(table: Table, said: Sequence[Said]) -> dict[str, Any] | None:
    """The matrix's word on rows with both grades, against the level that the words made."""
    impact, urgency = table.labels.get("impact"), table.labels.get("urgency")
    if impact is None or urgency is None or any(each.severity is None for each in said):
        return None
    matrix = PriorityMatrix()
    told = [
        severity_of(i, u, matrix).value if i in GRADES and u in GRADES else ""
        for i, u in zip(impact, urgency, strict=True)
    ]
    read = [each.severity for each in said if each.severity is not None]
    judged = judge(
        told, [each.chances for each in read], said=[each.level.value for each in read],
        ordered=True,
    )  # fmt: skip
    return None if judged is None or len(judged.labels) < len(LEVELS) else score(judged)
