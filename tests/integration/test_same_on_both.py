"""One day told to SQLite and to PostgreSQL ends the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select

from classifier.catalogue import Catalogue
from incidents import actions as act
from models.database import Database, build_database
from models.delivery import Record
from models.incident import TimelineEntry
from models.migrate import migrate
from models.report import Report
from tests.conftest import House, build_house
from tests.fakes import PlainReader, StandingClock, plain_scorer
from tests.journeys.projection import check_everything, check_records


def a_day(house: House) -> None:
    """Reports, a merge, a split, a candidate, undos; everything that staff and people do."""

    def tell(text: str, person: str, **more: object) -> Any:
        house.clock.forward(minutes=7)
        recorded = house.file(text, person, **more)
        check_everything(house)
        return recorded

    def do(action: act.Action) -> act.Undo:
        house.clock.forward(minutes=1)
        token = house.reviewer.perform(action, actor="ana").token
        check_everything(house)
        return act.Undo(token)

    wifi = act.Target(tell("the wifi in berlin is down", "p001").incident.reference, None)
    for person in ("p002", "p003", "p004"):
        tell("the wifi in berlin is down", person, site="berlin", people=5)
    odd = tell("the wifi in berlin is down on tablets", "p005").report.reference
    printer = tell("printer eats paper", "p006", attributes={"room": "3.14", "ü": [1, None]})
    tell("phishing mail with a fake login", "p007")
    tell("printer eats paper", "p008", declined=(printer.incident.reference,))
    do(act.Accept(wifi))
    do(do(do(act.Split(wifi, (odd,), "Tablets"))))
    do(do(act.Merge(wifi, (act.Target(printer.incident.reference, None),))))
    do(act.SetWorkaround(wifi, "use the cable"))
    do(act.Resolve(wifi))


def told(house: House) -> list[Any]:
    """Everything that was written, with names in the order of their appearance."""
    names: dict[str, str] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, list):
            return [plain(each) for each in value]
        if isinstance(value, str):
            for word in value.replace(".", " ").replace(",", " ").split():
                if word[:4] in {"INC-", "RPT-"}:
                    value = value.replace(word, names.setdefault(word, f"<{len(names)}>"))
        return value

    with house.database.reading() as session:
        records = session.scalars(select(Record).order_by(Record.seq)).all()
        entries = session.scalars(select(TimelineEntry).order_by(TimelineEntry.seq)).all()
        reports = session.scalars(select(Report).order_by(Report.received_at)).all()
    return [
        *((row.kind, row.at, plain(row.subject), plain(row.data)) for row in records),
        *((row.seq, row.kind, row.actor, row.at, plain(row.data)) for row in entries),
        *(
            (row.facts, row.severity, row.assessment, row.received_at, row.vector.tolist())
            for row in reports
        ),
    ]


def test_a_day_ends_the_same_on_both_databases(
    postgres: Database, tmp_path: Path, catalogue: Catalogue
) -> None:
    lite = build_database(f"sqlite:///{tmp_path / 'same.db'}")
    migrate(lite)
    found = []
    for database in (lite, postgres):
        house = build_house(
            database, catalogue, PlainReader(catalogue), StandingClock(), plain_scorer()
        )
        a_day(house)
        check_records(house)
        found.append(told(house))
    lite.dispose()
    assert len(found[0]) > 60
    assert json.dumps(found[0], default=str) == json.dumps(found[1], default=str)
