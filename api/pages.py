"""How a page is made: escaped templates, refusals that people can read, moments in UTC."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from fastapi.templating import Jinja2Templates
from starlette.exceptions import HTTPException
from typing_extensions import override

from api.auth import LOOKS_ONLY, Asker, Permission, csrf_token, find_asker, house_of
from api.errors import STATUS
from incidents.handoffs import count_waiting
from models.errors import DomainError

if TYPE_CHECKING:
    from api.wiring import Installation

ENGLISH: Final = "en"
HOME: Final = "/console"
LONGEST_PATH: Final = 500
_PAGES: Final = Path(__file__).parent.parent / "web" / "templates"
TEMPLATES: Final = Jinja2Templates(_PAGES)
_LONGEST: Final = 200
_WEIGHT: Final = re.compile(r"q=([01](?:\.\d{0,3})?)")
_SIGN_IN: Final = "auth.needed"


def render_page(
    request: Request,
    template: str,
    *,
    asker: Asker | None = None,
    status: int = 200,
    **context: Any,
) -> Response:
    """One page; `may` and `csrf` are the asker's."""
    house = house_of(request)

    def may(permission: str) -> bool:
        """Whether the asker may look at (forwarding, restricted) or change something."""
        wanted = Permission(permission)
        changes = wanted in {Permission.REVIEW, Permission.DECLARE, Permission.ADMIN}
        return (
            asker is not None and asker.may(wanted) and not (changes and asker.role in LOOKS_ONLY)
        )

    looks_only = asker is not None and asker.role in LOOKS_ONLY
    shared = {
        "asker": asker,
        "may": may,
        "looks_only": looks_only,
        "csrf": csrf_token(request) if asker is not None else "",
        "demo": house.is_demo,
        "path": request.url.path,
        "language": "en",
        "now": house.clock(),
        "rereading": _rereading(house) if asker is not None else None,
        "people_waiting": _people_waiting(house) if may(Permission.REVIEW) else 0,
    }
    return TEMPLATES.TemplateResponse(request, template, shared | context, status_code=status)


def _people_waiting(house: Installation) -> int:
    """How many people wait for one of staff, for the navigation."""
    with house.database.reading() as session:
        return count_waiting(session)


def render_spoken(request: Request, template: str, **context: Any) -> Response:
    """A page for everybody, in the language the browser asks for; English where we lack it."""
    language = choose_language(request.headers.get("accept-language", ""), spoken_pages())
    named = template if language == ENGLISH else f"{language}/{template}"
    asker = find_asker(request)
    page = render_page(request, named, asker=asker, language=language, **context)
    page.headers["Content-Language"] = language
    page.headers["Vary"] = "Accept-Language"
    return page


@cache
def spoken_pages() -> tuple[str, ...]:
    """English, and each language with a folder of pages."""
    folders = (one.parent.name for one in _PAGES.glob("*/landing.html"))
    return (ENGLISH, *sorted(folders))


def choose_language(wanted: str, spoken: Sequence[str]) -> str:
    """The best of what an Accept-Language header asks for; the first spoken where it has none."""
    weighed = []
    for part in wanted[:_LONGEST].split(","):
        tag, _, weight = part.partition(";")
        found = _WEIGHT.fullmatch(weight.strip())
        weighed.append((float(found[1]) if found else float(not weight), tag.strip().lower()[:2]))
    asked = sorted((one for one in weighed if one[1] in spoken), key=lambda one: -one[0])
    return asked[0][1] if asked and asked[0][0] > 0 else spoken[0]


def _rereading(house: Installation) -> str | None:
    """How far it is after a change of the encoder; None where all is read."""
    progress = house.tending.progress
    return None if progress is None or progress.is_whole else progress.sentence


class PageRoute(APIRoute):
    """A route whose refusals are pages; who is not signed in is asked to."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def show(request: Request) -> Response:
            try:
                return await handle(request)
            except DomainError as error:
                return render_refusal(request, error)
            except (RequestValidationError, HTTPException) as error:
                status = error.status_code if isinstance(error, HTTPException) else 422
                return render_trouble(
                    request, status, "This address or form is not complete. Go back and try again."
                )

        return show


def render_refusal(request: Request, error: DomainError) -> Response:
    """What a person reads instead of a problem in JSON."""
    if error.code == _SIGN_IN:
        if "hx-request" in request.headers:
            login = _sign_in_for(_page_around(request))
            return Response(status_code=204, headers={"HX-Redirect": login})
        here = request.url.path if request.method == "GET" else HOME
        return RedirectResponse(_sign_in_for(here), HTTPStatus.SEE_OTHER)
    return render_trouble(request, STATUS.get(error.code, 500), str(error), code=error.code)


def _sign_in_for(onward: str) -> str:
    return f"/login?next={quote(onward, safe='/')}"


def _page_around(request: Request) -> str:
    """The page that asked for a part of itself: a part alone is nothing to come back to."""
    try:
        page = urlsplit(request.headers.get("hx-current-url", ""))
    except ValueError:
        return HOME
    return safe_path(f"{page.path}?{page.query}" if page.query else page.path)


def safe_path(path: str) -> str:
    """Only into the console: a link must not send people elsewhere after they signed in."""
    inside = path == HOME or path.startswith((f"{HOME}/", f"{HOME}?"))
    fits = len(path) <= LONGEST_PATH and "\\" not in path and path.isprintable()
    return path if inside and fits else HOME


def render_trouble(request: Request, status: int, sentence: str, *, code: str = "") -> Response:
    return render_page(
        request,
        "trouble.html",
        asker=find_asker(request),
        status=status,
        sentence=sentence,
        missing=status == HTTPStatus.NOT_FOUND,
        code=code,
    )


def render_moment(moment: datetime | None) -> str:
    """A moment for people without JavaScript; with it, the page shows their own time."""
    return "" if moment is None else moment.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC")


def render_wait(since: datetime | None, now: datetime) -> str:
    """How long ago, coarsely."""
    if since is None:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return "less than a minute"


TEMPLATES.env.filters["moment"] = render_moment
TEMPLATES.env.trim_blocks = True
TEMPLATES.env.lstrip_blocks = True
TEMPLATES.env.globals["wait"] = render_wait
