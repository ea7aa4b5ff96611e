"""Labels: calibrated, abstaining, explained, and the same after being saved and loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.encoding import HashEncoder
from classifier.heads import NOTHING, Head, Heads, HeadsMissingError, Prediction, Shelf
from classifier.label_calibration import Calibration, Promise
from classifier.label_cues import NAMES
from classifier.label_store import SCHEMA, load_heads
from classifier.label_vote import Examples
from classifier.tfidf import CHAR_GRAMS, MAX_CHARACTERS, WORD_GRAMS, Block, TermVectoriser
from classifier.tickets import (
    BadTableError,
    parse_table,
    predict_rows,
    render_row,
    tasks_of,
)
from classifier.train_heads import Task, train_heads

PRINTER = ["printer jams", "printer is out of toner", "cannot print", "printer tray broken",
           "print queue stuck", "the printer prints stripes"]  # fmt: skip
MAIL = ["outlook hangs", "mail not sent", "mailbox is full", "no mail since noon",
        "outlook asks for a password", "mails bounce"]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("heads")
    tasks = [Task("category", PRINTER + MAIL, ["printing"] * 6 + ["email"] * 6)]
    train_heads(tasks, out, HashEncoder())
    return out


WORDS = ("outlook", "toner")


def head(temperature: float = 1.0, threshold: float = 0.0) -> Head:
    """Two labels, each with a word of its own and one example."""
    width = len(WORDS) + len(NAMES)
    weights = np.zeros((2, width + 1), dtype=np.float32)
    weights[0, 0] = weights[1, 1] = 3.0
    return Head(
        "category", "tickets", ("mail", "print"), weights, np.zeros(2, np.float32),
        np.array([0.5, 0.5]), np.array([0, 1], dtype=np.int16),
        Calibration(0.0, 1.0, 0.2, 0.0, temperature), Promise(threshold, 0.1, 0.9, 1.0, 100),
    )  # fmt: skip


def shelf(texts: tuple[str, ...] = ("outlook hangs", "no toner")) -> Shelf:
    words = Block({w: n for n, w in enumerate(WORDS)}, np.ones(len(WORDS), np.float32), 1.0)
    vectoriser = TermVectoriser(words, Block({}, np.empty(0, np.float32), 1.0))
    vectors = np.array([[1.0], [-1.0]], dtype=np.float32)
    examples = Examples(["T1", "T2"], list(texts), vectors)
    return Shelf("tickets", vectoriser, vectoriser.names(), examples)


def predict(one: Head, word: int) -> Prediction:
    heads = Heads("hash", "heads:test", {"tickets": shelf()}, {"category": one})
    side = 1.0 if word == 0 else -1.0
    return heads.predict("category", heads.see(WORDS[word], np.array([side], dtype=np.float32)))


def test_probabilities_sum_to_one_and_the_likeliest_is_named() -> None:
    said = predict(head(), 1)
    assert said.label == "print"
    assert said.probability == max(said.probabilities.values())
    assert sum(said.probabilities.values()) == pytest.approx(1.0)


def test_the_words_that_spoke_for_it_are_told() -> None:
    assert predict(head(), 1).reasons == ("toner",)


def test_a_higher_temperature_makes_it_less_sure_of_the_same_label() -> None:
    cold, warm = predict(head(), 1), predict(head(temperature=3.0), 1)
    assert warm.label == cold.label
    assert warm.probability < cold.probability


def test_it_abstains_below_its_threshold_and_keeps_its_guess() -> None:
    said = predict(head(threshold=0.999), 1)
    assert said.abstained
    assert said.label == "print"


def test_a_head_that_was_not_trained_says_nothing(folder: Path) -> None:
    heads = load_heads(folder)
    seen = heads.see("printer", HashEncoder().encode(["printer"])[0])
    assert heads.predict("impact", seen) == NOTHING


def test_what_was_trained_is_loaded_and_labels_new_words(folder: Path) -> None:
    heads = load_heads(folder)
    text = "my printer has no toner"
    said = heads.predict("category", heads.see(text, HashEncoder().encode([text])[0]))
    assert said.label == "printing"
    assert heads.encoder_id == HashEncoder.id


def test_training_twice_gives_the_same_heads(folder: Path, tmp_path: Path) -> None:
    tasks = [Task("category", PRINTER + MAIL, ["printing"] * 6 + ["email"] * 6)]
    train_heads(tasks, tmp_path, HashEncoder())
    one, two = load_heads(folder), load_heads(tmp_path)
    assert one.artifact == two.artifact
    assert np.array_equal(one.by_name["category"].weights, two.by_name["category"].weights)


def test_without_heads_the_way_to_make_them_is_said(tmp_path: Path) -> None:
    with pytest.raises(HeadsMissingError, match="muster train heads"):
        load_heads(tmp_path)


def test_terms_are_those_of_scikit_learn() -> None:
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=WORD_GRAMS, sublinear_tf=True).fit(PRINTER + MAIL)
    chars = TfidfVectorizer(analyzer="char_wb", ngram_range=CHAR_GRAMS, sublinear_tf=True).fit(
        PRINTER + MAIL
    )
    ours = TermVectoriser(
        Block(
            {t: int(c) for t, c in words.vocabulary_.items()}, words.idf_.astype(np.float32), 1.0
        ),
        Block(
            {t: int(c) for t, c in chars.vocabulary_.items()}, chars.idf_.astype(np.float32), 0.5
        ),
    )
    for text in ["printer  print PRINT outlook", "a b", "", "no mail, no toner"]:
        dense = np.zeros(ours.width)
        terms = ours.terms(text)
        dense[terms.columns] = terms.values
        dense = dense[: -len(NAMES)]
        low = [text[:MAX_CHARACTERS].lower()]
        theirs = hstack([words.transform(low), chars.transform(low) * 0.5]).toarray()[0]
        assert np.allclose(dense, theirs, atol=1e-6)


def test_a_table_is_read_by_the_columns_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(
        'short,long,queue\nno mail,"no mail\nsince 9",A\nno mail,no mail,\n', encoding="utf-8"
    )
    table = parse_table(path, ["short", "long"], {"category": "queue", "impact": None})
    assert table.texts == ("no mail\nno mail\nsince 9", "no mail")
    assert table.labels == {"category": ("A", "")}


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("words,queue\nx,A\n", encoding="utf-8")
    with pytest.raises(BadTableError, match=r"no column text.*queue, words"):
        parse_table(path, ["text"], {})


def test_labels_too_rare_to_learn_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    lines = [f"{t},{label}" for t, label in zip(PRINTER + MAIL, ["p"] * 6 + ["m"] * 6, strict=True)]
    path.write_text("\n".join(["text,queue", *lines, "odd one,rare", ",p"]), encoding="utf-8")
    tasks, rare = tasks_of(parse_table(path, ["text"], {"category": "queue"}))
    assert rare == {"category": ["rare"]}
    assert sorted(set(tasks[0].labels)) == ["m", "p"]
    assert len(tasks[0].texts) == 12


def test_a_table_with_one_label_teaches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("text,queue\n" + "x,A\n" * 8, encoding="utf-8")
    with pytest.raises(BadTableError, match="two labels"):
        tasks_of(parse_table(path, ["text"], {"category": "queue"}))


def test_each_row_gets_its_labels_and_says_which_were_unsure(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("text,queue\nprinter toner,printing\n", encoding="utf-8")
    table = parse_table(path, ["text"], {"category": "queue"})
    heads = load_heads(folder)
    never = replace(heads.by_name["category"], promise=Promise(1.01, 0.1, 0.9, 0.0, 12))
    unsure = replace(heads, by_name={"category": never})
    said = predict_rows(table, unsure, HashEncoder())
    line = render_row(0, said[0])
    assert line["row"] == 0
    assert line["category"] == "printing"
    assert line["impact"] is None
    assert line["abstained"] == ["category"]
    assert [label for label, _ in line["category_top"]] == ["printing", "email"]
    assert line["severity"] is None


def test_the_nearest_labelled_examples_are_told_the_closest_first() -> None:
    said = predict(head(), 1)
    assert [(near.id, near.label, near.text) for near in said.nearest] == [
        ("T2", "print", "no toner"),
        ("T1", "mail", "outlook hangs"),
    ]
    assert said.nearest[0].cosine == pytest.approx(1.0)
    assert said.contributions[0] > 0


def test_what_is_promised_of_the_answers_stands_in_the_prediction() -> None:
    said = predict(head(), 1)
    assert (said.error_at_most, said.promised) == (0.1, 0.9)


def test_heads_of_another_version_say_that_they_must_be_trained_again(
    folder: Path, tmp_path: Path
) -> None:
    for name in ("heads.npz", "terms.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    told = (folder / "manifest.json").read_text(encoding="utf-8")
    older = told.replace(f'"schema": {SCHEMA}', f'"schema": {SCHEMA - 1}')
    (tmp_path / "manifest.json").write_text(older, encoding="utf-8")
    with pytest.raises(HeadsMissingError, match="another version"):
        load_heads(tmp_path)
