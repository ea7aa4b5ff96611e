"""What the organisation has: services, sites, teams. Imported, never invented."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, words
from models.vocabulary import Category


class Service(Base):
    """Something people use and can lose."""

    __tablename__ = "service"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    aliases: Mapped[list[str]]
    tier: Mapped[int]
    category: Mapped[Category] = mapped_column(words(Category))
    needs_site: Mapped[bool]
    owner: Mapped[str] = mapped_column(String(64), default="")
    depends_on: Mapped[list[str]]


class Site(Base):
    """A place people work at, with its own time zone."""

    __tablename__ = "site"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    time_zone: Mapped[str] = mapped_column(String(64))
    aliases: Mapped[list[str]]
    tier: Mapped[int]


class Team(Base):
    """Who looks after services."""

    __tablename__ = "team"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    mail: Mapped[str] = mapped_column(String(320), default="")
