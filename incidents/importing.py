"""The organisation's catalogue and people: into the store, and out of it again."""

from __future__ import annotations

import csv
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.catalogue import Catalogue, ServiceEntry, SiteEntry, TeamEntry
from models.catalogue import Service, Site, Team
from models.ids import PersonId, new_id
from models.people import Person


def record_catalogue(session: Session, catalogue: Catalogue) -> None:
    """Add or update services, sites and teams; nothing is deleted: reports may name it."""
    for team in catalogue.teams:
        session.merge(Team(id=team.id, name=team.name, mail=team.mail))
    for site in catalogue.sites:
        session.merge(
            Site(
                id=site.id,
                name=site.name,
                time_zone=site.time_zone,
                aliases=list(site.aliases),
                tier=site.tier,
            )
        )
    for service in catalogue.services:
        session.merge(
            Service(
                id=service.id,
                title=service.title,
                description=service.description,
                aliases=list(service.aliases),
                tier=service.tier,
                category=service.category,
                needs_site=service.needs_site,
                owner=service.owner,
                depends_on=list(service.depends_on),
            )
        )
    session.flush()


def record_people(session: Session, path: Path) -> int:
    """Add or update people from a CSV (id, name, email, phone, site, department, vip)."""
    known = {person.external_id: person for person in session.scalars(select(Person))}
    count = 0
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            person = known.get(row["id"])
            if person is None:
                person = Person(id=PersonId(new_id()), external_id=row["id"])
                session.add(person)
            person.name = row["name"]
            person.mail = row.get("email") or None
            person.phone = row.get("phone") or None
            person.site_id = row.get("site") or None
            person.team = row.get("department", "")
            person.vip = row.get("vip", "").lower() == "true"
            count += 1
    session.flush()
    return count


def read_catalogue(session: Session) -> Catalogue:
    """The catalogue as it stands in the store."""
    return Catalogue(
        services=tuple(
            ServiceEntry(
                id=row.id,
                title=row.title,
                description=row.description,
                aliases=tuple(row.aliases),
                tier=row.tier,
                category=row.category,
                needs_site=row.needs_site,
                owner=row.owner,
                depends_on=tuple(row.depends_on),
            )
            for row in session.scalars(select(Service).order_by(Service.id))
        ),
        sites=tuple(
            SiteEntry(row.id, row.name, row.time_zone, tuple(row.aliases), row.tier)
            for row in session.scalars(select(Site).order_by(Site.id))
        ),
        teams=tuple(
            TeamEntry(row.id, row.name, row.mail)
            for row in session.scalars(select(Team).order_by(Team.id))
        ),
    )
