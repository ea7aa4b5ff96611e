"""What requests may hold: closed shapes, bounded, with words that every database can store."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from incidents.articles import ArticleText
from models.storable import storable
from models.vocabulary import Category, Channel, Priority, Severity

MAX_TEXT: Final = 100_000
_MAX_ATTRIBUTES: Final = 16_384
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        msg = "is no IANA time zone, e.g. Europe/Berlin"
        raise ValueError(msg) from error
    return name


def _small(attributes: dict[str, Any]) -> dict[str, Any]:
    said = json.dumps(attributes)
    if len(said) > _MAX_ATTRIBUTES:
        msg = f"attributes may take {_MAX_ATTRIBUTES} characters as JSON"
        raise ValueError(msg)
    found: dict[str, Any] = _cleaned(attributes)
    return found


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    if isinstance(value, dict):
        return {storable(key): _cleaned(one) for key, one in value.items()}
    return value


def _after_all_began(moment: datetime) -> datetime:
    if moment < _EARLIEST:
        msg = "is before the year 2000"
        raise ValueError(msg)
    return moment.astimezone(UTC)


Words = Annotated[str, AfterValidator(storable)]
Short = Annotated[str, StringConstraints(max_length=300), AfterValidator(storable)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known_zone)]
Attributes = Annotated[dict[str, Any], AfterValidator(_small)]
Moment = Annotated[AwareDatetime, AfterValidator(_after_all_began)]


class Body(BaseModel):
    """A closed shape: an unknown field is a mistake that we say, not one that we swallow."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenConversation(Body):
    """A web conversation."""

    channel: Literal["web"] = "web"
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,16}$")] = "en"
    time_zone: Zone | None = None
    identity: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = Field(
        default=None,
        description="A token (JWT) that your intranet signed: `iss`, `aud`, `sub` (the id in the "
        "directory), `iat`, `exp` of at most 15 minutes later.",
    )
    context: Annotated[dict[Short, Short], Field(max_length=20)] = Field(
        default={}, description="What the page knows, e.g. `service` and `site`."
    )


class SaidMessage(Body):
    """One message of a person; `client_id` is the same on every retry."""

    client_id: Annotated[
        str, StringConstraints(min_length=1, max_length=128), AfterValidator(storable)
    ]
    text: Annotated[Words, StringConstraints(max_length=MAX_TEXT)] = ""
    payload: Annotated[str, StringConstraints(max_length=2000), AfterValidator(storable)] | None = (
        None
    )
    attachments: Annotated[tuple[UUID, ...], Field(max_length=10)] = ()


class StaffMessage(Body):
    """What a member of staff writes to a person; `key` is the same on every retry."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(storable)]
    text: Annotated[Words, StringConstraints(max_length=MAX_TEXT)]


class SeenMessages(Body):
    """How far a person has seen."""

    number: Annotated[int, Field(ge=1, le=2_000_000_000)] = Field(
        description="Of the last message that was before their eyes."
    )


class FileReport(Body):
    """A report from a program."""

    text: Annotated[Words, StringConstraints(max_length=MAX_TEXT)]
    reporter: Annotated[
        str,
        StringConstraints(min_length=1, max_length=300, strip_whitespace=True),
        AfterValidator(storable),
    ] = Field(description="A person's id in the directory, a mailbox, or a phone (E.164).")
    service: Annotated[str, StringConstraints(max_length=64)] | None = None
    site: Annotated[str, StringConstraints(max_length=64)] | None = None
    channel: Channel = Field(default=Channel.API, description="How the person reached you.")
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,16}$")] = "en"
    occurred_at: Moment | None = None
    attributes: Attributes = {}


class Source(Body):
    """An incident as the person saw it."""

    reference: Reference
    version: Annotated[int, Field(ge=1)]


class Reason(Body):
    """Why."""

    reason: Annotated[
        str, StringConstraints(min_length=1, max_length=1000), AfterValidator(storable)
    ]


class MergeBody(Body):
    """Which incidents are the same as this one."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    sources: Annotated[tuple[Source, ...], Field(alias="from", min_length=1, max_length=50)]


class SplitBody(Body):
    """Which reports are something else."""

    reports: Annotated[tuple[Reference, ...], Field(min_length=1, max_length=500)]
    title: Short | None = None


class TogetherBody(Body):
    """Which reports belong to the incident for sure."""

    reports: Annotated[tuple[Reference, ...], Field(min_length=1, max_length=500)]


class MoveBody(Body):
    """Which report belongs where."""

    report: Reference
    to: Reference


class LockBody(Body):
    """Whether the incident takes more reports by itself."""

    locked: bool = True


class TitleBody(Body):
    """A title; null brings back the one made from facts."""

    title: Short | None


class SeverityBody(Body):
    """A severity; null brings back the scored one."""

    severity: Severity | None


class PriorityBody(Body):
    """A priority; null brings back that of the most pressing report."""

    priority: Priority | None


class CategoryBody(Body):
    """A category; null brings back that of most reports."""

    category: Category | None


class ApartBody(Body):
    """Which incident is not the same."""

    other: Reference


class CauseBody(Body):
    """Which past incident had the same cause, or another one."""

    past: Reference
    same: bool


class WorkaroundBody(Body):
    """What people can do meanwhile; null takes it away."""

    workaround: Annotated[str, StringConstraints(max_length=2000), AfterValidator(storable)] | None


class Replay(Body):
    """Which part of the sample stream; everything has a default."""

    scenario: Literal[
        "office-network", "server-failure", "phishing", "saas-lag", "look-alike", "vpn-lisbon"
    ] = "office-network"
    reports: Annotated[int, Field(ge=1, le=287)] = 60
    per_second: Annotated[float, Field(gt=0, le=50)] = 3

    @model_validator(mode="after")
    def _finishes(self) -> Self:
        if self.reports / self.per_second > 600:
            msg = "that would take more than ten minutes"
            raise ValueError(msg)
        return self


class ArticleBodyText(Body):
    """An article in one language."""

    title: Short
    examples: Annotated[tuple[Short, ...], Field(max_length=10)]
    steps: Annotated[Words, StringConstraints(max_length=1000)]
    sms: Short | None = None

    def to_text(self) -> ArticleText:
        return ArticleText.from_json(self.model_dump())


class ArticleBody(Body):
    """An article; `texts` by language, e.g. `{"en": {...}, "de": {...}}`."""

    texts: Annotated[dict[Short, ArticleBodyText], Field(min_length=1, max_length=8)]
    service: Annotated[Short, Field(description="An id of the catalogue.")] | None = None
    url: Annotated[str, StringConstraints(max_length=500), AfterValidator(storable)] | None = None
    active: bool = True
