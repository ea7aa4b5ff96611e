"""Which article fits what a person says: by the likeness of words, for one person's trouble alone.

The vectors of the example sentences are kept in memory, by article, version and encoder.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import select

from classifier.encoding import Encoder, EncoderUnavailableError, Vector, Vectors, gist
from classifier.reading import Reading
from incidents.articles import ArticleText, draft_of
from incidents.drafts import Draft
from incidents.readers import ReaderPort, loaded_encoder
from models.article import Article
from models.database import Database
from models.ids import ArticleId

_ALONE: Final = "3"
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class ArticlePolicy:
    """The number of offering.

    Attributes:
        likeness: Least mean cosine of a message and its two nearest examples. At it 94 % of what
            was offered was right where it was chosen and 97 % on the held half; 75 % and 67 % of
            those who could be helped were (`training_data/help_requests.md`, 2026-11-25).

    """

    likeness: float = 0.65


@dataclass(frozen=True, slots=True)
class ShelvedArticle:
    """An article ready to be compared; `vectors` are its examples' and titles', as rows."""

    id: ArticleId
    version: int
    reference: str
    service: str | None
    url: str | None
    texts: Mapping[str, ArticleText]
    vectors: Vectors

    def told(self, language: str) -> dict[str, Any]:
        """In a language, or in English, or in any; plain values."""
        text = self.texts.get(language) or self.texts.get("en") or next(iter(self.texts.values()))
        return {
            "reference": self.reference,
            "service": self.service,
            "title": text.title,
            "steps": text.steps,
            "sms": text.sms,
            "url": self.url,
        }


def choose_article(
    shelf: Sequence[ShelvedArticle],
    vector: Vector,
    services: Collection[str],
    policy: ArticlePolicy,
) -> ShelvedArticle | None:
    """The article whose two nearest examples are nearest, or None where none are near enough.

    Two, since one odd sentence draws much to it; a language that the encoder knows little most.

    Args:
        shelf: What there is.
        vector: Of the person's words, shape (d,).
        services: What they name; an article of another service is not for them.
        policy: How near is enough.

    """
    best, least = None, policy.likeness
    for one in shelf:
        if one.service is not None and services and one.service not in services:
            continue
        likeness = float(np.sort(one.vectors @ vector)[-2:].mean())
        if likeness >= least:
            best, least = one, likeness
    return best


def is_for_one(reading: Reading, impact: int | None = None) -> bool:
    """Whether words tell of one person's trouble, as far as can be read; `impact` was told."""
    if impact is not None and str(impact) != _ALONE:
        return False
    if reading.facts.people is not None and reading.facts.people > 1:
        return False
    return reading.impact.abstained or reading.impact.label in {None, _ALONE}


class ArticleShelf:
    """The articles of an organisation as they are now, with their vectors. Safe for threads."""

    def __init__(
        self, database: Database, reader: ReaderPort, policy: ArticlePolicy | None = None
    ) -> None:
        self._database, self._reader = database, reader
        self.policy = policy or ArticlePolicy()
        self._kept: dict[tuple[ArticleId, int, str], ShelvedArticle] = {}
        self._lock = threading.Lock()

    def find(self, draft: Draft, reading: Reading) -> ShelvedArticle | None:
        """The article to offer to who says this, if any. Slow; no transaction may be open."""
        if not is_for_one(reading, draft.impact):
            return None
        services = {draft.service} if draft.service else set(reading.facts.services)
        shelf = self._shelved(reading.encoder_id, at_most=_AT_ONCE)
        return choose_article(shelf, reading.vector, services, self.policy)

    def has_any(self) -> bool:
        """Whether any article is on offer."""
        with self._database.reading() as session:
            found = session.scalars(select(Article.id).where(Article.active).limit(1))
            return found.first() is not None

    def warm(self) -> None:
        """Encode what is not encoded yet, so that nobody's turn waits for it."""
        if not self.has_any():
            return
        try:
            self._shelved(self._reader.read("").encoder_id, at_most=None)
        except EncoderUnavailableError:
            return  # the first turns encode them

    def _shelved(self, encoder_id: str, *, at_most: int | None) -> list[ShelvedArticle]:
        """What is on offer; of new articles only the first sentences' worth in one turn."""
        with self._database.reading() as session:
            rows = session.execute(
                select(Article.id, Article.version).where(Article.active).order_by(Article.id)
            ).all()
            wanted = [(row.id, row.version, encoder_id) for row in rows]
            with self._lock:
                kept = {key: self._kept[key] for key in wanted if key in self._kept}
            fresh = [key[0] for key in wanted if key not in kept]
            named = select(Article).where(Article.id.in_(fresh)).order_by(Article.id)
            found = session.scalars(named).all() if fresh else ()
            new = [(row.id, row.version, draft_of(row)) for row in found]
        encoder = loaded_encoder(self._reader) if new else None
        room = at_most
        for article_id, version, draft in new:
            if encoder is None or encoder.id != encoder_id or (room is not None and room <= 0):
                break
            said = [one for text in draft.texts.values() for one in (text.title, *text.examples)]
            kept[(article_id, version, encoder_id)] = ShelvedArticle(
                article_id, version, draft.reference, draft.service, draft.url, draft.texts,
                _encode(encoder, said),
            )  # fmt: skip
            room = None if room is None else room - len(said)
        with self._lock:
            self._kept = {**self._kept, **kept} if len(kept) < len(wanted) else kept
        return list(kept.values())


def _encode(encoder: Encoder, said: Sequence[str]) -> Vectors:
    vectors: Vectors = np.asarray(encoder.encode([gist(one) for one in said]), dtype=np.float32)
    return vectors
