"""Who asks, and what they may do: API keys and signed staff cookies, one table of permissions.

A route names its permission with `require(...)`; the app refuses to start with one that
names none and is not in `api.public`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request, Response
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select

from api.limits import limit_sign_in
from api.staff import check_password, claim_link, digest
from models.errors import DomainError
from models.ids import StaffId
from models.staff import ApiKey, StaffUser
from models.vocabulary import Role

if TYPE_CHECKING:
    from api.wiring import Installation

SESSION_LIFE: Final = 12 * 3600
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


class Permission(StrEnum):
    """What a route may ask of its caller."""

    READ = "read"
    REVIEW = "review"
    DECLARE = "declare"
    FILE = "file"
    RESTRICTED = "restricted"
    FORWARDING = "forwarding"
    ADMIN = "admin"


_ANALYST: Final = frozenset(
    {
        Permission.READ,
        Permission.REVIEW,
        Permission.DECLARE,
        Permission.RESTRICTED,
        Permission.FILE,
    }
)
ALLOWED: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.REPORTER: frozenset(),
        Role.ANALYST: _ANALYST,
        Role.COMMANDER: _ANALYST | {Permission.FORWARDING},
        Role.COMMUNICATIONS: frozenset({Permission.READ}),
        Role.ADMIN: frozenset(Permission),
        Role.AUDITOR: frozenset({Permission.READ, Permission.RESTRICTED, Permission.FORWARDING}),
        Role.SERVICE: frozenset({Permission.READ, Permission.FILE}),
    }
)
LOOKS_ONLY: Final = frozenset({Role.AUDITOR})
"""Roles that change nothing, whatever their permissions."""


class NotSignedInError(DomainError):
    """No valid key and no valid session."""

    code: ClassVar[str] = "auth.needed"


class ForbiddenError(DomainError):
    """Known, but not allowed."""

    code: ClassVar[str] = "auth.forbidden"


class ForgedRequestError(DomainError):
    """A change by cookie that our own page did not make."""

    code: ClassVar[str] = "auth.csrf"


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody or something that was recognised."""

    name: str
    role: Role
    via: Literal["key", "cookie"]
    staff_id: StaffId

    def may(self, permission: Permission) -> bool:
        return permission in ALLOWED[self.role]


def house_of(request: Request) -> Installation:
    """The installation that serves this request."""
    found: Installation = request.app.state.installation
    return found


House = Annotated[Any, Depends(house_of)]


async def _given_csrf(request: Request) -> str:
    """The token as our pages send it: a header, or a form field."""
    header = request.headers.get("x-csrf-token", "")
    if header or request.method in _SAFE:
        return header
    if request.headers.get("content-type", "").startswith(_FORMS):
        form = await request.form()
        field = form.get("csrf")
        return field if isinstance(field, str) else ""
    return ""


def find_asker(request: Request) -> Asker | None:
    """Who asks, by API key or by cookie; None for a stranger."""
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, key = header.partition(" ")
        return _by_key(house_of(request), key.strip()) if scheme.lower() == "bearer" else None
    return _by_cookie(request)


def require(permission: Permission, *, or_role: Role | None = None) -> Callable[..., Asker]:
    """A dependency: the asker, who has this permission (or that very role).

    Raises (as the dependency):
        NotSignedInError: Nobody is signed in, or the key is wrong.
        ForbiddenError: Their role may not.
        ForgedRequestError: A change by cookie without our token, or from another site.

    """

    def asker(request: Request, given: Annotated[str, Depends(_given_csrf)]) -> Asker:
        found = find_asker(request)
        if found is None:
            raise NotSignedInError("Sign in, or send a valid API key as a bearer token.")
        if found.via == "cookie" and request.method not in _SAFE:
            check_csrf(request, given)
        if not found.may(permission) and found.role is not or_role:
            raise ForbiddenError(
                f"The role {found.role} may not do this. Ask somebody with the permission "
                f"{permission!s}."
            )
        if found.role in LOOKS_ONLY and request.method not in _SAFE:
            raise ForbiddenError(f"The role {found.role} reads everything and changes nothing.")
        return found

    asker.permission = permission  # type: ignore[attr-defined]  # read when the app is built
    asker.or_role = or_role  # type: ignore[attr-defined]  # the same, for the reference page
    return asker


def csrf_token(request: Request) -> str:
    """The token that this session's forms carry; empty where nobody is signed in."""
    cookie = request.cookies.get(cookie_name(house_of(request)), "")
    return _csrf(house_of(request), cookie) if cookie else ""


def check_csrf(request: Request, given: str) -> None:
    """Refuse a change by cookie that our own page did not make.

    Raises:
        ForgedRequestError: The token is missing or of another session, or the origin foreign.

    """
    expected = csrf_token(request)
    origin = request.headers.get("origin")
    ours = {request.headers.get("host", ""), urlsplit(house_of(request).settings.base_url).netloc}
    foreign = origin is not None and urlsplit(origin).netloc not in ours
    if foreign or not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise ForgedRequestError("This form is too old or not ours. Reload the page and repeat.")


def sign_in_by_password(request: Request, response: Response, name: str, password: str) -> Asker:
    """Check name and password and put the session's cookie on the response. Slow (argon2).

    Raises:
        SignInRefusedError: Name or password is wrong.
        RateLimitedError: Too many tries for this name or from this address.

    """
    house = house_of(request)
    limit_sign_in(house, name, request.client.host if request.client else "")
    with house.database.reading() as session:
        staff = check_password(session, name, password)
    return _sign_in(house, response, staff)


def sign_in_by_link(request: Request, response: Response, token: str) -> Asker:
    """Use a one-time link and put the session's cookie on the response.

    Raises:
        SignInRefusedError: Unknown, used before, or too old.
        RateLimitedError: Too many tries from this address.

    """
    house = house_of(request)
    limit_sign_in(house, "", request.client.host if request.client else "")
    with house.database.transaction() as session:
        staff = claim_link(session, token, now=house.clock())
    return _sign_in(house, response, staff)


def sign_out(request: Request, response: Response) -> None:
    """Take the cookie away."""
    house = house_of(request)
    response.delete_cookie(
        cookie_name(house), path="/", secure=house.settings.https, httponly=True, samesite="lax"
    )


def cookie_name(house: Installation) -> str:
    return "__Host-muster" if house.settings.https else "muster"


def _sign_in(house: Installation, response: Response, staff: StaffUser) -> Asker:
    value = _signer(house).dumps({"s": str(staff.id), "e": staff.session_epoch})
    response.set_cookie(
        cookie_name(house),
        value,
        max_age=SESSION_LIFE,
        path="/",
        secure=house.settings.https,
        httponly=True,
        samesite="lax",
    )
    return Asker(staff.name, staff.role, "cookie", staff.id)


def _by_key(house: Installation, key: str) -> Asker | None:
    # The look-up is by the digest of 256 random bits: how long it takes tells nothing of the key.
    with house.database.reading() as session:
        row = session.execute(
            select(ApiKey.role, StaffUser.name, StaffUser.id)
            .join(StaffUser, StaffUser.id == ApiKey.staff_id)
            .where(ApiKey.sha256 == digest(key), ApiKey.revoked_at.is_(None))
        ).one_or_none()
    return None if row is None else Asker(row.name, row.role, "key", row.id)


def _by_cookie(request: Request) -> Asker | None:
    house = house_of(request)
    cookie = request.cookies.get(cookie_name(house))
    if not cookie:
        return None
    try:
        told: dict[str, Any] = _signer(house).loads(cookie, max_age=SESSION_LIFE)
        staff_id, epoch = UUID(told["s"]), int(told["e"])
    except (BadSignature, KeyError, TypeError, ValueError):
        return None
    with house.database.reading() as session:
        staff = session.get(StaffUser, staff_id)
    if staff is None or staff.session_epoch != epoch:
        return None
    return Asker(staff.name, staff.role, "cookie", staff.id)


def _signer(house: Installation) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(house.session_secret, salt="staff-session")


def _csrf(house: Installation, cookie: str) -> str:
    text = f"csrf:{cookie}".encode()
    return hmac.new(house.session_secret.encode(), text, hashlib.sha256).hexdigest()
