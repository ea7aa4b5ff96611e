"""The settings of people's identity: whose signed word on who they are is believed."""

from __future__ import annotations

from typing import Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

_SHORTEST: Final = 32
_LETTERS: Final = 10
_PEM: Final = "-----BEGIN PUBLIC KEY-----"


class IdentitySettings(BaseSettings):
    """One issuer of tokens, or none."""

    identity_key: SecretStr | None = Field(
        default=None,
        description="Verifies the intranet's tokens (JWT) that say who opens a chat: a public key "
        "in PEM (RS256, EdDSA), or a shared secret of at least 32 characters (HS256).",
    )
    identity_issuer: str = Field(
        default="", description="The `iss` of those tokens. Needed with a key."
    )
    identity_audience: str = Field(
        default="muster", description="The `aud` that those tokens must name."
    )
    identity_required: bool = Field(
        default=False, description="Whether a chat opens only for somebody whom a token names."
    )

    def check_identity(self) -> None:
        """An issuer, whole.

        Raises:
            ValueError: Something is missing or a toy.

        """
        key = self.identity_key.get_secret_value() if self.identity_key else ""
        if key and not self.identity_issuer:
            msg = "MUSTER_IDENTITY_KEY needs MUSTER_IDENTITY_ISSUER"
            raise ValueError(msg)
        if self.identity_required and not key:
            msg = "MUSTER_IDENTITY_REQUIRED needs MUSTER_IDENTITY_KEY"
            raise ValueError(msg)
        if (
            key
            and not key.strip().startswith(_PEM)
            and (len(key) < _SHORTEST or len(set(key)) < _LETTERS)
        ):
            msg = (
                "MUSTER_IDENTITY_KEY must be a public key in PEM, or at least 32 random characters"
            )
            raise ValueError(msg)
