"""The reference pages, generated from the code that keeps the promises; a test finds stale ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final

from fastapi.routing import APIRoute

import api
import assistant
import classifier
import incidents
import models
from api.app import permissions, routers
from api.errors import STATUS
from api.public import PUBLIC
from api.settings import Settings
from models.errors import DomainError
from models.records import SCHEMAS, RecordKind

_NOTE: Final = "<!-- Written by `muster docs`; change the code, not this page. -->\n\n"


def write_reference(folder: Path) -> list[Path]:
    """Write every page; returns their paths."""
    written = []
    for name, text in render_reference().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def render_reference() -> Mapping[str, str]:
    """File name to content."""
    _import_everything()
    return {
        "settings.md": _NOTE + render_settings(),
        "http.md": _NOTE + render_routes(),
        "errors.md": _NOTE + render_errors(),
        "records.md": _NOTE + render_records(),
        **{
            f"records/{name}.v1.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
            for name, schema in SCHEMAS.items()
        },
    }


def render_settings() -> str:
    rows = ["# Settings", "", "Environment variables, read once at the start.", ""]
    rows += ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(
            f"| `MUSTER_{name.upper()}` | {_default(name, field.default)} "
            f"| {_cell(field.description or '')} |"
        )
    return "\n".join(rows) + "\n"


def render_routes() -> str:
    rows = [
        "# HTTP",
        "",
        "Errors are [problems](errors.md) (RFC 9457). Shapes of bodies: `/openapi.json`.",
        "",
        "| route | who may | what it does |",
        "|---|---|---|",
    ]
    for method, path, who, words in sorted(_routes(), key=lambda row: (row[1], row[0])):
        rows.append(f"| `{method} {path}` | {who} | {_cell(words)} |")
    return "\n".join(rows) + "\n"


def render_errors() -> str:
    words = {error.code: (error.__doc__ or "").splitlines()[0] for error in _errors(DomainError)}
    rows = ["# Errors", "", "`code` stands in every problem and never changes.", ""]
    rows += ["| code | status | when |", "|---|---|---|"]
    for code, status in sorted(STATUS.items()):
        rows.append(f"| `{code}` | {status} | {_cell(words.get(code, ''))} |")
    return "\n".join(rows) + "\n"


def render_records() -> str:
    rows = [
        "# Records",
        "",
        "What outside systems get: CloudEvents 1.0, signed as Standard Webhooks asks.",
        "`webhook-id` is the event's `id` and the same on every try.",
        "",
        "| type | shape of `data` |",
        "|---|---|",
    ]
    rows += [
        f"| `{kind.value}` | [{kind.schema_name}](records/{kind.schema_name}.v1.json) |"
        for kind in RecordKind
    ]
    return "\n".join(rows) + "\n"


def _routes() -> Iterator[tuple[str, str, str, str]]:
    for router in routers():
        for route in router.routes:
            if not isinstance(route, APIRoute):
                continue
            words = (route.endpoint.__doc__ or "").splitlines()
            asked = sorted(
                f"{permission} (or {role})" if role else str(permission)
                for permission, role in permissions(route)
            )
            for method in sorted(route.methods or ()):
                public = f"{method} {route.path}" in PUBLIC
                who = ", ".join(asked) or ("public" if public else "")
                yield method, route.path, who, words[0] if words else ""


def _import_everything() -> None:
    """Errors are known once their modules are."""
    for package in (models, classifier, incidents, assistant, api):
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                import_module(found.name)


def _errors(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _errors(one)


def _default(name: str, value: Any) -> str:
    if name == "artifacts_dir":
        return "`artifacts` beside the code"
    if value in {None, ""} or value == ():
        return ""
    return f"`{value}`"


def _cell(words: str) -> str:
    return words.replace("|", "\\|")
