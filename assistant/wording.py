"""Buttons, the summary card and status lines, from catalogue entries and plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from assistant.choices import render_payload
from assistant.extraction import UNKNOWN
from classifier.catalogue import Catalogue, ServiceEntry
from classifier.people import MANY

Buttons = list[dict[str, str]]
_MOST_SERVICES: Final = 5
_MOST_SITES: Final = 8
_CUT: Final = 300
IMPACTS: Final = {"3": "Just me", "2": "Several of us", "1": "A whole site or more"}
_FROM: Final = {
    "words": "from your words",
    "context": "from this page",
    "directory": "from the directory",
    "classifier": "our guess",
    "guess": "our guess",
    "earlier": "from what you said before",
}


def service_buttons(
    catalogue: Catalogue, named: Sequence[str], category: Mapping[str, float]
) -> Buttons:
    """The services it may be about: those named, then by the likeliest category and tier."""
    ranked = sorted(
        catalogue.services, key=lambda s: (-category.get(s.category.value, 0.0), s.tier, s.title)
    )
    first = [entry for name in named if (entry := catalogue.service(name)) is not None]
    chosen: list[ServiceEntry] = list(dict.fromkeys([*first, *ranked]))[:_MOST_SERVICES]
    return [
        *(_button(entry.title, "inform", service=entry.id) for entry in chosen),
        _button("Something else", "inform", service=UNKNOWN),
    ]


def site_buttons(catalogue: Catalogue) -> Buttons:
    sites = sorted(catalogue.sites, key=lambda site: (site.tier, site.name))[:_MOST_SITES]
    return [
        *(_button(site.name, "inform", site=site.id) for site in sites),
        _button("Somewhere else", "inform", site=UNKNOWN),
    ]


def impact_buttons() -> Buttons:
    return [_button(title, "inform", impact=level) for level, title in IMPACTS.items()]


def same_buttons() -> Buttons:
    return [
        _button("Yes, the same problem", "affirm"),
        _button("No, something else", "deny"),
    ]


def confirm_buttons() -> Buttons:
    return [
        _button("Send", "affirm"),
        _button("Change something", "change"),
        _button("Cancel", "cancel"),
    ]


def change_buttons() -> Buttons:
    fields = {"description": "What happened", "service": "Service", "site": "Place"}
    fields["impact"] = "Who is affected"
    return [_button(title, "change_field", field=name) for name, title in fields.items()]


def render_card(slots: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The summary before sending; `from` marks what the system filled in."""
    meta = slots.get("slot_meta") or {}
    service = catalogue.service(slots.get("service"))
    site = catalogue.site(slots.get("site"))
    told = " ".join(str(slots.get("description") or "").split())
    rows = [
        _row("description", "What", told if len(told) <= _CUT else told[:_CUT] + "…", meta),
        _row("service", "Service", service.title if service else None, meta),
        _row("site", "Where", site.name if site else None, meta),
        _row("impact", "Affected", _affected(slots), meta),
        _row("since", "Since", slots.get("since"), meta),
    ]
    files = len(slots.get("attachments") or ())
    if files:
        rows.append(_row("attachments", "Files", str(files), meta))
    return {"title": "Your report", "rows": [row for row in rows if row["value"]]}


def _affected(slots: Mapping[str, Any]) -> str | None:
    people = slots.get("people")
    impact = str(slots.get("impact"))
    if people and (impact == "2" or people >= MANY):
        return f"about {people} people"
    return IMPACTS.get(impact)


def _row(name: str, label: str, value: str | None, meta: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "label": label, "value": value, "from": _FROM.get(meta.get(name, ""))}


def render_status(mine: Iterable[Mapping[str, Any]]) -> str:
    """What is happening with a person's own reports, newest first."""
    lines = [_status_line(one) for one in mine]
    return "\n".join(lines)


def _status_line(one: Mapping[str, Any]) -> str:
    head = f"{one['report']}"
    if one.get("restricted"):
        return f"{head}: it is with the security team, who will contact you if they need you."
    about = f" ({one['title']})" if one.get("title") else ""
    if one["status"] == "resolved":
        return f"{head}{about}: solved, as far as IT knows. Tell me if it is not."
    people = int(one.get("reporters") or 1)
    crowd = f"{people} people report it" if people > 1 else "IT has it"
    major = " and it is handled as a major incident" if one.get("major") else ""
    workaround = f" Meanwhile: {one['workaround']}" if one.get("workaround") else ""
    return f"{head}{about}: {crowd}{major}.{workaround}"


def render_others(incident: Mapping[str, Any] | None) -> str:
    """After filing: whether others have it too, and what can be done meanwhile."""
    if incident is None or incident.get("restricted"):
        return "Only IT staff can see it."
    others = int(incident.get("reporters") or 1) - 1
    if others <= 0:
        return "IT has it now."
    crowd = "One other person reports" if others == 1 else f"{others} other people report"
    workaround = f" Meanwhile: {incident['workaround']}" if incident.get("workaround") else ""
    return f"{crowd} the same; IT sees it as one problem.{workaround}"


def _button(title: str, intent: str, **entities: str) -> dict[str, str]:
    return {"title": title, "payload": render_payload(intent, **entities)}
