"""What a training says of itself: one page without scripts, that a person reads before serving.

All figures are out of fold: every row was labelled by a training that had not seen it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np

from classifier.encoding import Encoder
from classifier.label_calibration import reliability
from classifier.label_training import Learnt
from classifier.label_vectors import encode_all
from classifier.label_vote import render_example
from classifier.tickets import Table, label_rows
from classifier.train_heads import Task, Training

_TO_LABEL: Final = 20
_MOST_READ: Final = 2_000
_SHOWN: Final = 30  # classes in the table of confusions
_HIT: Final = " class=hit"
_SIDE: Final = 240
_MARGIN: Final = 30

_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem}"
    "th,td{padding:.15rem .6rem;text-align:right;border-bottom:1px solid #ddd}"
    "th:first-child,td:first-child{text-align:left}.wide{overflow-x:auto}"
    ".hit{font-weight:600}.note{color:#555}figure{display:inline-block;margin:0 2rem 1rem 0}"
)


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One label: its rows, how often it was said, and how well."""

    label: str
    rows: int
    said: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class HeadPage:
    """One head's part of the page.

    Attributes:
        confusion: Per pair (right, said) how many rows.
        steps: Per step of confidence: mean confidence, share right, share of the rows.
        curve: Rows learnt from, accuracy and macro-F1 on rows not learnt from.

    """

    name: str
    figures: Mapping[str, float]
    promise: str
    classes: Sequence[ClassRow]
    confusion: Mapping[tuple[str, str], int]
    steps: Sequence[tuple[float, float, float]]
    curve: Sequence[tuple[int, float, float]]
    too_rare: Sequence[str]


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A row without a label whose two likeliest are closest: its label teaches most."""

    row: str
    text: str
    head: str
    first: tuple[str, float]
    second: tuple[str, float]


@dataclass(frozen=True, slots=True)
class TrainingPage:
    """All of the page."""

    artifact: str
    heads: Sequence[HeadPage]
    to_label: Sequence[Doubtful]


def describe_training(
    training: Training,
    tasks: Sequence[Task],
    table: Table,
    encoder: Encoder,
    too_rare: Mapping[str, Sequence[str]],
) -> TrainingPage:
    """Gather the page's numbers. Slow where rows without labels are read."""
    heads = [
        _head_page(task, training.learnt[task.name], too_rare.get(task.name, ())) for task in tasks
    ]
    return TrainingPage(training.heads.artifact, heads, _doubtful(training, table, encoder))


def render_report(page: TrainingPage) -> str:
    """The page as HTML; every word of the table is escaped, nothing is fetched."""
    parts = [_head_html(head) for head in page.heads]
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<title>{escape(page.artifact)}</title><style>{_STYLE}</style>"
        f"<h1>What {escape(page.artifact)} learnt</h1>"
        "<p class=note>Every figure is out of fold: each row was labelled by a training that had "
        "not seen it. Rows from another time or another desk can do worse.</p>"
        f"{''.join(parts)}{_next_html(page)}</html>\n"
    )


def _head_page(task: Task, learnt: Learnt, too_rare: Sequence[str]) -> HeadPage:
    labels = sorted(set(task.labels))
    said = [labels[best] for best in learnt.chances.argmax(axis=1)]
    right = np.array([a == b for a, b in zip(task.labels, said, strict=True)])
    y = np.array([labels.index(label) for label in task.labels])
    confusion = Counter(zip(task.labels, said, strict=True))
    told, named = Counter(task.labels), Counter(said)
    promise = learnt.promise
    sentence = (
        f"It answers {promise.coverage:.0%} of the rows; of its answers at most "
        f"{promise.error:.0%} are wrong, shown with {promise.confidence:.0%} confidence on "
        f"{promise.rows} rows."
        if promise.threshold <= 1
        else f"It never answers by itself: on {promise.rows} rows no confidence could be shown "
        f"from which at most {promise.error:.0%} of the answers are wrong."
    )
    figures = {
        key: value for key, value in learnt.figures(y).items() if isinstance(value, float | int)
    }
    return HeadPage(
        task.name,
        figures,
        sentence,
        [_class_row(label, told[label], named[label], confusion[label, label]) for label in labels],
        dict(confusion),
        reliability(learnt.chances.max(axis=1), right),
        learnt.curve,
        too_rare,
    )


def _class_row(label: str, rows: int, said: int, hits: int) -> ClassRow:
    return ClassRow(
        label, rows, said,
        hits / said if said else 0.0, hits / rows if rows else 0.0,
        2 * hits / (rows + said) if rows + said else 0.0,
    )  # fmt: skip


def _doubtful(training: Training, table: Table, encoder: Encoder) -> list[Doubtful]:
    """Rows that lack a head's label, the closest calls first."""
    lacking = [
        (row, head)
        for head in table.labels
        if head in training.heads.by_name
        for row, (text, label) in enumerate(zip(table.texts, table.labels[head], strict=True))
        if text and not label
    ]
    rows = sorted({row for row, _ in lacking})[:_MOST_READ]
    texts = [table.texts[row] for row in rows]
    labelled = label_rows(texts, encode_all(encoder, texts), training.heads)
    said = dict(zip(rows, labelled, strict=True))
    found = []
    for row, head in lacking:
        if row in said:
            first, second = said[row].labels[head].top(2)
            text = render_example(table.texts[row])
            found.append(Doubtful(f"row {row + 1}", text, head, first, second))
    return sorted(found, key=lambda one: one.first[1] - one.second[1])[:_TO_LABEL]


def _head_html(head: HeadPage) -> str:
    figures = ", ".join(
        f"{name.replace('_', ' ')} {value:g}" for name, value in head.figures.items()
    )
    rare = ""
    if head.too_rare:
        rare = f"<p>Too rare to learn: {escape(', '.join(head.too_rare))}.</p>"
    rows = "".join(
        f"<tr><td>{escape(one.label)}<td>{one.rows}<td>{one.said}<td>{one.precision:.2f}"
        f"<td>{one.recall:.2f}<td>{one.f1:.2f}</tr>"
        for one in sorted(head.classes, key=lambda one: -one.rows)
    )
    return (
        f"<h2>{escape(head.name)}</h2><p>{escape(figures)}</p><p>{escape(head.promise)}</p>{rare}"
        f"<figure>{_reliability_svg(head)}<figcaption>How often it is right when it says how sure "
        f"it is (a dot's size: how many rows)</figcaption></figure>"
        f"<figure>{_curve_svg(head)}<figcaption>Accuracy by rows learnt from</figcaption></figure>"
        "<div class=wide><table><thead><tr><th>label<th>rows<th>said<th>precision<th>recall<th>F1"
        f"</tr></thead><tbody>{rows}</tbody></table></div>{_confusion_html(head)}"
    )


def _confusion_html(head: HeadPage) -> str:
    """Right labels down, said ones across; the commonest where there are many."""
    ranked = sorted(head.classes, key=lambda one: -one.rows)[:_SHOWN]
    names = [one.label for one in ranked]
    across = "".join(f"<th>{escape(name)}" for name in names)
    rows = []
    for right in names:
        cells = "".join(
            f"<td{_HIT if right == said else ''}>{head.confusion.get((right, said), 0) or ''}"
            for said in names
        )
        rows.append(f"<tr><td>{escape(right)}{cells}</tr>")
    return (
        "<details><summary>Which is taken for which (right label at the left, said one above)"
        f"</summary><div class=wide><table><thead><tr><th>{across}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )


def _next_html(page: TrainingPage) -> str:
    if page.to_label:
        rows = "".join(
            f"<tr><td>{escape(one.row)}<td>{escape(one.head)}"
            f"<td>{escape(one.first[0])} {one.first[1]:.0%}"
            f"<td>{escape(one.second[0])} {one.second[1]:.0%}<td>{escape(one.text)}</tr>"
            for one in page.to_label
        )
        return (
            "<h2>What to label next</h2><p>Rows without a label that it is least sure of:</p>"
            "<div class=wide><table><thead><tr><th>row<th>head<th>likeliest<th>next<th>words</tr>"
            f"</thead><tbody>{rows}</tbody></table></div>"
        )
    worst = sorted(
        (one.f1, one.rows, head.name, one.label) for head in page.heads for one in head.classes
    )[:8]
    items = "".join(
        f"<li>{escape(head)}: {escape(label)} (F1 {f1:.2f}, {rows} rows)</li>"
        for f1, rows, head, label in worst
    )
    return (
        "<h2>What to label next</h2><p>All rows have labels. More rows of these would help "
        f"most:</p><ol>{items}</ol>"
    )


def _reliability_svg(head: HeadPage) -> str:
    dots = "".join(
        f'<circle cx="{_x(sure):.1f}" cy="{_y(share):.1f}" r="{3 + 14 * weight**0.5:.1f}" '
        'fill="#1864ab" fill-opacity=".6"/>'
        for sure, share, weight in head.steps
    )
    diagonal = f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#999"/>'
    return _svg(f"{diagonal}{dots}", "how sure", "how often right", "0", "1")


def _curve_svg(head: HeadPage) -> str:
    if not head.curve:
        return ""
    most = max(rows for rows, _, _ in head.curve)
    points = [(_x(rows / most), _y(accuracy)) for rows, accuracy, _ in head.curve]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#1864ab"/>' for x, y in points)
    drawn = f'<polyline points="{line}" fill="none" stroke="#1864ab" stroke-width="2"/>{dots}'
    return _svg(drawn, "rows learnt from", "accuracy", "0", str(most))


def _svg(drawn: str, across: str, up: str, first: str, last: str) -> str:
    size = _SIDE + 2 * _MARGIN
    bottom = size - _MARGIN
    return (
        f'<svg viewBox="0 0 {size} {size}" width="{size}" height="{size}" role="img" '
        f'aria-label="{up} by {across}" font-size="11" fill="#333">'
        f'<path d="M{_MARGIN} {_MARGIN}V{bottom}H{size - _MARGIN}" fill="none" stroke="#333"/>'
        f'<text x="{_MARGIN}" y="{bottom + 14}">{first}</text>'
        f'<text x="{size - _MARGIN}" y="{bottom + 14}" text-anchor="end">{last}</text>'
        f'<text x="{size / 2}" y="{bottom + 26}" text-anchor="middle">{across}</text>'
        f'<text x="{_MARGIN - 4}" y="{_MARGIN + 4}" text-anchor="end">1</text>'
        f'<text x="{_MARGIN}" y="{_MARGIN - 10}">{up}</text>{drawn}</svg>'
    )


def _x(share: float) -> float:
    return _MARGIN + share * _SIDE


def _y(share: float) -> float:
    return _MARGIN + (1 - share) * _SIDE
