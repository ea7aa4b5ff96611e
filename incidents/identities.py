"""Who is speaking: one row per address on a channel, linked to a person where that is known."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database import insert_if_absent
from models.ids import IdentityId, new_id
from models.people import Identity, Person
from models.vocabulary import Channel


def record_identity(
    session: Session,
    channel: Channel,
    address: str,
    *,
    now: datetime,
    claim: str | None = None,
    proof: str | None = None,
) -> Identity:
    """The identity behind an address, made on first sight.

    Args:
        session: Inside a transaction.
        channel: Where the address lives.
        address: A phone number, a mailbox, or `kind:name`.
        now: When it was first seen.
        claim: External id of the person the speaker says to be; links, but verifies nothing.
        proof: What proved that the claim is true, e.g. `token`.

    """
    query = select(Identity).where(Identity.channel == channel, Identity.address == address)
    found = session.scalars(query).one_or_none()
    if found is not None and (proof is None or found.person_id is not None):
        return found
    person, verified_by = _known(session, channel, address)
    if person is None and claim is not None:
        person = session.scalars(select(Person).where(Person.external_id == claim)).one_or_none()
        verified_by = "api" if person is not None and channel is Channel.API else None
    verified_by = proof or verified_by
    if found is not None:  # the directory may have learnt of them since
        found.person_id, found.verified_by = person.id if person else None, verified_by
        return found
    insert_if_absent(
        session,
        Identity,
        id=IdentityId(new_id()),
        channel=channel,
        address=address,
        verified_by=verified_by,
        person_id=person.id if person else None,
        created_at=now,
    )
    return session.scalars(query).one()


def _known(session: Session, channel: Channel, address: str) -> tuple[Person | None, str | None]:
    """The person whose phone or mailbox staff wrote down: verified by the directory."""
    if channel is Channel.SMS:
        query = select(Person).where(Person.phone == address)
    elif channel is Channel.EMAIL:
        query = select(Person).where(Person.mail == address.lower())
    else:
        return None, None
    person = session.scalars(query).first()
    return person, "directory" if person else None
