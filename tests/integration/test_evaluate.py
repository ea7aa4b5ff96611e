"""`muster train` and `muster evaluate` on small files, with the real encoder."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from api.cli import main
from classifier.label_store import load_heads
from tests.conftest import ROOT

VPN = ["vpn will not connect", "the VPN hangs at connecting", "no remote access since 9",
       "GlobalProtect: gateway not responding", "vpn down for all of us"]  # fmt: skip
OTHERS = ["the coffee machine leaks", "I need a new keyboard", "where is the travel policy"]


def write(path: Path, rows: Iterable[dict]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def reports(*, labelled: bool) -> list[dict]:
    rows = [
        {"id": f"v{n}", "t": 120 * n, "text": text, "group": "vpn"} for n, text in enumerate(VPN)
    ]
    rows += [
        {"id": f"o{n}", "t": 100 * n + 7, "text": text, "group": None}
        for n, text in enumerate(OTHERS)
    ]
    return rows if labelled else [{k: v for k, v in row.items() if k != "group"} for row in rows]


def test_a_labelled_stream_is_scored_beside_the_simplest_methods(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = write(tmp_path / "stream.jsonl", reports(labelled=True))
    predicted, alarms = tmp_path / "pred.jsonl", tmp_path / "out" / "alarms.jsonl"
    told = ["evaluate", "grouping", str(stream), "--out", str(predicted), "--alarms", str(alarms)]
    assert main([*told, "--rule", "3/1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["scores"]) == {"ours", "published", "TF-IDF", "plain cosine"}
    assert found["scores"]["TF-IDF"]["setting"]
    assert found["reports"] == 8
    assert found["alarm_score"] == {
        "alarms": 1, "false": 0, "found": 1, "incidents": 1, "false_per_day": 0.0
    }  # fmt: skip
    groups = {row["id"]: row["group"] for row in read(predicted)}
    published = {row["id"] for row in read(predicted) if row["published"]}
    assert {"v0", "v1"} <= published <= {f"v{n}" for n in range(5)}
    assert set(groups) == {row["id"] for row in reports(labelled=True)}
    assert groups["o0"] not in {groups[f"v{n}"] for n in range(5)}
    (alarm,) = read(alarms)
    assert set(alarm) == {"t", "group", "ids"}
    assert len(alarm["ids"]) == 3
    assert main(told) == 0
    assert "plain cosine" in capsys.readouterr().out


def test_without_labels_predictions_are_written_and_nothing_is_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = write(tmp_path / "stream.jsonl", reports(labelled=False))
    history = write(tmp_path / "history.jsonl", reports(labelled=False))
    out = tmp_path / "pred.jsonl"
    told = ["evaluate", "grouping", str(stream), "--history", str(history), "--budget", "1"]
    assert main([*told, "--out", str(out), "--json"]) == 0
    assert "scores" not in json.loads(capsys.readouterr().out)
    assert len(read(out)) == 8


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--rule", "many"], "people/hours"),
        (["--rule", "4/0"], "people/hours"),
        (["--rule", "nan/6"], "people/hours"),
        (["--history", "nowhere.jsonl"], "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], sentence: str
) -> None:
    stream = write(tmp_path / "stream.jsonl", reports(labelled=True))
    assert main(["evaluate", "grouping", str(stream), *more]) == 1
    assert sentence in capsys.readouterr().err


def test_pair_weights_are_learnt_into_a_folder_and_used_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = read(ROOT / "training_data" / "stream.jsonl")[:90]
    stream = write(tmp_path / "stream.jsonl", rows)
    assert main(["train", "--stream", f"monday={stream}", "--out", str(tmp_path / "mine")]) == 0
    pairs = json.loads((tmp_path / "mine" / "pairs.json").read_text(encoding="utf-8"))
    assert pairs["manifest"]["reports"] == {"monday": 90}
    capsys.readouterr()
    told = ["evaluate", "grouping", str(stream), "--artifact", str(tmp_path / "mine"), "--json"]
    assert main(told) == 0
    assert json.loads(capsys.readouterr().out)["artifact"] == pairs["name"]


def test_labels_are_learnt_from_one_table_and_judged_on_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (ROOT / "training_data" / "tickets.csv").open(encoding="utf-8", newline="") as source:
        tickets = [t for t in csv.DictReader(source) if t["category"] in {"email", "printing"}]
    for name, part in (("train", tickets[:50]), ("test", tickets[50:])):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, ["text", "category", "urgency"], extrasaction="ignore")
            writer.writeheader()
            writer.writerows(part)
    columns = ["--text", "text", "--category", "category"]
    mine, out = str(tmp_path / "mine"), tmp_path / "pred.jsonl"
    assert main(["train", "--tickets", str(tmp_path / "train.csv"), *columns, "--out", mine]) == 0
    capsys.readouterr()
    told = ["evaluate", "labels", str(tmp_path / "test.csv"), "--artifact", mine, *columns]
    assert main([*told, "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["category"]["accuracy"] > 0.8
    assert set(found["rivals"]["category"]) == {"TF-IDF + LR", "embedding + LR"}
    assert "act" in load_heads(tmp_path / "mine" / "heads").by_name
    assert "What to label next" in (tmp_path / "mine" / "report.html").read_text(encoding="utf-8")
    lines = read(out)
    assert [line["row"] for line in lines] == list(range(len(tickets) - 50))
    assert set(lines[0]) == {
        "row", "category", "category_p", "category_top", "impact", "impact_p", "impact_top",
        "urgency", "urgency_p", "severity", "severity_p", "abstained",
    }  # fmt: skip
    assert lines[0]["impact"] is None


def test_corrections_on_the_way_need_the_rows_that_were_learnt_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [("no mail since nine", "email"), ("the printer jams", "printing")]
    table = tmp_path / "tickets.csv"
    lines = [f"{text} {number},{queue}" for number in range(30) for text, queue in words]
    table.write_text("\n".join(["text,queue", *lines]), encoding="utf-8")
    columns = ["--text", "text", "--category", "queue"]
    mine = str(tmp_path / "mine")
    assert main(["train", "--tickets", str(table), *columns, "--out", mine]) == 0
    told = ["evaluate", "labels", str(table), *columns, "--artifact", mine, "--feedback-every"]
    capsys.readouterr()
    assert main([*told, "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"]["category"]["accuracy"] == 1.0
    table.rename(tmp_path / "moved.csv")
    told[2] = str(tmp_path / "moved.csv")
    assert main([*told, "20"]) == 1
    assert "--train FILE.csv" in capsys.readouterr().err
    assert main([*told, "20", "--train", told[2]]) == 0


@pytest.mark.parametrize("told", [["train"], ["train", "--stream", "x.jsonl"]])
def test_a_training_without_source_or_place_says_what_to_name(
    told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(told) == 1
    assert "--out DIR" in capsys.readouterr().err
