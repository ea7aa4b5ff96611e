"""Articles: what one may hold, how it is written and changed, and how it is read again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final, Self
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.segments import count_units, render_gsm
from models.article import Article
from models.catalogue import Service
from models.errors import DomainError, NotFoundError, StaleVersionError
from models.ids import ArticleId, new_id
from models.storable import storable

MOST_STEPS: Final = 600
MOST_SMS: Final = 95
"""Septets: what one segment leaves beside the report's reference and the two choices."""
_MOST_TITLE: Final = 120
_MOST_EXAMPLE: Final = 200
_EXAMPLES: Final = range(2, 11)
_LANGUAGES: Final = range(1, 9)
_REFERENCE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+){0,11}")
_LANGUAGE: Final = re.compile(r"[a-z]{2}")


class BadArticleError(DomainError):
    """An article that cannot be offered as it is written."""

    code: ClassVar[str] = "article.bad"


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article in one language.

    Attributes:
        examples: What people say who need it, 2 to 10 sentences.
        steps: What to do, at most 600 characters.
        sms: The same in at most 95 septets; without it nothing is offered by text.

    """

    title: str
    examples: tuple[str, ...]
    steps: str
    sms: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "examples": list(self.examples),
            "steps": self.steps,
            "sms": self.sms,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Spaces in a row are one.

        Raises:
            BadArticleError: A part is missing or of another shape.

        """
        try:
            title, steps, examples = data["title"], data["steps"], data["examples"]
        except KeyError as error:
            raise BadArticleError(f"A text lacks {error.args[0]!r}. Write it.") from error
        sms = data.get("sms")
        if not isinstance(examples, list | tuple):
            raise BadArticleError("examples must be a list of sentences.")
        if not all(isinstance(one, str) for one in (title, steps, sms or "", *examples)):
            raise BadArticleError("title, steps, sms and every example must be texts.")
        said = tuple(dict.fromkeys(told for one in examples if (told := _plain(one))))
        return cls(_plain(title), said, _plain(steps), _plain(sms) or None if sms else None)


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """An article as somebody writes it; `texts` by language."""

    reference: str
    texts: Mapping[str, ArticleText]
    service: str | None = None
    url: str | None = None
    active: bool = field(default=True)

    def checked(self) -> Self:
        """Itself.

        Raises:
            BadArticleError: Some part of it is too long, too short or missing; it says which.

        """
        if not _REFERENCE.fullmatch(self.reference) or len(self.reference) > 64:
            raise BadArticleError(
                f"{self.reference[:64]!r} is no name. Use small letters and digits with dashes, "
                "e.g. paper-jam."
            )
        if self.url is not None and not _is_link(self.url):
            raise BadArticleError("The link must begin with https:// and have no spaces.")
        if len(self.texts) not in _LANGUAGES:
            raise BadArticleError("An article needs its text in at least one language.")
        for language, text in self.texts.items():
            _check_text(language, text)
        return self


def record_article(
    session: Session, draft: ArticleDraft, *, seen: int | None, actor: str, now: datetime
) -> Article:
    """Write a new article, or change the one of that name.

    Args:
        session: Of the caller's transaction.
        draft: What it shall be.
        seen: The version that the writer saw; None for a new one.
        actor: Who writes.
        now: When.

    Raises:
        BadArticleError: See `ArticleDraft.checked`; or there is no such service.
        StaleVersionError: Somebody changed it meanwhile, or wrote one of that name.

    """
    draft.checked()
    if draft.service is not None and session.get(Service, draft.service) is None:
        raise BadArticleError(
            f"There is no service {draft.service[:40]!r}. Choose one of the catalogue, or none."
        )
    row = session.scalars(
        select(Article).where(Article.reference == draft.reference).with_for_update()
    ).one_or_none()
    if (row.version if row is not None else None) != seen:
        raise StaleVersionError(
            f"The article {draft.reference} was changed meanwhile. Look at it again."
            if seen is not None
            else f"There is an article {draft.reference} already. Change that one, or choose "
            "another name.",
            reference=draft.reference,
            version=row.version if row is not None else None,
        )
    if row is None:
        row = Article(id=ArticleId(new_id()), reference=draft.reference, version=0)
        session.add(row)
    row.service_id, row.url, row.active = draft.service, draft.url, draft.active
    row.texts = {language: text.to_json() for language, text in draft.texts.items()}
    row.version, row.changed_by, row.changed_at = row.version + 1, actor, now
    session.flush()
    return row


def record_articles(
    session: Session, drafts: Sequence[ArticleDraft], *, actor: str, now: datetime
) -> int:
    """Write those that are new or differ, as an import does; returns how many."""
    held = {row.reference: row for row in list_articles(session)}
    written = 0
    for draft in drafts:
        row = held.get(draft.reference)
        if row is None or draft_of(row) != draft:
            seen = row.version if row is not None else None
            record_article(session, draft, seen=seen, actor=actor, now=now)
            written += 1
    return written


def list_articles(session: Session) -> Sequence[Article]:
    """All, by name."""
    return session.scalars(select(Article).order_by(Article.reference)).all()


def read_article(session: Session, reference: str) -> Article:
    """One of them.

    Raises:
        NotFoundError: There is none of that name.

    """
    row = session.scalars(select(Article).where(Article.reference == reference)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no article {reference[:64]}.", reference=reference[:64])
    return row


def draft_of(row: Article) -> ArticleDraft:
    """An article as it was written."""
    return ArticleDraft(
        reference=row.reference,
        texts={language: ArticleText.from_json(text) for language, text in row.texts.items()},
        service=row.service_id,
        url=row.url,
        active=row.active,
    )


def _check_text(language: str, text: ArticleText) -> None:
    where = f"In {language[:10]!r}"
    if not _LANGUAGE.fullmatch(language):
        raise BadArticleError(f"{language[:10]!r} is no language. Use two letters, e.g. de.")
    if not 1 <= len(text.title) <= _MOST_TITLE:
        raise BadArticleError(f"{where} the title needs 1 to {_MOST_TITLE} characters.")
    if not 1 <= len(text.steps) <= MOST_STEPS:
        raise BadArticleError(f"{where} the steps need 1 to {MOST_STEPS} characters.")
    if len(text.examples) not in _EXAMPLES:
        raise BadArticleError(f"{where} give 2 to 10 sentences that people say.")
    if any(len(one) > _MOST_EXAMPLE for one in text.examples):
        raise BadArticleError(f"{where} a sentence is longer than {_MOST_EXAMPLE} characters.")
    units = count_units(render_gsm(text.sms)) if text.sms is not None else 0
    if units is None or units > MOST_SMS:
        raise BadArticleError(
            f"{where} the text message must be plain letters and at most {MOST_SMS} signs long."
        )


def _plain(text: str) -> str:
    return " ".join(storable(text).split())


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= 500
    return plain and parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
