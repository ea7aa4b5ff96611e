"""Everything that can be configured, read once; no other module reads the environment."""

from __future__ import annotations

import base64
import binascii
import difflib
import json
import os
import secrets
import sqlite3
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic import model_validator as after_all
from pydantic_settings import NoDecode, SettingsConfigDict

from api.handoff_settings import HandoffSettings
from api.identity_settings import IdentitySettings
from api.rasa_settings import check_rasa
from api.text_settings import TextSettings
from models.errors import DomainError

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SECRET_LENGTH: Final = 32
_TOYS: Final = ("changeme", "secret", "password", "example", "test", "demo")
_OLDEST_SQLITE: Final = (3, 42)
_TEST_ONLY: Final = ("MUSTER_TEST_", "MUSTER_PICTURES")


class BadSettingsError(DomainError):
    """The environment asks for something that cannot or must not be."""

    code: ClassVar[str] = "settings.bad"


class Environment(StrEnum):
    """Where we run."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class Dialogue(StrEnum):
    """Who decides what is said."""

    EMBEDDED = "embedded"
    RASA = "rasa"


class Target(BaseModel):
    """One outside system that gets the records."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    url: str
    secret: SecretStr


class Settings(HandoffSettings, IdentitySettings, TextSettings):
    """Frozen after start. All are optional in the demo; production refuses what is missing."""

    model_config = SettingsConfigDict(env_prefix="MUSTER_", frozen=True, extra="ignore")

    environment: Environment = Field(
        default=Environment.DEMO,
        description="`demo` makes its own secrets and listens to this machine only; `production` "
        "refuses every missing or toy value; `test` is for the test suite.",
    )
    data_dir: Path = Field(
        default=Path("var"),
        description="Folder for the embedded database, uploaded files and the demo's secrets.",
    )
    database_url: str = Field(
        default="",
        description="`sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`. "
        "Default: `muster.db` in the data folder.",
    )
    blobs: str = Field(
        default="",
        description="Where uploaded files lie: a folder, or a bucket, e.g. "
        "`s3://BUCKET/PREFIX?region=eu-central-1` (options: `region`, `endpoint`, `allow_http`; "
        "credentials from the usual AWS variables). Default: `blobs` in the data folder.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on. Anything but this machine needs `production`.",
    )
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    public_base_url: str = Field(
        default="",
        description="The address people and partners use, e.g. `https://muster.example.org`. "
        "Twilio's signatures are checked against it. Default: the address listened on.",
    )
    session_secret: SecretStr | None = Field(
        default=None,
        description="Signs staff sessions; at least 32 random characters "
        '(`python -c "import secrets; print(secrets.token_urlsafe(48))"`).',
    )
    forward_url: str = Field(
        default="", description="Where records are sent (the target named `records`)."
    )
    forward_secret: SecretStr | None = Field(
        default=None,
        description="Signs records as Standard Webhooks asks: `whsec_` and 24 to 64 bytes in "
        "base64.",
    )
    forward_targets: Annotated[tuple[Target, ...], NoDecode] = Field(
        default=(),
        description='More targets, as JSON: `[{"name": "itsm", "url": "https://...", '
        '"secret": "whsec_..."}]`.',
    )
    dialogue: Dialogue = Field(
        default=Dialogue.EMBEDDED,
        description="Who decides what the assistant does next: `embedded` (the engine of this "
        "process) or `rasa` (a Rasa 3.6 server; see `assistant/rasa/README.md`).",
    )
    rasa_url: str = Field(
        default="", description="Where that Rasa server listens, e.g. `http://127.0.0.1:5005`."
    )
    rasa_token: SecretStr | None = Field(
        default=None,
        description="Shared with that Rasa server, at least 32 characters: opens `/rasa/*` to it "
        "and signs what it is asked. Without one, `/rasa/*` is closed.",
    )
    encoder: str = Field(
        default="onnx",
        description="`onnx` (the built-in one) or `sentence-transformers:NAME_OR_PATH` "
        "(needs the extra `train`).",
    )
    artifacts_dir: Path = Field(
        default=Path(__file__).parent.parent / "artifacts",
        description="Folder with the built encoder and the trained heads.",
    )
    embed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Web origins that may show the chat in a frame, separated by commas.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses of reverse proxies whose forwarding headers are believed, "
        "separated by commas.",
    )
    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="How much is logged."
    )

    @field_validator("database_url")
    @classmethod
    def _is_ours(cls, value: str) -> str:
        scheme = urlsplit(value).scheme.partition("+")[0]
        if value and not (value.startswith("sqlite:///") or scheme == "postgresql"):
            msg = "write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
            raise ValueError(msg)
        return value

    @field_validator("encoder")
    @classmethod
    def _is_known(cls, value: str) -> str:
        kind, _, name = value.partition(":")
        if value != "onnx" and not (kind == "sentence-transformers" and name):
            msg = "write onnx or sentence-transformers:NAME_OR_PATH"
            raise ValueError(msg)
        return value

    @field_validator("embed_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("embed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            plain = f"{parts.scheme}://{parts.netloc}"
            if parts.scheme not in {"http", "https"} or origin != plain or " " in origin:
                msg = f"{origin!r} is no origin; write https://intranet.example.org"
                raise ValueError(msg)
        return value

    @field_validator("forward_targets", mode="before")
    @classmethod
    def _parse_targets(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return tuple(json.loads(value)) if value.strip() else ()
        except (ValueError, TypeError) as error:
            msg = "must be a JSON list of {name, url, secret}"
            raise ValueError(msg) from error

    @after_all(mode="after")
    def _fits_together(self) -> Self:
        if self.environment is Environment.PRODUCTION:
            _refuse_toys(self)
        elif self.host not in LOOPBACK:
            msg = "MUSTER_HOST other than this machine needs MUSTER_ENVIRONMENT=production"
            raise ValueError(msg)
        self.check_texts()
        self.check_identity()
        check_rasa(
            self.rasa_token,
            self.rasa_url,
            wanted=self.dialogue is Dialogue.RASA,
            production=self.environment is Environment.PRODUCTION,
            near=LOOPBACK,
        )
        for target in self.targets():
            _check_target(target)
        names = [target.name for target in self.targets()]
        if len(set(names)) < len(names):
            msg = f"two forward targets have the same name: {', '.join(sorted(names))}"
            raise ValueError(msg)
        return self

    @property
    def store_url(self) -> str:
        """The database's address, with the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir / 'muster.db'}"

    @property
    def artifacts_home(self) -> Path:
        """Where artifacts that were learnt here are kept."""
        return self.data_dir / "artifacts"

    @property
    def base_url(self) -> str:
        """How we are reached, without a slash at the end."""
        if self.public_base_url:
            return self.public_base_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    def targets(self) -> tuple[Target, ...]:
        """Every outside system that gets the records; `records` first."""
        if not self.forward_url:
            return self.forward_targets
        if self.forward_secret is None:
            msg = "MUSTER_FORWARD_URL needs MUSTER_FORWARD_SECRET (whsec_...)"
            raise ValueError(msg)
        first = Target(name="records", url=self.forward_url, secret=self.forward_secret)
        return (first, *self.forward_targets)


def resolve_settings(**overrides: Any) -> Settings:
    """The settings of this process, with the demo's secrets made where they are missing.

    Raises:
        BadSettingsError: A value is missing, wrong or a toy; the message names it.

    """
    check_platform(sys.version_info[:2], sqlite3.sqlite_version_info[:2])
    _refuse_misspelt(os.environ)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise BadSettingsError(f"Mend the settings: {_in_words(error)}") from error
    if settings.environment is Environment.PRODUCTION:
        return settings
    found = {
        "session_secret": settings.session_secret
        or kept_secret(settings.data_dir, "session-secret", lambda: secrets.token_urlsafe(48)),
        "forward_secret": settings.forward_secret
        or kept_secret(settings.data_dir, "forward-secret", new_webhook_secret),
    }
    return settings.model_copy(update=found)


def _refuse_misspelt(environment: Mapping[str, str]) -> None:
    """A name that nothing reads is a misspelling: it would be ignored in silence."""
    known = {f"MUSTER_{name.upper()}" for name in Settings.model_fields}
    for name in environment:
        if name.startswith("MUSTER_") and name not in known and not name.startswith(_TEST_ONLY):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise BadSettingsError(f"There is no setting {name}.{hint}")


def kept_secret(folder: Path, name: str, make: Callable[[], str]) -> SecretStr:
    """The secret in `folder/name`, made on first use; only its owner may read the file."""
    path = make_private(folder) / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return SecretStr(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise BadSettingsError(_unusable(folder, error)) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        value = make()
        file.write(value)
    return SecretStr(value)


def make_private(folder: Path) -> Path:
    """The folder, made for this account alone where it is missing.

    Raises:
        BadSettingsError: It cannot be made.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSettingsError(_unusable(folder, error)) from error
    return folder


def new_webhook_secret() -> str:
    """A fresh Standard Webhooks secret."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def check_platform(python: tuple[int, ...], sqlite: tuple[int, ...]) -> None:
    """Refuse a Python that its SQLite makes unusable (the job engine does not start there).

    Raises:
        BadSettingsError: Python 3.12 or newer with SQLite older than 3.42.

    """
    if python >= (3, 12) and sqlite < _OLDEST_SQLITE:
        raise BadSettingsError(
            f"Python {python[0]}.{python[1]} needs SQLite 3.42 or newer here; this one has "
            f"{'.'.join(map(str, sqlite))}. Use Python 3.11, or a Python with a newer SQLite."
        )


def _refuse_toys(settings: Settings) -> None:
    if settings.session_secret is None:
        msg = "MUSTER_SESSION_SECRET is required in production"
        raise ValueError(msg)
    value = settings.session_secret.get_secret_value()
    if len(value) < _SECRET_LENGTH or len(set(value)) < 10 or value.lower().startswith(_TOYS):
        msg = "MUSTER_SESSION_SECRET must be at least 32 random characters"
        raise ValueError(msg)
    if not settings.public_base_url.startswith("https://"):
        msg = "MUSTER_PUBLIC_BASE_URL is required in production and starts with https://"
        raise ValueError(msg)
    if settings.twilio_api_base:
        msg = "MUSTER_TWILIO_API_BASE names a stand-in; it has no place in production"
        raise ValueError(msg)
    for target in settings.targets():
        if target.url.startswith("http://") and urlsplit(target.url).hostname not in LOOPBACK:
            msg = f"the forward target {target.name!r} must be https:// in production"
            raise ValueError(msg)


def _check_target(target: Target) -> None:
    parts = urlsplit(target.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        msg = f"the forward target {target.name!r} needs a plain http(s) address"
        raise ValueError(msg)
    prefix, _, encoded = target.secret.get_secret_value().partition("_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if prefix != "whsec" or not 24 <= len(key) <= 64:
        msg = (
            f"the secret of the forward target {target.name!r} must be whsec_ and 24 to 64 bytes "
            "in base64"
        )
        raise ValueError(msg)


def _unusable(folder: Path, error: OSError) -> str:
    return (
        f"The folder {folder} cannot be used: {os.strerror(error.errno or 0)}. "
        "Name another one: MUSTER_DATA_DIR=..."
    )


def _in_words(error: ValidationError) -> str:
    """Names and reasons, never the values: they may be secrets."""
    said = []
    for one in error.errors(include_input=False, include_url=False):
        field = "_".join(str(part) for part in one["loc"] if not isinstance(part, int))
        message = one["msg"].removeprefix("Value error, ")
        said.append(f"MUSTER_{field.upper()}: {message}" if field else message)
    return "; ".join(said)
