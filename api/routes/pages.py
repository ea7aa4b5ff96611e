"""Pages for everybody: what this is with the chat on it, help, and signing in and out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import (
    check_csrf,
    find_asker,
    house_of,
    sign_in_by_link,
    sign_in_by_password,
    sign_out,
)
from api.pages import (
    HOME,
    LONGEST_PATH,
    PageRoute,
    render_page,
    render_spoken,
    safe_path,
)
from api.staff import SignInRefusedError

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
def show_landing(request: Request) -> Response:
    house = house_of(request)
    settings = house.settings
    return render_spoken(
        request,
        "landing.html",
        store=_origin(settings.forward_url if house.is_demo else ""),
        number=settings.twilio_from,
        identity_from=settings.identity_from,
        opens=bool(settings.identity_from) or not settings.identity_required,
    )


@router.get("/help")
def show_help(request: Request) -> Response:
    number = house_of(request).settings.twilio_from
    return render_spoken(request, "help.html", number=number)


@router.get("/login")
def show_login(request: Request, next: str = HOME) -> Response:  # noqa: A002 - its name in links
    if find_asker(request) is not None:
        return _onward(next)
    return render_page(request, "login.html", onward=safe_path(next))


@router.post("/login")
def sign_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=500)],
    onward: Annotated[str, Form(max_length=LONGEST_PATH)] = HOME,
) -> Response:
    answer = _onward(onward)
    try:
        sign_in_by_password(request, answer, name.strip(), password)
    except SignInRefusedError as refusal:
        return render_page(
            request,
            "login.html",
            status=HTTPStatus.UNAUTHORIZED,
            onward=safe_path(onward),
            name=name,
            refusal=str(refusal),
        )
    return answer


@router.get("/login/link/{token}")
def show_link(request: Request, token: str) -> Response:
    """Only a button: what previews links must not use this one up."""
    return render_page(request, "login_link.html", token=token)


@router.post("/login/link/{token}")
def use_link(request: Request, token: str) -> Response:
    answer = _onward(HOME)
    try:
        sign_in_by_link(request, answer, token)
    except SignInRefusedError as refusal:
        return render_page(
            request,
            "login.html",
            status=HTTPStatus.UNAUTHORIZED,
            onward=HOME,
            refusal=str(refusal),
        )
    return answer


@router.post("/logout")
def leave(request: Request, csrf: Annotated[str, Form(max_length=200)] = "") -> Response:
    if find_asker(request) is not None:
        check_csrf(request, csrf)
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    sign_out(request, answer)
    return answer


def _onward(path: str) -> RedirectResponse:
    return RedirectResponse(safe_path(path), HTTPStatus.SEE_OTHER)


def _origin(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else ""
