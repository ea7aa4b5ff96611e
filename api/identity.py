"""Who opens a chat, by a short-lived token that the intranet signed for them.

The token says nothing but who they are: `sub` is their id in the directory. It is looked at
once, when the chat is opened; from then on the conversation's own token counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from api.identity_settings import PublicKey, parse_identity_key
from api.settings import Settings
from models.errors import DomainError
from models.storable import storable

_LONGEST: Final = 15 * 60
_LEEWAY: Final = 60
_SUBJECT: Final = 200


class IdentityRefusedError(DomainError):
    """The token is not one that we believe."""

    code: ClassVar[str] = "identity.refused"


class IdentityNeededError(DomainError):
    """Here nobody chats without a name."""

    code: ClassVar[str] = "identity.needed"


def read_identity(settings: Settings, token: str | None, *, now: datetime) -> str | None:
    """The directory id of who opens a chat; None for somebody nameless, where that is allowed.

    Args:
        settings: Whose tokens are believed.
        token: As the page sent it.
        now: The moment.

    Raises:
        IdentityNeededError: There is no token, and one is required.
        IdentityRefusedError: It is forged, old, too long-lived, or for somebody else.

    """
    if token is None:
        if settings.identity_required:
            raise IdentityNeededError(
                "Sign in to the intranet first; the chat opens for those whom it names."
            )
        return None
    if settings.identity_key is None:
        raise IdentityRefusedError(
            "Identities are not set up here. Open the chat without one, or set MUSTER_IDENTITY_KEY."
        )
    key = parse_identity_key(settings.identity_key.get_secret_value())
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[_algorithm_of(key)],
            audience=settings.identity_audience,
            issuer=settings.identity_issuer,
            options={
                "require": ["iss", "aud", "sub", "exp", "iat"],
                "verify_exp": False,  # these three by our clock, below
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        begins, ends = float(claims["iat"]), float(claims["exp"])
        opens = float(claims.get("nbf", begins))
    except (jwt.PyJWTError, TypeError, ValueError, OverflowError) as error:
        raise IdentityRefusedError("Who you are could not be verified. Ask for a new token.") from (
            error
        )
    moment = now.timestamp()
    early = not (begins - _LEEWAY <= moment and opens - _LEEWAY <= moment)
    if early or not moment < ends or ends - begins > _LONGEST:
        raise IdentityRefusedError(
            "This token is too old, too early or lives too long. Ask for a new one; at most 15 "
            "minutes are believed.",
            longest_seconds=_LONGEST,
        )
    subject = str(claims["sub"]).strip()
    if not subject or len(subject) > _SUBJECT or storable(subject) != subject:
        raise IdentityRefusedError("This token names nobody. Put the directory id into `sub`.")
    return subject


def _algorithm_of(key: PublicKey | str) -> str:
    """The one algorithm that a key verifies: a token does not choose how it is believed."""
    if isinstance(key, str):
        return "HS256"
    return "RS256" if isinstance(key, RSAPublicKey) else "EdDSA"
