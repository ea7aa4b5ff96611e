"""People, and the addresses they write from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import IdentityId, PersonId
from models.vocabulary import Channel


class Person(Base):
    """Somebody the organisation knows."""

    __tablename__ = "person"

    id: Mapped[PersonId] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    mail: Mapped[str | None] = mapped_column(String(320), index=True)
    phone: Mapped[str | None] = mapped_column(String(32), index=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"))
    team: Mapped[str] = mapped_column(String(200), default="")
    vip: Mapped[bool] = mapped_column(default=False)


class Identity(Base):
    """One address on one channel: a phone, a mailbox, a signed-in person, or a nameless chat.

    `verified_by` says what proved it (`directory`, `token`, `sso`, `api`), or is empty:
    an unverified one counts by policy. Linking to a person is reversible.
    """

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[IdentityId] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(words(Channel))
    address: Mapped[str] = mapped_column(String(320))
    verified_by: Mapped[str | None] = mapped_column(String(32))
    person_id: Mapped[PersonId | None] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
