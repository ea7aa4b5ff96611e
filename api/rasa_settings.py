"""What must be set where a Rasa server works with us."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr

_LENGTH: Final = 32
_LETTERS: Final = 10


def check_rasa(
    token: SecretStr | None, url: str, *, wanted: bool, production: bool, near: frozenset[str]
) -> None:
    """Refuse a toy token, an address that is none, and a Rasa that is wanted but not named.

    Args:
        token: Shared with it.
        url: Where it listens.
        wanted: Whether it decides what is said.
        production: Whether words may only go over https.
        near: Hosts that are this machine.

    Raises:
        ValueError: With the name of the setting to mend.

    """
    secret = token.get_secret_value() if token else None
    if secret is not None and (len(secret) < _LENGTH or len(set(secret)) < _LETTERS):
        msg = "MUSTER_RASA_TOKEN must be at least 32 random characters"
        raise ValueError(msg)
    if wanted and not (url and secret):
        msg = "MUSTER_DIALOGUE=rasa needs MUSTER_RASA_URL and MUSTER_RASA_TOKEN"
        raise ValueError(msg)
    parts = urlsplit(url)
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.username):
        msg = "MUSTER_RASA_URL must be a plain http(s) address, e.g. http://127.0.0.1:5005"
        raise ValueError(msg)
    if production and parts.scheme == "http" and parts.hostname not in near:
        msg = "MUSTER_RASA_URL must be https:// in production, or on this machine"
        raise ValueError(msg)
