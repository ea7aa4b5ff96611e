"""The page about a training: complete, honest about rows without labels, and safe to open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from classifier.encoding import HashEncoder
from classifier.label_report import (
    ClassRow,
    Doubtful,
    HeadPage,
    TrainingPage,
    describe_training,
    render_report,
)
from classifier.label_vectors import ProgressBar, encode_all
from classifier.tickets import parse_table, tasks_of
from classifier.train_heads import learn_heads

HOSTILE = "<script>alert(1)</script>&\"'"


def page(name: str = "network", to_label: tuple[Doubtful, ...] = ()) -> TrainingPage:
    head = HeadPage(
        "category", {"accuracy": 0.8}, "It answers 60% of the rows.",
        [ClassRow(name, 9, 8, 0.9, 0.8, 0.85), ClassRow("other", 3, 4, 0.5, 0.6, 0.55)],
        {(name, name): 7, (name, "other"): 2}, [(0.9, 0.8, 0.5)], [(4, 0.5, 0.4), (8, 0.7, 0.6)],
        [name + "-rare"],
    )  # fmt: skip
    return TrainingPage("heads:1", [head], to_label)


def test_names_and_words_from_the_table_are_shown_as_text() -> None:
    doubtful = Doubtful(HOSTILE, HOSTILE, HOSTILE, (HOSTILE, 0.5), (HOSTILE, 0.4))
    html = render_report(page(HOSTILE, (doubtful,)))
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)") >= 8


def test_the_page_fetches_nothing() -> None:
    html = render_report(page())
    assert not re.search(r"(?i)\b(?:src|href|@import|url\()", html)


def test_classes_confusions_reliability_and_the_curve_are_there() -> None:
    html = render_report(page())
    assert "<td>network<td>9<td>8<td>0.90<td>0.80<td>0.85" in html
    assert "<td class=hit>7<td>2" in html
    assert html.count("<svg") == 2
    assert "network-rare" in html


def test_with_all_rows_labelled_the_weakest_classes_are_named_first() -> None:
    html = render_report(page())
    assert html.index("other (F1 0.55, 3 rows)") < html.index("network (F1 0.85, 9 rows)")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> TrainingPage:
    path: Path = tmp_path_factory.mktemp("table") / "tickets.csv"
    rows = [f"printer {n} jams,print" for n in range(8)] + [f"mail {n} lost,mail" for n in range(8)]
    rows += ["printer or mail broken,", "a mail about jams,"]
    path.write_text("\n".join(["text,queue", *rows]), encoding="utf-8")
    table = parse_table(path, ["text"], {"category": "queue"})
    tasks, rare = tasks_of(table)
    encoder = HashEncoder()
    return describe_training(learn_heads(tasks, encoder), tasks, table, encoder, rare)


def test_a_real_training_is_described_with_what_to_label_next(described: TrainingPage) -> None:
    (head,) = described.heads
    assert sum(head.confusion.values()) == 16
    assert [rows for rows, _, _ in head.curve] == sorted(rows for rows, _, _ in head.curve)
    assert {one.row for one in described.to_label} == {"row 17", "row 18"}
    gaps = [one.first[1] - one.second[1] for one in described.to_label]
    assert gaps == sorted(gaps)
    assert "row 17" in render_report(described)


def test_progress_says_how_far_and_how_long_and_ends_at_all() -> None:
    now, told = [0.0], []
    bar = ProgressBar(100.0, told.append, lambda: now[0])
    for _ in range(4):
        now[0] += 60.0
        bar.advance(25.0)
    assert told[0].startswith("[########")
    assert "25%, 3.0 min left" in told[0]
    assert "100%, 0.0 min left" in told[-1]


def test_each_text_gets_its_vector_whatever_the_order_of_work() -> None:
    texts = ["a long text about the vpn", "short", "a long text about the vpn", "mid one"]
    found, encoder = encode_all(HashEncoder(), texts), HashEncoder()
    assert (found == encoder.encode(texts)).all()
    assert encode_all(encoder, []).shape == (0, encoder.width)
