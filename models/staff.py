"""Staff, their keys, and the counters and promises of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.ids import EntryId, KeyId, StaffId
from models.vocabulary import Role


class StaffUser(Base):
    """Somebody who works on incidents. `session_epoch` grows to end all their sessions."""

    __tablename__ = "staff_user"

    id: Mapped[StaffId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    role: Mapped[Role] = mapped_column(words(Role))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    session_epoch: Mapped[int]
    created_at: Mapped[datetime]


class ApiKey(Base):
    """A key for a program. Only its SHA-256 is stored."""

    __tablename__ = "api_key"

    id: Mapped[KeyId] = mapped_column(primary_key=True)
    staff_id: Mapped[StaffId] = mapped_column(ForeignKey("staff_user.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[Role] = mapped_column(words(Role))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LoginLink(Base):
    """A link that signs somebody in once. Only its SHA-256 is stored."""

    __tablename__ = "login_link"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[StaffId] = mapped_column(ForeignKey("staff_user.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """The first answer to a keyed request, kept for the same request again."""

    __tablename__ = "idempotency_key"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class Counter(Base):
    """A number that only grows; its row lock is the grouping lock on PostgreSQL."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class PolicyChange(Base):
    """One change of a policy: who set what, and when. Append-only."""

    __tablename__ = "policy_change"

    id: Mapped[EntryId] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), index=True)
    value: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class Policy(Base):
    """A setting that staff may change while running, e.g. the priority matrix."""

    __tablename__ = "policy"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]
    actor: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
