"""Articles for programs: the list, one, and writing one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from api import bodies
from api.auth import Asker, Permission, house_of, require
from api.routes.reviews import seen_version
from incidents.articles import ArticleDraft, draft_of, list_articles, read_article, record_article
from incidents.helping import HelpCount, count_help
from models.article import Article

router = APIRouter(prefix="/api/v1/articles", tags=["articles"])
MayRead = Depends(require(Permission.READ))
Writer = Annotated[Asker, Depends(require(Permission.ADMIN))]


@router.get("", dependencies=[MayRead])
def list_all(request: Request) -> dict[str, Any]:
    """Every article, and how often each helped."""
    with house_of(request).database.reading() as session:
        counts = count_help(session)
        return {
            "articles": [
                _render(row, counts.get(row.reference, HelpCount()))
                for row in list_articles(session)
            ]
        }


@router.get("/{reference}", dependencies=[MayRead])
def read(request: Request, response: Response, reference: str) -> dict[str, Any]:
    """One article; `ETag` is its version."""
    with house_of(request).database.reading() as session:
        row = read_article(session, reference)
        count = count_help(session).get(row.reference, HelpCount())
    response.headers["etag"] = f'"{row.version}"'
    return _render(row, count)


@router.put("/{reference}")
def write(
    request: Request,
    response: Response,
    reference: str,
    body: bodies.ArticleBody,
    asker: Writer,
    if_match: Annotated[
        str | None, Header(description="The ETag of the article that is changed; none: a new one.")
    ] = None,
) -> dict[str, Any]:
    """Write an article, or change it with the ETag that was seen."""
    house = house_of(request)
    draft = ArticleDraft(
        reference=reference,
        texts={language: text.to_text() for language, text in body.texts.items()},
        service=body.service,
        url=body.url,
        active=body.active,
    )
    seen = None if if_match is None else seen_version(if_match)
    with house.database.transaction() as session:
        row = record_article(session, draft, seen=seen, actor=asker.name, now=house.clock())
        count = count_help(session).get(row.reference, HelpCount())
    house.desk.foresight.articles.warm()
    response.headers["etag"] = f'"{row.version}"'
    return _render(row, count)


def _render(row: Article, count: HelpCount) -> dict[str, Any]:
    draft = draft_of(row)
    return {
        "reference": draft.reference,
        "version": row.version,
        "service": draft.service,
        "url": draft.url,
        "active": draft.active,
        "texts": {language: text.to_json() for language, text in draft.texts.items()},
        "changed_by": row.changed_by,
        "changed_at": row.changed_at,
        "helped": count.helped,
        "not_helped": count.not_helped,
        "unsure": count.unsure,
    }
