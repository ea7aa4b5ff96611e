"""Which article is told, on messages written by hand: rarely a wrong one, often the right one."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from assistant.dialogue import ConversationState, Said
from assistant.foresight import Foresight
from assistant.readings import understood
from incidents.article_files import FILE, parse_articles
from incidents.article_shelf import ArticleShelf
from incidents.articles import record_articles
from incidents.identities import record_identity
from models.conversation import Conversation
from models.ids import ConversationId, new_id
from models.vocabulary import Channel
from tests.conftest import ORGANISATION, ROOT, House

REQUESTS = ROOT / "training_data" / "help_requests.csv"


@dataclass
class Told:
    """One message: the article that is right for it, and the one that was told."""

    part: str
    text: str
    right: str
    told: str


def rows() -> Iterator[dict[str, str]]:
    with REQUESTS.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def conversation(session: Session, house: House) -> Conversation:
    identity = record_identity(session, Channel.WEB, "anon:quality", now=house.clock())
    row = Conversation(id=ConversationId(new_id()), channel=Channel.WEB, identity_id=identity.id)
    row.locale, row.context = "en", {}
    return row


@pytest.fixture
def told(house: House) -> list[Told]:
    """What the desk would offer for each first message, all taken for reports."""
    with house.database.transaction() as session:
        record_articles(session, parse_articles(ORGANISATION / FILE), actor="a", now=house.clock())
        row = conversation(session, house)
    foresight = Foresight(house.intake, ArticleShelf(house.database, house.intake.reader))
    found = []
    for one in rows():
        said = Said(one["text"], Channel.WEB)
        said = understood(said, house.intake.reader.hear(one["text"], asked=None))
        said = foresight.look_ahead(row, said, ConversationState(), "report", house.clock())
        article = str(said.article["reference"]) if said.article else ""
        found.append(Told(one["part"], one["text"], one["article"], article))
    return found


@pytest.mark.parametrize("part", ["chosen on", "held"])
def test_nine_of_ten_articles_told_are_the_right_one(told: list[Told], part: str) -> None:
    mine = [one for one in told if one.part == part]
    offered = [one for one in mine if one.told]
    right = sum(one.told == one.right for one in offered)
    helpable = sum(bool(one.right) for one in mine)
    wrong = [f"{one.told}: {one.text}" for one in offered if one.told != one.right]
    assert len(mine) > 80
    assert right / len(offered) >= 0.9, wrong
    assert right / helpable >= 0.65
