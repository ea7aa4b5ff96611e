"""Whose word on who chats is believed: the intranet's, signed, fresh and for us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.identity import IdentityNeededError, IdentityRefusedError, read_identity
from api.settings import BadSettingsError, Environment, Settings, resolve_settings
from tests.fakes import NOON

SECRET = "k3Jd0w-Zq8XbV1nM5pTsY7rC2fHgLaEu4oNi"
ISSUER = "https://intranet.example.org"
NOW = int(NOON.timestamp())
CLAIMS = {"iss": ISSUER, "aud": "muster", "sub": "p003", "iat": NOW, "exp": NOW + 300}


def settings(folder: Path, **more: object) -> Settings:
    given = {"identity_key": SECRET, "identity_issuer": ISSUER, **more}
    return resolve_settings(environment=Environment.TEST, data_dir=folder, **given)


def signed(key: Any = SECRET, algorithm: str = "HS256", **changed: object) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    return jwt.encode(claims, key, algorithm)


def test_a_signed_token_names_the_person(tmp_path: Path) -> None:
    assert read_identity(settings(tmp_path), signed(), now=NOON) == "p003"


def test_a_public_key_verifies_what_the_private_one_signed(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ours = settings(tmp_path, identity_key=public.decode())
    assert read_identity(ours, signed(private, "EdDSA"), now=NOON) == "p003"
    other = Ed25519PrivateKey.generate()
    with pytest.raises(IdentityRefusedError):
        read_identity(ours, signed(other, "EdDSA"), now=NOON)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example.org"},
        {"aud": "another"},
        {"exp": NOW - 1},
        {"exp": NOW + 3600},
        {"iat": NOW + 600, "exp": NOW + 900},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"sub": " "},
        {"sub": "p" * 201},
    ],
)
def test_a_token_that_is_not_fresh_or_not_for_us_is_refused(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    with pytest.raises(IdentityRefusedError):
        read_identity(settings(tmp_path), signed(**changed), now=NOON)


def test_a_forged_or_unsigned_token_is_refused(tmp_path: Path) -> None:
    unsigned = jwt.encode(CLAIMS, None, "none")
    for token in (signed("another-secret-of-thirty-two-signs!"), unsigned, "rubbish", "a.b.c"):
        with pytest.raises(IdentityRefusedError):
            read_identity(settings(tmp_path), token, now=NOON)


def test_a_public_key_is_no_shared_secret(tmp_path: Path) -> None:
    """Who knows the public key cannot sign with it as if it were a secret."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ours = settings(tmp_path, identity_key=public.decode())
    with pytest.raises(IdentityRefusedError):
        read_identity(ours, signed("k" * 40), now=NOON)


def test_without_a_token_a_chat_is_nameless_unless_a_name_is_required(tmp_path: Path) -> None:
    assert read_identity(settings(tmp_path), None, now=NOON) is None
    with pytest.raises(IdentityNeededError):
        read_identity(settings(tmp_path, identity_required=True), None, now=NOON)


def test_where_nobody_is_believed_a_token_is_refused_and_not_ignored(tmp_path: Path) -> None:
    plain = resolve_settings(environment=Environment.TEST, data_dir=tmp_path)
    with pytest.raises(IdentityRefusedError):
        read_identity(plain, signed(), now=NOON)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"identity_key": SECRET}, "MUSTER_IDENTITY_ISSUER"),
        ({"identity_required": True}, "MUSTER_IDENTITY_KEY"),
        ({"identity_key": "changeme", "identity_issuer": ISSUER}, "MUSTER_IDENTITY_KEY"),
        ({"identity_key": "a" * 40, "identity_issuer": ISSUER}, "MUSTER_IDENTITY_KEY"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(
    tmp_path: Path, given: dict[str, object], named: str
) -> None:
    with pytest.raises(BadSettingsError, match=named):
        resolve_settings(environment=Environment.TEST, data_dir=tmp_path, **given)
