"""Training the heads from labelled texts: run at set-up, with scikit-learn.

Terms and meaning together (each wins on different data); the regularisation by log-loss
over folds, the temperature and the abstention on out-of-fold predictions.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier.encoding import Encoder, Vectors, gist
from classifier.heads import ASKED, Head, Heads, save_heads
from classifier.tfidf import CHAR_GRAMS, MAX_CHARACTERS, WORD_GRAMS, Block, TermVectoriser

_CHAR_WEIGHT: Final = 0.8  # characters repeat what words say; research/nlp.md
_MAX_WORDS: Final = 6_000
_MAX_CHARS: Final = 12_000
_GRID: Final = (4.0, 16.0)
_FOLDS: Final = 5
_ENERGY: Final = 0.995
_MOST_ROTATED: Final = 4_000
_TARGET: Final[Mapping[str, float]] = {"category": 0.85, "impact": 0.7, "urgency": 0.7, "act": 0.85}
"""Share that must be right among the answers given; below it a head abstains."""


@dataclass(frozen=True, slots=True)
class Task:
    """One head to train: texts with labels; `asked` per text for the dialogue act."""

    name: str
    texts: Sequence[str]
    labels: Sequence[str]
    asked: Sequence[str] | None = None


def train_shipped(training_data: Path, out: Path, encoder: Encoder) -> dict[str, Any]:
    """Train all four heads from `tickets.csv` and `messages.csv`; returns the report."""
    tickets = read_table(training_data / "tickets.csv")
    messages = read_table(training_data / "messages.csv")
    texts = [row["text"] for row in tickets]
    tasks = [
        Task("category", texts, [row["category"] for row in tickets]),
        Task("impact", texts, [row["impact"] for row in tickets]),
        Task("urgency", texts, [row["urgency"] for row in tickets]),
        Task(
            "act",
            [row["text"] for row in messages],
            [row["act"] for row in messages],
            [row["asked"] for row in messages],
        ),
    ]
    return train_heads(tasks, out, encoder)


def train_heads(tasks: Sequence[Task], out: Path, encoder: Encoder) -> dict[str, Any]:
    """Fit, calibrate and save the heads of some tasks; returns figures per head."""
    from threadpoolctl import threadpool_limits

    corpus = list(dict.fromkeys(text for task in tasks for text in task.texts))
    vectors = dict(zip(corpus, encoder.encode([gist(text) for text in corpus]), strict=True))
    vectoriser, names = _fit_terms(corpus)
    heads: dict[str, Head] = {}
    report: dict[str, Any] = {}
    # One thread: these matrices are small, and threads that wait for each other burn a busy CPU.
    with threadpool_limits(1):
        for task in tasks:
            embedded = np.stack([vectors[text] for text in task.texts])
            heads[task.name], report[task.name] = _fit_head(task, embedded, vectoriser)
    digest = hashlib.sha256(
        "\x1f".join(
            f"{t.name}\x1e{a}\x1e{b}" for t in tasks for a, b in zip(t.texts, t.labels, strict=True)
        ).encode()
    ).hexdigest()[:8]
    trained = Heads(encoder.id, f"heads:{digest}", vectoriser, names, heads)
    save_heads(trained, out, report)
    return report


def read_table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _fit_terms(corpus: Sequence[str]) -> tuple[TermVectoriser, list[str]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    cut = [gist(text)[:MAX_CHARACTERS].lower() for text in corpus]
    few = len(corpus) < 200
    words = TfidfVectorizer(
        ngram_range=WORD_GRAMS, min_df=1 if few else 2, max_features=_MAX_WORDS, sublinear_tf=True
    ).fit(cut)
    chars = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=CHAR_GRAMS,
        min_df=1 if few else 3,
        max_features=_MAX_CHARS,
        sublinear_tf=True,
    ).fit(cut)
    vectoriser = TermVectoriser(_block(words, 1.0), _block(chars, _CHAR_WEIGHT))
    names = [f"w:{t}" for t in words.get_feature_names_out()]
    names += [f"c:{t}" for t in chars.get_feature_names_out()]
    return vectoriser, names


def _block(fitted: Any, weight: float) -> Block:
    vocabulary = {str(term): int(column) for term, column in fitted.vocabulary_.items()}
    return Block(vocabulary, fitted.idf_.astype(np.float32), weight)


def _fit_head(
    task: Task, embedded: Vectors, vectoriser: TermVectoriser
) -> tuple[Head, dict[str, Any]]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score, log_loss
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    raw = _matrix(task, embedded, vectoriser)
    x, back = _rotated(raw)
    labels = sorted(set(task.labels))
    y = np.array([labels.index(label) for label in task.labels])
    smallest = int(np.bincount(y).min())
    folds = StratifiedKFold(max(2, min(_FOLDS, smallest)), shuffle=True, random_state=7)
    best: tuple[float, float, npt.NDArray[np.float64]] | None = None
    for strength in _GRID:
        model = LogisticRegression(C=strength, max_iter=300)
        guessed = cross_val_predict(model, x, y, cv=folds, method="predict_proba")
        loss = float(log_loss(y, guessed))
        if best is None or loss < best[0]:
            best = (loss, strength, guessed)
    if best is None:
        raise AssertionError  # the grid is not empty
    _, strength, guessed = best
    temperature = _temperature(guessed, y)
    calm = _sharpen(guessed, temperature)
    model = LogisticRegression(C=strength, max_iter=1_000).fit(x, y)
    weights, bias = back(model.coef_), model.intercept_
    if len(labels) == 2:  # scikit-learn gives one row for two labels
        weights, bias = np.vstack([-weights, weights]) / 2, np.hstack([-bias, bias]) / 2
    threshold = _abstain_below(calm, y, _TARGET.get(task.name, 0.85))
    head = Head(
        task.name, tuple(labels), weights.astype(np.float32), bias.astype(np.float32),
        round(temperature, 4), round(threshold, 4),
    )  # fmt: skip
    answered = calm.max(axis=1) >= threshold
    right = calm.argmax(axis=1) == y
    return head, {
        "rows": len(y),
        "labels": len(labels),
        "C": strength,
        "accuracy": round(float(right.mean()), 4),
        "majority": round(float(np.bincount(y).max() / len(y)), 4),
        "macro_f1": round(float(f1_score(y, calm.argmax(axis=1), average="macro")), 4),
        "ece": round(_calibration_error(calm, right), 4),
        "answered": round(float(answered.mean()), 4),
        "accuracy_answered": round(float(right[answered].mean()) if answered.any() else 0.0, 4),
    }


def _rotated(x: Any) -> tuple[Any, Callable[[npt.NDArray[Any]], npt.NDArray[Any]]]:
    """The same rows in as few columns as they need, and the way back for the weights.

    A ridge-penalised regression does not see a rotation, so where there are more columns than
    rows it is fitted ten times faster on the rows' own principal axes (nearly all of their
    energy) with the same result.
    """
    if x.shape[0] > min(x.shape[1], _MOST_ROTATED):
        return x, lambda weights: weights
    energy, axes = np.linalg.eigh((x @ x.T).toarray())
    order = np.argsort(-energy)
    share = np.cumsum(energy[order]) / energy.sum()
    kept = order[: int(np.searchsorted(share, _ENERGY)) + 1]
    kept = kept[energy[kept] > 1e-9]
    length = np.sqrt(energy[kept])

    def back(weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = x.T @ ((axes[:, kept] / length) @ weights.T)
        return found.T

    return axes[:, kept] * length, back


def _matrix(task: Task, embedded: Vectors, vectoriser: TermVectoriser) -> Any:
    from scipy.sparse import csr_matrix, hstack

    rows, columns, values = [], [], []
    for number, text in enumerate(task.texts):
        terms = vectoriser.terms(gist(text))
        rows += [number] * len(terms.columns)
        columns += terms.columns.tolist()
        values += terms.values.tolist()
    shape = (len(task.texts), vectoriser.width)
    parts = [csr_matrix((values, (rows, columns)), shape=shape), csr_matrix(embedded)]
    asked = np.zeros((len(task.texts), len(ASKED)), dtype=np.float32)
    if task.asked is not None:
        for number, question in enumerate(task.asked):
            asked[number, ASKED.index(question)] = 1.0
    return hstack([*parts, csr_matrix(asked)], format="csr")


def _sharpen(guessed: npt.NDArray[np.float64], temperature: float) -> npt.NDArray[np.float64]:
    powered = np.clip(guessed, 1e-9, 1.0) ** (1.0 / temperature)
    calm: npt.NDArray[np.float64] = powered / powered.sum(axis=1, keepdims=True)
    return calm


def _temperature(guessed: npt.NDArray[np.float64], y: npt.NDArray[np.int64]) -> float:
    grid = np.geomspace(0.3, 3.0, 60)
    rows = np.arange(len(y))
    losses = [-np.log(_sharpen(guessed, t)[rows, y] + 1e-12).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])


def _abstain_below(calm: npt.NDArray[np.float64], y: npt.NDArray[np.int64], target: float) -> float:
    """The lowest confidence from which on the answers are right often enough."""
    confidence, right = calm.max(axis=1), calm.argmax(axis=1) == y
    order = np.argsort(-confidence)
    share = np.cumsum(right[order]) / np.arange(1, len(y) + 1)
    enough = np.flatnonzero(share >= target)
    if not len(enough):
        return 1.0
    return float(confidence[order][enough[-1]])


def _calibration_error(calm: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equal steps of confidence."""
    confidence = calm.max(axis=1)
    total = 0.0
    for low in np.arange(0.0, 1.0, 0.1):
        inside = (confidence > low) & (confidence <= low + 0.1)
        if inside.any():
            total += abs(confidence[inside].mean() - right[inside].mean()) * inside.mean()
    return float(total)
