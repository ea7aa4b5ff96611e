"""What the organisation has, as the reader of texts needs it; parsed from Backstage YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from models.errors import DomainError
from models.vocabulary import Category

_PREFIX: Final = "muster.dev/"


class BadCatalogueError(DomainError):
    """An organisation file cannot be understood."""

    code: ClassVar[str] = "catalogue.unreadable"


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """Something people use and can lose. `tier` 1 is the most important of three."""

    id: str
    title: str
    description: str
    aliases: tuple[str, ...]
    tier: int
    category: Category
    needs_site: bool
    owner: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """A place people work at; `time_zone` is an IANA name."""

    id: str
    name: str
    time_zone: str
    aliases: tuple[str, ...]
    tier: int


@dataclass(frozen=True, slots=True)
class TeamEntry:
    """Who looks after services."""

    id: str
    name: str
    mail: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Services and sites, looked up by id."""

    services: tuple[ServiceEntry, ...]
    sites: tuple[SiteEntry, ...]
    teams: tuple[TeamEntry, ...] = ()

    def service(self, service_id: str | None) -> ServiceEntry | None:
        return next((entry for entry in self.services if entry.id == service_id), None)

    def site(self, site_id: str | None) -> SiteEntry | None:
        return next((entry for entry in self.sites if entry.id == site_id), None)


def parse_catalogue(directory: Path) -> Catalogue:
    """Read `services.yaml`, `sites.yaml` and `teams.yaml` (optional) of an organisation.

    Raises:
        BadCatalogueError: A file is missing or not what it should be; the message says where.

    """
    services = tuple(
        _service(entity)
        for entity in _documents(directory / "services.yaml")
        if entity.get("kind") == "Component"
    )
    sites = tuple(_site(row) for row in _rows(directory / "sites.yaml"))
    teams: tuple[TeamEntry, ...] = ()
    if (directory / "teams.yaml").is_file():
        teams = tuple(_team(entity) for entity in _documents(directory / "teams.yaml"))
    return Catalogue(services, sites, teams)


def _service(entity: Mapping[str, Any]) -> ServiceEntry:
    metadata, spec = entity["metadata"], entity.get("spec", {})
    notes: Mapping[str, str] = metadata.get("annotations", {})
    name = str(metadata["name"])
    try:
        return ServiceEntry(
            id=name,
            title=str(metadata.get("title", name)),
            description=str(metadata.get("description", "")),
            aliases=_listed(notes.get(_PREFIX + "aliases", "")),
            tier=int(notes.get(_PREFIX + "tier", "3")),
            category=Category(notes.get(_PREFIX + "category", "other")),
            needs_site=str(notes.get(_PREFIX + "needs-site", "false")).lower() == "true",
            owner=str(spec.get("owner", "")),
            depends_on=tuple(str(one).rpartition(":")[2] for one in spec.get("dependsOn", ())),
        )
    except ValueError as error:
        raise BadCatalogueError(f"Service {name}: {error}. Correct its annotations.") from error


def _site(row: Mapping[str, Any]) -> SiteEntry:
    return SiteEntry(
        id=str(row["id"]),
        name=str(row["name"]),
        time_zone=str(row["time_zone"]),
        aliases=tuple(str(one) for one in row.get("aliases", ())),
        tier=int(row.get("tier", 3)),
    )


def _team(entity: Mapping[str, Any]) -> TeamEntry:
    metadata = entity["metadata"]
    profile = entity.get("spec", {}).get("profile", {})
    name = str(metadata["name"])
    return TeamEntry(name, str(metadata.get("title", name)), str(profile.get("email", "")))


def _listed(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _documents(path: Path) -> Iterator[Mapping[str, Any]]:
    for document in _load(path):
        if not isinstance(document, dict) or "metadata" not in document:
            raise BadCatalogueError(f"{path.name}: every document needs `metadata`.")
        yield document


def _rows(path: Path) -> Sequence[Mapping[str, Any]]:
    for document in _load(path):
        if isinstance(document, list) and all(isinstance(row, dict) for row in document):
            return document
    raise BadCatalogueError(f"{path.name}: expected a list of entries.")


def _load(path: Path) -> Sequence[Any]:
    try:
        with path.open(encoding="utf-8") as stream:
            return [document for document in yaml.safe_load_all(stream) if document is not None]
    except (OSError, yaml.YAMLError) as error:
        raise BadCatalogueError(f"{path} cannot be read: {error}") from error
