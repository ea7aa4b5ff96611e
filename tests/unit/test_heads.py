"""Labels: calibrated, abstaining, explained, and the same after being saved and loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier.encoding import HashEncoder
from classifier.heads import NOTHING, Head, Heads, HeadsMissingError, load_heads
from classifier.tfidf import CHAR_GRAMS, MAX_CHARACTERS, WORD_GRAMS, Block, Terms, TermVectoriser
from classifier.tickets import (
    BadTableError,
    parse_table,
    predict_rows,
    render_row,
    score_labels,
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


def head(temperature: float = 1.0, abstain_below: float = 0.0) -> Head:
    weights = np.array([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0]], dtype=np.float32)
    return Head(
        "category", ("mail", "print"), weights, np.zeros(2, np.float32), temperature, abstain_below
    )


def predict(one: Head, column: int):
    terms = Terms(np.array([column]), np.array([1.0], dtype=np.float32))
    return one.predict(terms, np.zeros(1, dtype=np.float32), ["w:outlook", "w:toner"])


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
    said = predict(head(abstain_below=0.99), 1)
    assert said.abstained
    assert said.label == "print"


def test_a_head_that_was_not_trained_says_nothing(folder: Path) -> None:
    heads = load_heads(folder)
    vector = HashEncoder().encode(["printer"])[0]
    assert heads.predict("impact", heads.terms("printer"), vector) == NOTHING


def test_what_was_trained_is_loaded_and_labels_new_words(folder: Path) -> None:
    heads = load_heads(folder)
    text = "my printer has no toner"
    said = heads.predict("category", heads.terms(text), HashEncoder().encode([text])[0])
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
    unsure = Heads(
        heads.encoder_id, heads.artifact, heads.vectoriser, heads.term_names,
        {"category": head_of(heads, abstain_below=1.1)},
    )  # fmt: skip
    said = predict_rows(table, unsure, HashEncoder())
    line = render_row(0, said[0])
    assert line["row"] == 0
    assert line["category"] == "printing"
    assert line["impact"] is None
    assert line["abstained"] == ["category"]


def head_of(heads: Heads, *, abstain_below: float) -> Head:
    from dataclasses import replace

    return replace(heads.by_name["category"], abstain_below=abstain_below)


def test_scores_count_only_rows_with_a_label() -> None:
    said = [predict(head(), 1), predict(head(), 1), predict(head(), 0)]
    score = score_labels(["print", "mail", ""], said)
    assert score is not None
    assert (score.rows, score.accuracy, score.majority) == (2, 0.5, 0.5)
    assert score.macro_f1 == pytest.approx((2 / 3 + 0) / 2, abs=1e-4)
    assert score_labels(["", "", ""], said) is None
