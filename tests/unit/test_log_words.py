"""A pasted log is told apart from the words around it; nothing is lost of either."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classifier.log_words import split_log

LOG = """2026-11-25 08:58:07 ERROR [pool-3] Allocation ledger rejected batch 88123
java.sql.SQLException: ORA-12170: TNS:Connect timeout occurred
\tat com.acme.Stock.allocate(Stock.java:210)"""
LINES = st.sampled_from(
    [*LOG.splitlines(), "it does not work any more", "please help me with this", "", "ok", "WARN x"]
)


def test_words_before_and_after_a_log_are_what_the_person_says() -> None:
    told = split_log(f"SAP does not book goods\n{LOG}\nplease have a look")
    assert told == ("SAP does not book goods\nplease have a look", LOG)


def test_a_log_alone_is_all_there_is() -> None:
    assert split_log(LOG) == (LOG, "")
    assert split_log(f"WTF\n{LOG}") == (f"WTF\n{LOG}", "")


def test_one_line_of_a_machine_is_quoted_not_pasted() -> None:
    text = "Outlook says\nERROR could not open the data file\nwhat shall I do now"
    assert split_log(text) == (text, "")


def test_a_story_of_many_lines_has_no_log() -> None:
    text = "Good morning\nthe printer is dead\nand nobody comes to repair it\nThanks"
    assert split_log(text) == (text, "")


@given(st.lists(LINES, max_size=30).map("\n".join))
def test_every_line_stays_in_one_of_the_two(text: str) -> None:
    told = split_log(text)
    kept = [line for line in f"{told.words}\n{told.log}".splitlines() if line.strip()]
    assert sorted(kept) == sorted(line for line in text.splitlines() if line.strip())


@given(st.text(max_size=2000))
def test_any_text_is_split(text: str) -> None:
    told = split_log(text)
    assert told.words or not text.strip()
