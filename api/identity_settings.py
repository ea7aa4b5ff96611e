"""The settings of people's identity: whose signed word on who they are is believed."""

from __future__ import annotations

from typing import Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

_SHORTEST: Final = 32
_LETTERS: Final = 10
_PEM: Final = "-----BEGIN "
_RSA_BITS: Final = 2048
PublicKey: TypeAlias = RSAPublicKey | Ed25519PublicKey | Ed448PublicKey


def parse_identity_key(text: str) -> PublicKey | str:
    r"""A public key out of its PEM, or the shared secret as it is.

    Args:
        text: As it was set; a file of settings may hold the PEM's line ends as a literal `\n`.

    Raises:
        ValueError: It is a broken key, a toy, or one that is not for verifying.

    """
    text = text.strip()
    if not text.startswith(_PEM):
        if len(text) < _SHORTEST or len(set(text)) < _LETTERS:
            msg = (
                "MUSTER_IDENTITY_KEY must be a public key in PEM, or at least 32 random characters"
            )
            raise ValueError(msg)
        return text
    try:
        key = load_pem_public_key(text.replace("\\n", "\n").encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        msg = "MUSTER_IDENTITY_KEY is not a whole public key in PEM; copy it again, with every line"
        raise ValueError(msg) from error
    if isinstance(key, RSAPublicKey) and key.key_size >= _RSA_BITS:
        return key
    if isinstance(key, Ed25519PublicKey | Ed448PublicKey):
        return key
    msg = "MUSTER_IDENTITY_KEY must be an RSA key of at least 2048 bits, or an Ed25519 or Ed448 key"
    raise ValueError(msg)


class IdentitySettings(BaseSettings):
    """One issuer of tokens, or none."""

    identity_key: SecretStr | None = Field(
        default=None,
        description="Verifies the intranet's tokens (JWT) that say who opens a chat: a public key "
        "in PEM (RS256, EdDSA; on one line with \\n for its line ends, too), or a shared secret of "
        "at least 32 characters (HS256).",
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
    identity_from: str = Field(
        default="",
        pattern=r"^(/[!-.0-\[\]-~][!-\[\]-~]{0,500})?$",
        description="Path on this origin where the chat on our own first page fetches a token; "
        "your proxy answers there for who is signed in. Empty: that chat opens nameless.",
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
        if self.identity_from and not key:
            msg = "MUSTER_IDENTITY_FROM needs MUSTER_IDENTITY_KEY"
            raise ValueError(msg)
        if key:
            parse_identity_key(key)
