"""Two hundred conversations: people tell the assistant of their trouble, in their own words.

Written by four hands who saw neither the rules nor each other: ten conversations for each of
twenty people, polite, furious, rambling, in a hurry, on the web and by text. A script holds
what they say; what the assistant asks decides when. A failure prints how the flawed ones went.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from classifier.catalogue import Catalogue
from classifier.reading import Reader
from models.database import build_database
from tests.conftest import StandingClock, open_house
from tests.journeys.scripts import Played, mark, play, read_scripts

SCRIPTS = list(read_scripts())


@pytest.fixture(scope="module")
def played(
    furnished: Path,
    tmp_path_factory: pytest.TempPathFactory,
    catalogue: Catalogue,
    reader: Reader,
) -> list[Played]:
    """Every script, each in a house where nothing has happened yet."""
    return list(_play_all(furnished, tmp_path_factory.mktemp("houses"), catalogue, reader))


def _play_all(
    furnished: Path, folder: Path, catalogue: Catalogue, reader: Reader
) -> Iterator[Played]:
    for number, script in enumerate(SCRIPTS):
        path = shutil.copy(furnished, folder / f"{number}.db")
        database = build_database(f"sqlite:///{path}")
        yield play(open_house(database, catalogue, reader, StandingClock()), script)
        database.dispose()
        Path(path).unlink()


def test_there_are_two_hundred_of_twenty_people() -> None:
    assert len(SCRIPTS) == 200
    assert len({script.name.split(":")[0] for script in SCRIPTS}) == 20


def test_what_people_said_stands_in_the_record(played: list[Played]) -> None:
    marks = [mark(one) for one in played]
    right, total = sum(one.right for one in marks), sum(one.total for one in marks)
    wrong = [
        f"{one.render()}\n      !! {', '.join(marked.wrong)}"
        for one, marked in zip(played, marks, strict=True)
        if marked.wrong
    ]
    assert right / total >= 0.94, "\n".join([f"{right} of {total}", *wrong])


def test_people_are_asked_little(played: list[Played]) -> None:
    assert median(len(one.asked) for one in played if one.script.expect["reports"]) <= 2
    assert max(len(set(one.asked)) for one in played) <= 4


def test_where_somebody_sits_is_not_asked_where_it_is_known(played: list[Played]) -> None:
    assert not [one.script.name for one in played if one.script.site and "site" in one.asked]


def test_what_was_answered_is_not_asked_again(played: list[Played]) -> None:
    """Twice at most: once more after an interruption, or after "I don't know"."""
    counts = Counter(
        (one.script.name, slot, draft)
        for one in played
        for slot, draft in zip(one.asked, one.drafts, strict=True)
    )
    assert not [which for which, times in counts.items() if times > 2]
