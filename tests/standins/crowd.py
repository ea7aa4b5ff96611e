"""People who tell of one event at the same moment, in this process or in another.

    python -m tests.standins.crowd DATABASE_URL FIRST LAST

prints "ready", waits for a line, files the reports FIRST..LAST of one event at once, and
prints the reference of the incident of each.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from classifier.catalogue import parse_catalogue
from incidents.drafts import Draft, ReadDraft
from incidents.identities import record_identity
from models.database import build_database
from models.vocabulary import Channel
from tests.conftest import ORGANISATION, House, open_house
from tests.fakes import PlainReader, StandingClock, plain_scorer

WORDS = (
    "the coffee portal is down for all of us",
    "coffee portal is down for me",
    "is the coffee portal down for you",
    "the coffee portal went down for our team",
    "coffee portal down for all colleagues",
    "our coffee portal is down",
    "portal for the coffee is down",
    "the coffee portal is still down for us",
)


def read_one(house: House, number: int) -> ReadDraft:
    """The slow part: nothing that the others record is seen yet."""
    now = house.clock()
    with house.database.transaction() as session:
        identity = record_identity(session, Channel.API, f"claimed:crowd{number}", now=now)
    draft = Draft(text=WORDS[number], channel=Channel.API, identity=identity.id)
    return house.intake.read_draft(draft, now=now)


def file_at_once(house: House, reads: list[ReadDraft]) -> list[str]:
    """Record them from a thread each, all let go at the same moment."""
    gate = threading.Barrier(len(reads))

    def record(read: ReadDraft) -> str:
        gate.wait(30)
        with house.database.transaction() as session:
            recorded = house.intake.record_report(session, read, now=house.clock())
        return recorded.incident.reference

    with ThreadPoolExecutor(len(reads)) as pool:
        return list(pool.map(record, reads))


def main(url: str, first: int, last: int) -> None:
    catalogue = parse_catalogue(ORGANISATION)
    database = build_database(url)
    house = open_house(database, catalogue, PlainReader(catalogue), StandingClock(), plain_scorer())
    reads = [read_one(house, number) for number in range(first, last + 1)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write("\n".join(file_at_once(house, reads)) + "\n")
    database.dispose()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
