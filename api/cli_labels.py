"""The label halves of `muster train` and `muster evaluate`: heads learnt, and judged."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.shipped import ARTIFACTS, TRAINING_DATA, built_encoder

if TYPE_CHECKING:  # heavy to import, and no other command needs them
    from classifier.tickets import Table


def add_training(train: argparse.ArgumentParser) -> None:
    """Give `muster train` its options for labels."""
    train.add_argument("what", nargs="?", choices=["heads"], help="the shipped heads")
    train.add_argument(
        "--tickets", type=Path, metavar="FILE.csv",
        help="labelled tickets to learn labels from: writes OUT/heads/ and OUT/report.html",
    )  # fmt: skip
    _add_columns(train)


def add_evaluation(parts: Any) -> None:
    """Add `muster evaluate labels`."""
    labels = parts.add_parser("labels", help="label a table of tickets and compare")
    labels.add_argument("file", type=Path, metavar="FILE.csv")
    labels.add_argument(
        "--artifact", type=Path, metavar="DIR", help="of `muster train`; default: the shipped"
    )
    _add_columns(labels)
    labels.add_argument(
        "--train", type=Path, metavar="FILE.csv",
        help="the rows that taught the artifact, for the rivals and for --feedback-every; "
        "default: where they were when it was trained, if unchanged",
    )  # fmt: skip
    labels.add_argument(
        "--feedback-every", type=int, metavar="N",
        help="take the rows as they came: after each N their right labels are known and the "
        "heads are fitted again, newer rows counting more",
    )  # fmt: skip
    labels.add_argument(
        "--out", type=Path, metavar="PRED.jsonl",
        help="write {row, category, category_p, ..., abstained}; row 0 is the first ticket",
    )  # fmt: skip
    labels.add_argument("--json", action="store_true", help="print one JSON object")
    labels.set_defaults(run=_evaluate)


def train_shipped_heads(chosen: argparse.Namespace) -> None:
    """`muster train heads`: all heads, from `training_data/`."""
    from classifier.label_vectors import tell_on_stderr
    from classifier.train_heads import train_shipped

    out = chosen.out or ARTIFACTS / "heads"
    report = train_shipped(TRAINING_DATA, out, built_encoder(), tell_on_stderr)
    print(json.dumps(report, indent=1))


def train_labels(chosen: argparse.Namespace) -> None:
    """`muster train --tickets`: heads from an organisation's own tickets."""
    from classifier.label_report import describe_training, render_report
    from classifier.label_store import save_heads
    from classifier.label_vectors import tell_on_stderr
    from classifier.tickets import parse_table, tasks_of
    from classifier.train_heads import learn_heads, with_act

    table = parse_table(chosen.tickets, chosen.text, _labels(chosen))
    tasks, rare = tasks_of(table)
    encoder = built_encoder()
    training = learn_heads(tasks, encoder, tell_on_stderr)
    heads = with_act(training.heads, ARTIFACTS / "heads", TRAINING_DATA, encoder)
    report = {
        **training.report,
        "too_rare_to_learn": rare,
        "table": _where(chosen.tickets, chosen.text, _labels(chosen)),
    }
    save_heads(heads, chosen.out / "heads", report)
    told = describe_training(training, tasks, table, encoder, rare)
    (chosen.out / "report.html").write_text(render_report(told), encoding="utf-8")
    tell_on_stderr(f"Written: {chosen.out / 'heads'}, and a report: {chosen.out / 'report.html'}")
    print(json.dumps(report, indent=1))


def _add_columns(command: argparse.ArgumentParser) -> None:
    """Which columns of a table of tickets hold what."""
    command.add_argument(
        "--text", type=lambda told: told.split(","), default=[], metavar="COL[,COL]",
        help="columns that hold the words",
    )  # fmt: skip
    for head in ("category", "impact", "urgency"):
        command.add_argument(f"--{head}", metavar="COL", help=f"column that holds the {head}")


def _evaluate(chosen: argparse.Namespace) -> None:
    from classifier.label_evaluation import OURS, evaluate_rivals, evaluate_rows, render_figures
    from classifier.label_feedback import follow
    from classifier.label_store import load_heads
    from classifier.label_vectors import encode_all, tell_on_stderr
    from classifier.tickets import BadTableError, label_rows, parse_table, render_row

    folder = (chosen.artifact or ARTIFACTS) / "heads"
    folder = folder if folder.exists() else ARTIFACTS / "heads"
    heads, encoder = load_heads(folder), built_encoder()
    table = parse_table(chosen.file, chosen.text, _labels(chosen))
    vectors = encode_all(encoder, table.texts, tell_on_stderr)
    train = _training_rows(chosen, folder)
    if chosen.feedback_every is not None:
        if train is None:
            raise BadTableError(
                "--feedback-every fits again and needs the rows that taught the artifact: "
                "name their file with --train FILE.csv."
            )
        said = follow(table, vectors, heads, train, encoder, every=max(1, chosen.feedback_every))
    else:
        said = label_rows(table.texts, vectors, heads)
    if chosen.out:
        _write(chosen.out, (render_row(row, each) for row, each in enumerate(said)))
    ours = evaluate_rows(table, said)
    rivals = {} if train is None else evaluate_rivals(table, vectors, train, encoder)
    if chosen.json:
        found = {"rows": len(said), "artifact": heads.artifact, "scores": ours, "rivals": rivals}
        print(json.dumps(found))
        return
    every = chosen.feedback_every
    how = "" if every is None else f", fitted again after each {every} rows"
    print(f"{len(said)} rows, {heads.artifact}{how}")
    print(render_figures({head: {OURS: ours[head], **rivals.get(head, {})} for head in ours}))
    if train is None:
        print("\nNo rivals: the rows that taught these heads are not there (--train FILE.csv).")


def _labels(chosen: argparse.Namespace) -> dict[str, str | None]:
    from classifier.tickets import HEADS

    return {head: getattr(chosen, head) for head in HEADS}


def _where(path: Path, text: list[str], labels: Mapping[str, str | None]) -> dict[str, Any]:
    """Where the rows are: they hold people's words, so the artifact names them and has no copy."""
    return {
        "path": str(path.resolve()),
        "sha256": _digest(path),
        "text": text,
        "labels": {head: column for head, column in labels.items() if column},
    }


def _training_rows(chosen: argparse.Namespace, folder: Path) -> Table | None:
    """The rows that taught an artifact: as told, or where they were if they are the same."""
    from classifier.label_store import read_report
    from classifier.tickets import parse_table

    if chosen.train is not None:
        return parse_table(chosen.train, chosen.text, _labels(chosen))
    known = read_report(folder).get("table")
    if known is None:
        return None
    path = Path(known["path"])
    if not path.is_file() or _digest(path) != known["sha256"]:
        return None
    return parse_table(path, known["text"], known["labels"])


def _digest(path: Path) -> str:
    from hashlib import file_digest

    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
