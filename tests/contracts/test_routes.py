"""Closed by default: every route names a permission or stands on the list of public ones."""

from __future__ import annotations

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from api.app import OpenRouteError, check_closed, permissions, routers
from api.auth import Permission
from api.public import PUBLIC

ROUTES = [route for router in routers() for route in router.routes]
NAMES = [f"{method} {route.path}" for route in ROUTES for method in sorted(route.methods)]
FROM_OUTSIDE_OUR_ROUTERS = {"GET /openapi.json", "GET /static/{path:path}"}


def test_every_route_names_a_permission_or_is_listed_as_public() -> None:
    closed = {
        f"{method} {route.path}"
        for route in ROUTES
        for method in route.methods
        if isinstance(route, APIRoute) and permissions(route)
    }
    assert set(NAMES) == closed | (PUBLIC & set(NAMES))


def test_the_list_of_public_routes_names_nothing_that_is_closed_or_gone() -> None:
    assert set(NAMES) >= PUBLIC - FROM_OUTSIDE_OUR_ROUTERS
    assert not [
        route.path
        for route in ROUTES
        if permissions(route) and any(f"{m} {route.path}" in PUBLIC for m in route.methods)
    ]


def test_no_two_routes_claim_the_same_address() -> None:
    assert len(NAMES) == len(set(NAMES))


def test_a_route_that_names_nothing_keeps_the_app_from_starting() -> None:
    router = APIRouter()

    @router.get("/forgotten")
    def forgotten() -> None:
        """Nobody said who may."""

    with pytest.raises(OpenRouteError, match="GET /forgotten"):
        check_closed(router)


def test_routes_that_change_something_never_ask_only_for_reading() -> None:
    assert not [
        route.path
        for route in ROUTES
        if "GET" not in route.methods
        and [one for one, _ in permissions(route)] == [Permission.READ]
    ]
