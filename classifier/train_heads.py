"""Training the heads from labelled texts: run at set-up, or on an organisation's own tickets.

Terms and meaning together (each wins on different data), and the nearest labelled texts'
vote; calibrated and given their right to answer on out-of-fold predictions.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifier.encoding import Encoder, Vectors
from classifier.heads import ASKED, Head, Heads, HeadsMissingError, Shelf
from classifier.label_fit import Rows
from classifier.label_severity import GRADES, SeverityFit, fit_severity
from classifier.label_store import load_heads, save_heads
from classifier.label_terms import fit_terms, matrix_of
from classifier.label_training import Learnt, Material, learn
from classifier.label_vectors import Tell, encode_all
from classifier.label_vote import Examples, render_example

TICKETS: Final = "tickets"
MESSAGES: Final = "messages"
TRAIN: Final = "train"
"""Rows of `tickets.csv` and `messages.csv` that may be learnt from; the others judge."""


@dataclass(frozen=True, slots=True)
class Task:
    """One head to train: texts with labels.

    Attributes:
        asked: Per text what the assistant had asked, for the dialogue act.
        ids: Per text how its row is called; tasks about the same rows call them alike.

    """

    name: str
    texts: Sequence[str]
    labels: Sequence[str]
    asked: Sequence[str] | None = None
    ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """Trained heads, what came out per head, and the figures."""

    heads: Heads
    learnt: Mapping[str, Learnt]
    report: Mapping[str, Any]


def train_shipped(
    training_data: Path, out: Path, encoder: Encoder, tell: Tell | None = None
) -> dict[str, Any]:
    """Train all four heads from `tickets.csv` and `messages.csv`; returns the report.

    Of the tickets only the rows of part `train`: what is held judges the shipped heads.
    """
    return train_heads(shipped_tasks(training_data), out, encoder, tell)


def shipped_tasks(training_data: Path) -> list[Task]:
    """What the shipped heads learn from."""
    tickets = [
        row for row in read_table(training_data / "tickets.csv") if row.get("part", TRAIN) == TRAIN
    ]
    texts, ids = [row["text"] for row in tickets], [row["id"] for row in tickets]
    tasks = [
        Task(name, texts, [row[name] for row in tickets], ids=ids)
        for name in ("category", "impact", "urgency")
    ]
    return [*tasks, act_task(training_data)]


def act_task(training_data: Path) -> Task:
    """The dialogue act, from `messages.csv`."""
    messages = [row for row in read_table(training_data / "messages.csv") if row["part"] == TRAIN]
    return Task(
        "act",
        [row["text"] for row in messages],
        [row["act"] for row in messages],
        [row["asked"] for row in messages],
    )


def train_heads(
    tasks: Sequence[Task], out: Path, encoder: Encoder, tell: Tell | None = None
) -> dict[str, Any]:
    """Fit, calibrate and save the heads of some tasks; returns figures per head."""
    training = learn_heads(tasks, encoder, tell)
    save_heads(training.heads, out, training.report)
    return dict(training.report)


def learn_heads(
    tasks: Sequence[Task], encoder: Encoder, tell: Tell | None = None, *, curve: bool = True
) -> Training:
    """Fit and calibrate the heads of some tasks; nothing is written.

    `curve`: also learn from parts of the rows, to show what more rows would do.
    """
    from threadpoolctl import threadpool_limits

    say = tell or _silent
    shelves: dict[str, Shelf] = {}
    heads: dict[str, Head] = {}
    learnt: dict[str, Learnt] = {}
    report: dict[str, Any] = {}
    for name in (TICKETS, MESSAGES):
        mine = [task for task in tasks if (task.asked is not None) == (name == MESSAGES)]
        if not mine:
            continue
        corpus = _corpus(mine)
        say(f"Reading {len(corpus)} {name} ...")
        vectors = encode_all(encoder, list(corpus.values()), tell)
        shelves[name] = _shelf(name, corpus, vectors)
        terms = matrix_of(shelves[name].vectoriser, list(corpus.values()))
        # One thread: many of these matrices are small, and threads that wait for each other
        # burn a busy CPU.
        with threadpool_limits(1):
            for task in mine:
                say(f"Learning {task.name} from {len(task.texts)} rows ...")
                place = {row: number for number, row in enumerate(corpus)}
                at = np.array([place[row] for row in _ids(task)])
                rows = Rows(terms[at], _dense(vectors[at], task))
                labels = tuple(sorted(set(task.labels)))
                numbers = {label: number for number, label in enumerate(labels)}
                y = np.array([numbers[label] for label in task.labels])
                found = learn(Material(rows, vectors[at], y, len(labels)), curve=curve)
                heads[task.name] = _head(task.name, name, labels, found, at, y, len(corpus))
                learnt[task.name], report[task.name] = found, found.figures(y)
    severity = _severity(tasks, heads, learnt)
    artifact = f"heads:{_digest(tasks)}"
    return Training(Heads(encoder.id, artifact, shelves, heads, severity), learnt, report)


def with_act(heads: Heads, shipped: Path, training_data: Path, encoder: Encoder) -> Heads:
    """The same heads able to serve by themselves: with the shipped dialogue act.

    Taken as it is where the shipped heads are of this encoder; else trained.
    """
    if "act" in heads.by_name:
        return heads
    ready: Heads | None
    try:
        ready = load_heads(shipped)
    except HeadsMissingError:
        ready = None
    if ready is None or ready.encoder_id != encoder.id or "act" not in ready.by_name:
        ready = learn_heads([act_task(training_data)], encoder).heads
    act = ready.by_name["act"]
    return Heads(
        heads.encoder_id, heads.artifact,
        {**heads.shelves, act.shelf: ready.shelves[act.shelf]},
        {**heads.by_name, "act": act}, heads.severity,
    )  # fmt: skip


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _silent(sentence: str) -> None:
    del sentence


def _ids(task: Task) -> Sequence[str]:
    if task.ids is not None:
        return task.ids
    return [f"{task.name} {row}" for row in range(len(task.texts))]


def _corpus(tasks: Sequence[Task]) -> dict[str, str]:
    """Each row's text once, by its id."""
    found: dict[str, str] = {}
    for task in tasks:
        found.update(zip(_ids(task), task.texts, strict=True))
    return found


def _shelf(name: str, corpus: Mapping[str, str], vectors: Vectors) -> Shelf:
    vectoriser = fit_terms(list(corpus.values()))
    examples = Examples(list(corpus), [render_example(text) for text in corpus.values()], vectors)
    return Shelf(name, vectoriser, vectoriser.names(), examples)


def _dense(vectors: Vectors, task: Task) -> Vectors:
    asked = np.zeros((len(vectors), len(ASKED)), dtype=np.float32)
    for row, question in enumerate(task.asked or ()):
        asked[row, ASKED.index(question)] = 1.0
    return np.hstack([vectors, asked])


def _head(
    name: str,
    shelf: str,
    labels: tuple[str, ...],
    found: Learnt,
    at: np.ndarray[Any, np.dtype[np.int64]],
    y: np.ndarray[Any, np.dtype[np.int64]],
    examples: int,
) -> Head:
    told = np.full(examples, -1, dtype=np.int16)
    told[at] = y
    return Head(
        name, shelf, labels, np.ascontiguousarray(found.fit.weights.T, dtype=np.float32),
        found.fit.bias.astype(np.float32), found.usual, told, found.calibration, found.promise,
    )  # fmt: skip


def _severity(
    tasks: Sequence[Task], heads: Mapping[str, Head], learnt: Mapping[str, Learnt]
) -> SeverityFit | None:
    """From rows that have both grades."""
    grades = {task.name: task for task in tasks if task.name in {"impact", "urgency"}}
    if len(grades) != 2 or any(heads[name].labels != GRADES for name in grades):
        return None
    place = {name: {row: n for n, row in enumerate(_ids(task))} for name, task in grades.items()}
    both = [row for row in place["impact"] if row in place["urgency"]]
    at = {name: [place[name][row] for row in both] for name in grades}
    told = [
        (grades["impact"].labels[i], grades["urgency"].labels[u])
        for i, u in zip(at["impact"], at["urgency"], strict=True)
    ]
    return fit_severity(
        learnt["impact"].chances[at["impact"]], learnt["urgency"].chances[at["urgency"]], told
    )


def _digest(tasks: Sequence[Task]) -> str:
    told = "\x1f".join(
        f"{t.name}\x1e{a}\x1e{b}" for t in tasks for a, b in zip(t.texts, t.labels, strict=True)
    )
    return hashlib.sha256(told.encode()).hexdigest()[:8]
