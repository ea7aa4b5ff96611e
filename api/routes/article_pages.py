"""The pages of articles: how often each helped, and the form that writes one."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Asker, Permission, house_of, require
from api.errors import STATUS
from api.pages import PageRoute, render_page
from assistant.phrases import spoken_languages
from incidents.articles import (
    MOST_SMS,
    MOST_STEPS,
    ArticleDraft,
    ArticleText,
    BadArticleError,
    draft_of,
    list_articles,
    read_article,
    record_article,
)
from incidents.helping import HelpCount, count_help
from models.errors import StaleVersionError
from models.storable import storable

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Asker, Depends(require(Permission.READ))]
Admin = Annotated[Asker, Depends(require(Permission.ADMIN))]
Parts = Annotated[list[Annotated[str, Form(max_length=4000)]], Form(max_length=8)]
_PARTS: Final = ("title", "examples", "steps", "sms")
_FIRST: Final = "en"


@router.get("/console/articles")
def show_articles(request: Request, asker: Reader) -> Response:
    house = house_of(request)
    with house.database.reading() as session:
        counts = count_help(session)
        rows = [
            {
                "row": row,
                "title": _title(draft_of(row)),
                "service": house.organisation.catalogue.service(row.service_id),
                "count": counts.get(row.reference, HelpCount()),
            }
            for row in list_articles(session)
        ]
    return render_page(request, "console/articles.html", asker=asker, rows=rows)


@router.get("/console/articles/write")
def show_form(
    request: Request, asker: Admin, name: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """An article to be changed, or an empty one."""
    if not name:
        return _render_form(request, asker, {"reference": "", "active": True}, {}, version=None)
    with house_of(request).database.reading() as session:
        row = read_article(session, name)
    draft = draft_of(row)
    fields = {
        "reference": draft.reference,
        "service": draft.service or "",
        "url": draft.url or "",
        "active": draft.active,
    }
    texts = {
        language: {**text.to_json(), "examples": "\n".join(text.examples), "sms": text.sms or ""}
        for language, text in draft.texts.items()
    }
    return _render_form(request, asker, fields, texts, version=row.version)


@router.post("/console/articles/write")
def write(
    request: Request,
    asker: Admin,
    reference: Annotated[str, Form(max_length=200)],
    language: Parts,
    title: Parts,
    examples: Parts,
    steps: Parts,
    sms: Parts,
    service: Annotated[str, Form(max_length=64)] = "",
    url: Annotated[str, Form(max_length=600)] = "",
    active: Annotated[bool, Form()] = False,
    version: Annotated[int | None, Form()] = None,
) -> Response:
    """Keep an article; where it cannot be kept, the form comes back as it was typed.

    It comes back with the version that the writer saw: what they have not seen is not written
    over by pressing the same button again.
    """
    house = house_of(request)
    name = storable(reference).strip()
    fields = {"reference": name, "service": service, "url": url, "active": active}
    texts = _typed(language, (title, examples, steps, sms))
    draft = ArticleDraft(
        reference=name,
        texts={one: _text(told) for one, told in texts.items()},
        service=storable(service) or None,
        url=url.strip() or None,
        active=active,
    )
    try:
        with house.database.transaction() as session:
            record_article(session, draft, seen=version, actor=asker.name, now=house.clock())
    except (BadArticleError, StaleVersionError) as refusal:
        return _render_form(request, asker, fields, texts, version=version, refusal=refusal)
    house.desk.foresight.articles.warm()
    return RedirectResponse("/console/articles", HTTPStatus.SEE_OTHER)


def _render_form(
    request: Request,
    asker: Asker,
    fields: dict[str, Any],
    texts: dict[str, dict[str, Any]],
    *,
    version: int | None,
    refusal: BadArticleError | StaleVersionError | None = None,
) -> Response:
    languages = sorted({*spoken_languages(), *texts}, key=lambda one: (one != _FIRST, one))
    return render_page(
        request,
        "console/article.html",
        asker=asker,
        status=STATUS[refusal.code] if refusal else HTTPStatus.OK,
        fields=fields,
        languages=languages,
        texts=texts,
        version=version,
        services=house_of(request).organisation.catalogue.services,
        sentence=str(refusal) if refusal else None,
        unseen=isinstance(refusal, StaleVersionError) and refusal.data["version"] is not None,
        most_steps=MOST_STEPS,
        most_sms=MOST_SMS,
    )


def _typed(languages: Sequence[str], parts: Sequence[Sequence[str]]) -> dict[str, dict[str, str]]:
    """What was typed, by language; a language in which nothing was typed is left out."""
    typed = {}
    for number, language in enumerate(languages):
        told = {
            name: part[number] if number < len(part) else ""
            for name, part in zip(_PARTS, parts, strict=True)
        }
        if any(one.strip() for one in told.values()):
            typed[storable(language)[:10]] = told
    return typed


def _text(told: dict[str, str]) -> ArticleText:
    return ArticleText.from_json({**told, "examples": told["examples"].splitlines()})


def _title(draft: ArticleDraft) -> str:
    text = draft.texts.get(_FIRST) or next(iter(draft.texts.values()))
    return text.title
