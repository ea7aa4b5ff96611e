"""Who a report is about: its reporter, or the colleague they speak for, where we know them."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from incidents.drafts import Draft
from models.ids import IdentityId
from models.people import Identity, Person

_TITLE: Final = re.compile(r"^(?:mrs?|ms|miss|dr|frau|herrn?)\.? ")


def find_affected(session: Session, draft: Draft) -> Person | None:
    """The person of the directory whose trouble it is; None where that is not known."""
    if draft.behalf:
        return find_colleague(session, draft.identity, draft.behalf, site=draft.site)
    identity = session.get(Identity, draft.identity)
    if identity is None or identity.person_id is None:
        return None
    return session.get(Person, identity.person_id)


def find_colleague(
    session: Session, speaker: IdentityId, name: str, *, site: str | None = None
) -> Person | None:
    """The one colleague of that name (full, first or last), at that site where it is said.

    Only for a speaker whom we know: to a stranger the directory says nothing.
    """
    identity = session.get(Identity, speaker)
    if identity is None or identity.person_id is None or identity.verified_by is None:
        return None
    told = _TITLE.sub("", " ".join(name.lower().split()))
    parts = func.lower(Person.name)
    query = select(Person).where(
        (parts == told)
        | parts.startswith(f"{told} ", autoescape=True)
        | parts.endswith(f" {told}", autoescape=True)
    )
    if site is not None:
        query = query.where(Person.site_id == site)
    found = session.scalars(query.limit(2)).all()
    return found[0] if len(found) == 1 else None
