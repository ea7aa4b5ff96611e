"""Whose word on who chats is believed: the intranet's, signed, fresh and for us."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
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


def pem_of(private: Any) -> str:
    public = private.public_key()
    return str(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def signed(key: Any = SECRET, algorithm: str = "HS256", **changed: object) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changed}.items() if value is not None}
    return jwt.encode(claims, key, algorithm)


def test_a_signed_token_names_the_person(tmp_path: Path) -> None:
    assert read_identity(settings(tmp_path), signed(), now=NOON) == "p003"


def test_a_public_key_verifies_what_the_private_one_signed(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    ours = settings(tmp_path, identity_key=pem_of(private))
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
        {"sub": "p\x00003"},
        {"sub": "p\ud800"},
        {"nbf": NOW + 3600},
        {"nbf": float("nan")},
        {"nbf": "soon"},
        {"iat": 10**400},
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
    pem = pem_of(Ed25519PrivateKey.generate())
    parts = ({"alg": "HS256", "typ": "JWT"}, CLAIMS)
    told = b".".join(urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts)
    seal = urlsafe_b64encode(hmac.digest(pem.encode(), told, "sha256")).rstrip(b"=")
    with pytest.raises(IdentityRefusedError) as refused:
        read_identity(
            settings(tmp_path, identity_key=pem), f"{told.decode()}.{seal.decode()}", now=NOON
        )
    # before any seal is looked at, by us and not by the library's own guard
    assert isinstance(refused.value.__cause__, jwt.InvalidAlgorithmError)


def test_an_rsa_key_verifies_and_its_line_ends_may_be_written_out(tmp_path: Path) -> None:
    private = generate_rsa(65537, 2048)
    written = pem_of(private).strip().replace("\n", "\\n")
    ours = settings(tmp_path, identity_key=written)
    assert read_identity(ours, signed(private, "RS256"), now=NOON) == "p003"


BODY = pem_of(Ed25519PrivateKey.generate()).splitlines()[1]


@pytest.mark.parametrize(
    "key",
    [
        "-----BEGIN PUBLIC KEY-----\nxx\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----",
        f"-----BEGIN PUBLIC KEY-----\n{BODY}",
        f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----",
        pem_of(generate_private_key(SECP256R1())),
        pem_of(generate_rsa(65537, 1024)),
    ],
    ids=["rubbish", "first line", "cut off", "private", "elliptic", "short"],
)
def test_a_broken_or_unfit_key_is_refused_at_the_start(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadSettingsError, match="MUSTER_IDENTITY_KEY"):
        settings(tmp_path, identity_key=key)


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
        ({"identity_from": "/token"}, "MUSTER_IDENTITY_KEY"),
        ({"identity_from": "//elsewhere.example/token"}, "MUSTER_IDENTITY_FROM"),
        ({"identity_from": "/\\elsewhere.example"}, "MUSTER_IDENTITY_FROM"),
        ({"identity_from": "https://elsewhere.example"}, "MUSTER_IDENTITY_FROM"),
        ({"identity_key": "changeme", "identity_issuer": ISSUER}, "MUSTER_IDENTITY_KEY"),
        ({"identity_key": "a" * 40, "identity_issuer": ISSUER}, "MUSTER_IDENTITY_KEY"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(
    tmp_path: Path, given: dict[str, object], named: str
) -> None:
    with pytest.raises(BadSettingsError, match=named):
        resolve_settings(environment=Environment.TEST, data_dir=tmp_path, **given)
