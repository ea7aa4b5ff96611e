"""What a reporter says after filing changes the report's fields, as a person's word does.

Their words are kept as an addition; here the fields follow: an answer or a correction stands
above what was read, and "it is worse" never makes anything better. Which incident the report
is in does not change: that is for staff, who see the addition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from incidents.organisation import Organisation
from incidents.report_rows import grade_report
from models.report import Report

_LEVELS: Final = frozenset({1, 2, 3})
_ALONE: Final = 3


def take_later(
    report: Report, organisation: Organisation, kind: str, data: Mapping[str, Any]
) -> bool:
    """Take what was told later into the row; whether that changed anything.

    Args:
        report: The row, inside the transaction.
        organisation: Catalogue and numbers.
        kind: Of the addition. A `correction` replaces what it names, an `answer` what was asked;
            `worse` only raises; they and `more` fill a service or a site that is missing.
        data: service, site, impact, people as far as told; of an answer `asked` and `told`.

    """
    told = {**data, str(data.get("asked")): data.get("told")} if kind == "answer" else dict(data)
    before = (report.service_id, report.site_id, report.impact, report.people)
    if kind == "correction":
        _replace(report, organisation, told)
    elif kind == "answer":
        _replace(report, organisation, {name: told.get(name) for name in ("impact", "people")})
    elif kind == "worse":
        _raise(report, told)
    if kind in {"answer", "worse", "more"}:
        _fill(report, organisation, told)
    if before == (report.service_id, report.site_id, report.impact, report.people):
        return False
    grade_report(report, organisation, anew=kind == "correction")
    return True


def _replace(report: Report, organisation: Organisation, told: Mapping[str, Any]) -> None:
    service = organisation.catalogue.service(told.get("service"))
    site = organisation.catalogue.site(told.get("site"))
    if service is not None:
        report.service_id, report.category = service.id, service.category
        _mark(report, "service", "category")
    if site is not None:
        report.site_id = site.id
        _mark(report, "site")
    if (level := _level(told)) is not None:
        report.impact = level
        _mark(report, "impact")
    if told.get("people"):
        report.people = int(told["people"])
        _mark(report, "people")
    elif level == _ALONE and (report.people or 0) > 1:
        report.people = None  # they were counted wrong
        _mark(report, "people")


def _fill(report: Report, organisation: Organisation, told: Mapping[str, Any]) -> None:
    missing = {"service": report.service_id is None, "site": report.site_id is None}
    _replace(
        report, organisation, {name: told.get(name) for name, empty in missing.items() if empty}
    )


def _raise(report: Report, told: Mapping[str, Any]) -> None:
    level, people = _level(told), int(told.get("people") or 0)
    if level is not None and level < report.impact:
        report.impact = level
        _mark(report, "impact")
    if people > (report.people or 0):
        report.people = people
        _mark(report, "people")


def _level(told: Mapping[str, Any]) -> int | None:
    said = str(told.get("impact") or "")
    return int(said) if said.isdigit() and int(said) in _LEVELS else None


def _mark(report: Report, *names: str) -> None:
    report.filled_in = {**report.filled_in, **dict.fromkeys(names, "told")}
