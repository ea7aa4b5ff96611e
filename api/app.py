"""The web application over one installation. Closed by default: see `api.public`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.staticfiles import StaticFiles

from api.auth import Permission
from api.errors import add_error_handlers
from api.hygiene import Hygiene
from api.public import PUBLIC
from api.settings import LOOPBACK, Environment, Settings
from api.wiring import Installation
from models.vocabulary import Role

MAX_BODY: Final = 1 << 20
_ROUTES: Final = (
    "api.routes.operations",
    "api.routes.conversations",
    "api.routes.attachments",
    "api.routes.uploads",
    "api.routes.reports",
    "api.routes.handoffs",
    "api.routes.staff_updates",
    "api.routes.incidents",
    "api.routes.reviews",
    "api.routes.records",
    "api.routes.policies",
    "api.routes.articles",
    "api.routes.article_pages",
    "api.routes.sms",
    "api.routes.sms_gateway",
    "api.routes.sms_texts",
    "api.routes.rasa",
    "api.routes.demo",
    "api.routes.pages",
    "api.routes.artifacts",
    "api.routes.alarms",
    "api.routes.console",
    "api.routes.console_actions",
    "api.routes.console_conversations",
    "api.routes.console_reports",
)


class OpenRouteError(RuntimeError):
    """A route neither names a permission nor is listed as public."""


def create_app(house: Installation) -> FastAPI:
    """Build the app. The caller starts and closes the installation."""
    app = FastAPI(
        title="Muster",
        summary="Reports of one disturbance become one incident while they arrive.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    app.state.installation = house
    for router in routers():
        check_closed(router)
        app.include_router(router)
    _mount_static(app)
    add_error_handlers(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(house.settings))
    # Not FastAPI's own setting: that stands outside Hygiene, so its refusals are no problems.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY)
    app.add_middleware(Hygiene, settings=house.settings)
    return app


def routers() -> Iterator[APIRouter]:
    """Every module of routes, in the order their paths are matched."""
    for name in _ROUTES:
        if find_spec(name) is not None:
            router: APIRouter = import_module(name).router
            yield router


def check_closed(router: APIRouter) -> None:
    """Every route names who may call it.

    Raises:
        OpenRouteError: One does not.

    """
    for route in router.routes:
        if not isinstance(route, APIRoute):
            msg = f"{route} is no plain route; its permission cannot be checked"
            raise OpenRouteError(msg)
        for method in route.methods or ():
            if f"{method} {route.path}" not in PUBLIC and not permissions(route):
                msg = f"{method} {route.path} names no permission and is not in api/public.py"
                raise OpenRouteError(msg)


def permissions(route: APIRoute) -> tuple[tuple[Permission, Role | None], ...]:
    """The permissions that a route asks for, each with the role that needs none."""

    def walk(dependant: Any) -> Iterator[tuple[Permission, Role | None]]:
        for one in dependant.dependencies:
            permission = getattr(one.call, "permission", None)
            if permission is not None:
                yield permission, one.call.or_role
            yield from walk(one)

    return tuple(walk(route.dependant))


def _mount_static(app: FastAPI) -> None:
    folder = Path(__file__).parent.parent / "web" / "static"
    app.mount("/static", StaticFiles(directory=folder, check_dir=False), name="static")


def _hosts(settings: Settings) -> list[str]:
    """Which Host headers are ours: against DNS rebinding on a laptop, and poisoned links."""
    named = urlsplit(settings.base_url).hostname or ""
    test = {"testserver"} if settings.environment is Environment.TEST else set()
    return sorted({named, *LOOPBACK, *test})
