"""The declarative base, constraint names; how a moment, a word and a vector are stored."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
import numpy.typing as npt
from sqlalchemy import JSON, DateTime, Dialect, Enum, LargeBinary, MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from models import ids
from models.clock import require_aware

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A column that refuses naive datetimes and always returns UTC.

    SQLite drops offsets on the way in, so the offset is put back on the way out.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else require_aware(value)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UnitVector(TypeDecorator[npt.NDArray[np.float32]]):
    """One text's vector, shape (d,), float32, unit length, as little-endian bytes."""

    impl = LargeBinary
    cache_ok = True

    @override
    def process_bind_param(
        self, value: npt.NDArray[np.float32] | None, dialect: Dialect
    ) -> bytes | None:
        return None if value is None else np.ascontiguousarray(value, dtype="<f4").tobytes()

    @override
    def process_result_value(
        self, value: bytes | None, dialect: Dialect
    ) -> npt.NDArray[np.float32] | None:
        return None if value is None else np.frombuffer(value, dtype="<f4").astype(np.float32)


E = TypeVar("E", bound=StrEnum)


def words(vocabulary: type[E]) -> Enum:
    """A column that holds a value of a closed vocabulary, as plain text on every database."""
    return Enum(
        vocabulary,
        native_enum=False,
        length=32,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Every table, with predictable constraint names for migrations."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {
        datetime: UtcDateTime(),
        UUID: Uuid(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        list[Any]: JSON(),
        **{kind: Uuid() for name, kind in vars(ids).items() if name.endswith("Id")},
    }
