"""Staff, their passwords, keys and one-time links; runs inside the caller's transaction."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import ClassVar, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.errors import DomainError
from models.ids import KeyId, StaffId, new_id
from models.staff import ApiKey, LoginLink, StaffUser
from models.vocabulary import Role

LINK_LIFE: Final = timedelta(minutes=15)
# OWASP's parameters for argon2id: 19 MiB, two passes; a sign-in costs tens of milliseconds.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class UnknownStaffError(DomainError):
    """No staff member has this name."""

    code: ClassVar[str] = "staff.unknown"


class SignInRefusedError(DomainError):
    """Name and password, or a link, that do not open the door. Never says which part."""

    code: ClassVar[str] = "auth.refused"


def find_staff(session: Session, name: str) -> StaffUser:
    """The staff member of that name.

    Raises:
        UnknownStaffError: There is none.

    """
    found = session.scalars(select(StaffUser).where(StaffUser.name == name)).one_or_none()
    if found is None:
        raise UnknownStaffError(
            f"There is no staff member {name[:60]!r}. Add one: muster staff add NAME --role ROLE."
        )
    return found


def list_staff(session: Session) -> Sequence[StaffUser]:
    return session.scalars(select(StaffUser).order_by(StaffUser.name)).all()


def record_staff(session: Session, name: str, role: Role, *, now: datetime) -> StaffUser:
    """Add somebody, or change their role (which ends their sessions)."""
    found = session.scalars(select(StaffUser).where(StaffUser.name == name)).one_or_none()
    if found is None:
        found = StaffUser(
            id=StaffId(new_id()),
            name=name,
            role=role,
            password_hash=None,
            session_epoch=1,
            created_at=now,
        )
        session.add(found)
    elif found.role is not role:
        found.role = role
        found.session_epoch += 1
    session.flush()
    return found


def record_password(session: Session, staff: StaffUser) -> str:
    """A fresh password for them; all their sessions end. Only its hash is kept."""
    password = secrets.token_urlsafe(12)
    staff.password_hash = _HASHER.hash(password)
    staff.session_epoch += 1
    session.flush()
    return password


def record_key(session: Session, staff: StaffUser, role: Role, *, now: datetime) -> str:
    """A fresh API key, shown once. Only its SHA-256 is kept."""
    key = f"mk_{secrets.token_urlsafe(32)}"
    session.add(
        ApiKey(
            id=KeyId(new_id()),
            staff_id=staff.id,
            sha256=digest(key),
            role=role,
            created_at=now,
            revoked_at=None,
        )
    )
    session.flush()
    return key


def revoke_keys(session: Session, staff: StaffUser, *, now: datetime) -> None:
    """End every key of theirs."""
    session.execute(
        update(ApiKey)
        .where(ApiKey.staff_id == staff.id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def record_link(session: Session, staff: StaffUser, *, now: datetime) -> str:
    """A token that signs them in once, for a quarter of an hour. Only its SHA-256 is kept."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginLink(sha256=digest(token), staff_id=staff.id, expires_at=now + LINK_LIFE, used_at=None)
    )
    session.flush()
    return token


def claim_link(session: Session, token: str, *, now: datetime) -> StaffUser:
    """Use a one-time link.

    Raises:
        SignInRefusedError: Unknown, used before, or too old.

    """
    used = session.execute(
        update(LoginLink)
        .where(
            LoginLink.sha256 == digest(token),
            LoginLink.used_at.is_(None),
            LoginLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(LoginLink.staff_id)
    ).scalar_one_or_none()
    if used is None:
        raise SignInRefusedError(
            "This link was used already or is too old. Make a new one: muster staff link NAME."
        )
    return session.get_one(StaffUser, used)


def check_password(session: Session, name: str, password: str) -> StaffUser:
    """The staff member who gave the right password. Takes as long for an unknown name.

    Raises:
        SignInRefusedError: Name or password is wrong.

    """
    found = session.scalars(select(StaffUser).where(StaffUser.name == name)).one_or_none()
    stored = found.password_hash if found is not None else None
    try:
        _HASHER.verify(stored or _nobodys_hash(), password)
    except (VerifyMismatchError, InvalidHashError):
        found = None
    if found is None or stored is None:
        raise SignInRefusedError("Name or password is wrong. Check both, then try again.")
    return found


def digest(secret: str) -> str:
    """What is stored of a key, a token or a link: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@cache
def _nobodys_hash() -> str:
    """So that an unknown name takes as long as a wrong password."""
    return _HASHER.hash(secrets.token_urlsafe(16))
