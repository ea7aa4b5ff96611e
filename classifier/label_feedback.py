"""Labels when the right ones become known as time goes on: fitted again, newer rows counting more.

What a desk gets that corrects its tickets: judged prequentially, each row by what was known
before it. How fast old rows fade is chosen by a rehearsal on the rows learnt from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Encoder, Vectors, gist
from classifier.heads import Head, Heads, Prediction
from classifier.label_calibration import Calibration, fit_temperature
from classifier.label_fit import Fit, Floats, Labels, Rows, fit_both, rotated
from classifier.label_terms import stack_terms
from classifier.label_vectors import encode_all
from classifier.label_vote import weighted_votes
from classifier.severity import PriorityMatrix
from classifier.tickets import HEADS, Said, Table, label_rows

_HALF_LIVES: Final = (150.0, 300.0, float("inf"))
"""Rows after which a row counts half."""
_MEANING: Final = 0.4
"""Share of the regression over vectors alone: the most that a head may give it, for what comes
later is the point here (github's incidents: kappa .28 to .36 and .36 to .40 from two dates)."""
_REHEARSED: Final = 0.4  # share of the known rows, the latest, that the rehearsal goes through
_REHEARSALS: Final = 12
_FEW: Final = 6_000
_STRENGTH: Final = 4.0
_CLOSE: Final = 0.01  # log-loss within which the quicker fading is kept
_JUDGED: Final = 60  # own predictions from which their temperature is trusted


def follow(
    table: Table,
    vectors: Vectors,
    heads: Heads,
    train: Table,
    encoder: Encoder,
    *,
    every: int,
) -> list[Said]:
    """Per row, in their order, what the heads say before its labels are known.

    Args:
        table: The rows as they came, with their labels (empty where none became known).
        vectors: Of the table's texts.
        heads: As trained on `train`.
        train: The rows known before the first, oldest first.
        encoder: For the known rows' vectors.
        every: After so many rows their labels are known and the heads are fitted again.

    """
    said = label_rows(table.texts, vectors, heads)
    together = np.vstack([encode_all(encoder, train.texts), vectors])
    for name, told in table.labels.items():
        head = heads.by_name.get(name)
        if head is None or name not in train.labels:
            continue
        course = _course(head, heads, train, table, told, together)
        chances = _run(course, every)
        said = [
            _with(each, name, head, course.labels, row)
            for each, row in zip(said, chances, strict=True)
        ]
    return [_with_severity(each, heads) for each in said]


@dataclass(frozen=True, slots=True)
class _Course:
    """All rows in order, the known ones first; `y` is -1 where there is no label.

    `labels`: the head's, then those that were too rare for it or are new.
    """

    rows: Rows
    vectors: Vectors
    y: Labels
    known: int
    labels: tuple[str, ...]
    calibration: Calibration


def _course(
    head: Head, heads: Heads, train: Table, table: Table, told: Sequence[str], vectors: Vectors
) -> _Course:
    shelf = heads.shelves[head.shelf]
    labels = [*train.labels[head.name], *told]
    others = sorted(set(labels) - {"", *head.labels})
    number = {label: place for place, label in enumerate((*head.labels, *others))}
    found = (shelf.vectoriser.terms(gist(text)) for text in (*train.texts, *table.texts))
    rows = Rows(stack_terms(found, len(shelf.term_names)), vectors)
    if len(rows) <= _FEW:
        rows, _ = rotated(rows)
    y = np.array([number.get(label, -1) for label in labels])
    return _Course(rows, vectors, y, len(train.texts), tuple(number), head.calibration)


def _run(course: _Course, every: int) -> Floats:
    """Chances of the rows after the known ones, each by a fit on rows before it."""
    rehearsed = int(course.known * (1 - _REHEARSED))
    step = max(every, (course.known - rehearsed) // _REHEARSALS + 1)
    trials = {half: _scores(course, rehearsed, course.known, step, half) for half in _HALF_LIVES}
    y = course.y[rehearsed : course.known]
    there = y >= 0
    losses = {half: _loss(scores[there], y[there]) for half, scores in trials.items()}
    best = min(losses.values())
    half = min(half for half, loss in losses.items() if loss <= best + _CLOSE)
    scores = _scores(course, course.known, len(course.y), every, half)
    past = [(trials[half][there], y[there])]
    chances = np.empty_like(scores)
    for first in range(0, len(scores), every):
        here = slice(first, first + every)
        seen = np.concatenate([each for each, _ in past])
        right = np.concatenate([labels for _, labels in past])
        warm = fit_temperature(seen, right) if len(right) >= _JUDGED else 1.0
        calm = scores[here] / warm
        odds = np.exp(calm - calm.max(axis=1, keepdims=True))
        chances[here] = odds / odds.sum(axis=1, keepdims=True)
        now = course.y[course.known :][here]
        past.append((scores[here][now >= 0], now[now >= 0]))
    return chances


def _scores(course: _Course, first: int, last: int, every: int, half: float) -> Floats:
    """Log-scores of rows first to last, fitted again after each `every` of them."""
    found = np.empty((last - first, len(course.labels)))
    start: Fit | None = None
    for begin in range(first, last, every):
        new = np.arange(begin, min(begin + every, last))
        old = np.flatnonzero(course.y[:begin] >= 0)
        heavy = 0.5 ** ((begin - old) / half)
        heavy = heavy / heavy.mean()
        y = course.y[old]
        start = fit_both(
            course.rows.of(old), y, len(course.labels),
            strength=_STRENGTH, share=_MEANING, weights=heavy, start=start,
        )  # fmt: skip
        usual = np.bincount(y, weights=heavy, minlength=len(course.labels)) + 0.5
        usual = usual / usual.sum()
        votes = weighted_votes(course.vectors[new], course.vectors[old], y, usual, heavy)
        logs = start.log_odds(course.rows.of(new))
        found[new - first] = _weighed(course.calibration, logs, votes, usual)
    return found


def _weighed(
    calibration: Calibration, logs: Floats, votes: Floats, usual: npt.NDArray[np.float64]
) -> Floats:
    scores = calibration.regression * logs + calibration.votes * votes
    found: Floats = (scores - calibration.held_back * np.log(usual)) / calibration.temperature
    return found


def _loss(scores: Floats, y: Labels) -> float:
    calm = scores - scores.max(axis=1, keepdims=True)
    logs = calm - np.log(np.exp(calm).sum(axis=1, keepdims=True))
    return -float(logs[np.arange(len(y)), y].mean()) if len(y) else 0.0


def _with(
    said: Said, name: str, head: Head, labels: Sequence[str], chances: npt.NDArray[Any]
) -> Said:
    best = int(chances.argmax())
    found: Prediction = replace(
        said.labels[name],
        label=labels[best],
        probability=float(chances[best]),
        probabilities=dict(zip(labels, chances.tolist(), strict=True)),
        abstained=bool(chances[best] < head.promise.threshold),
    )
    return replace(said, labels={**said.labels, name: found})


def _with_severity(said: Said, heads: Heads) -> Said:
    if heads.severity is None or any(not said.labels[head].label for head in HEADS[1:]):
        return said
    severity = heads.severity.read(
        said.labels["impact"].probabilities, said.labels["urgency"].probabilities, PriorityMatrix()
    )
    return replace(said, severity=severity)
