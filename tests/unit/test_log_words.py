"""A pasted log is told apart from the words around it; nothing is lost of either."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.log_reading import is_machine_line
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


@pytest.mark.parametrize("day", ["2026-11-24", "24.11.2026"])
def test_what_a_person_dates_is_their_own_story(day: str) -> None:
    text = (
        f"What happened today:\n{day} 09:00 Outlook crashed for all of us in Berlin\n"
        f"{day} 09:20 crashed again\n{day} 09:30 STILL AN ERROR FOR ALL OF US\nPlease help us soon"
    )
    assert split_log(text) == (text, "")


def test_own_words_between_two_lines_of_a_log_are_kept() -> None:
    first, *rest = LOG.splitlines()
    own = "The whole Berlin office, 40 people, cannot work"
    told = split_log(f"SAP does not book goods\n{first}\n\n{own}\n" + "\n".join(rest))
    assert told == (f"SAP does not book goods\n{own}", "\n".join((first, "", *rest)))


def test_a_bare_time_beside_an_error_is_of_the_same_log() -> None:
    log = "2026-11-25 08:58:05 batch 88123 begun\n2026-11-25 08:58:07 ERROR batch 88123 rejected"
    assert split_log(f"SAP does not book goods\n{log}") == ("SAP does not book goods", log)


@pytest.mark.parametrize(
    "line",
    [
        "10:24:51 WARN  acquirer POST /authorise took 30001 ms, giving up",
        "2026-11-25T08:58:07Z connection refused",
        "2026-11-25 08:58:07,123 connection refused",
        "Nov 25 08:58:07 gateway sshd[411]: connection reset",
        "2026-11-25 08:58 com.acme.stock.Ledger - rejected",
        "2026-11-25 08:58:07 level=error msg=refused",
        "ERROR could not open the data file",
        "2026-11-25 08:58:07 [main] started",
    ],
)
def test_a_line_with_its_level_or_its_source_is_a_machines(line: str) -> None:
    assert is_machine_line(line)


@given(st.lists(LINES, max_size=30).map("\n".join))
def test_every_line_stays_in_one_of_the_two(text: str) -> None:
    told = split_log(text)
    kept = [line for line in f"{told.words}\n{told.log}".splitlines() if line.strip()]
    assert sorted(kept) == sorted(line for line in text.splitlines() if line.strip())


@given(st.text(max_size=2000))
def test_any_text_is_split(text: str) -> None:
    told = split_log(text)
    assert told.words or not text.strip()
