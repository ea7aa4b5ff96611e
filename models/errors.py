"""The root of every error this product raises on purpose."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """A rule of the product was broken.

    `code` is for programs and never changes; the message is for people and says what
    to do next; `data` is what a client needs to explain the refusal. No HTTP here:
    `api.errors` owns the one table from code to status.
    """

    code: ClassVar[str] = "domain.error"

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.data = data


class NotFoundError(DomainError):
    """Nothing by that name, or nothing that the asker may see."""

    code: ClassVar[str] = "not_found"


class StaleVersionError(DomainError):
    """Somebody else changed the thing in the meantime."""

    code: ClassVar[str] = "stale_version"


class UnknownServiceError(DomainError):
    """The catalogue has no such service."""

    code: ClassVar[str] = "catalogue.unknown_service"


class UnknownSiteError(DomainError):
    """The catalogue has no such site."""

    code: ClassVar[str] = "catalogue.unknown_site"


class StorageFullError(DomainError):
    """The database could not take another row."""

    code: ClassVar[str] = "storage.full"
