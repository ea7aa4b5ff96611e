"""Buttons, the summary card and status lines, from catalogue entries and plain values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from assistant.choices import render_payload
from assistant.extraction import UNKNOWN
from assistant.phrases import say
from classifier.catalogue import Catalogue
from classifier.log_words import split_log
from classifier.people import MANY

Buttons = list[dict[str, str]]
_MOST_SERVICES: Final = 5
_MOST_SITES: Final = 8
_CUT: Final = 300
_SINCE: Final = re.compile(r"(?i)^(?:since|seit|desde)\s")
IMPACTS: Final = {"3": "Just me", "2": "Several of us", "1": "A whole site or more"}
_FROM: Final = {
    "words": "from your words",
    "context": "from this page",
    "directory": "from the directory",
    "classifier": "our guess",
    "guess": "our guess",
    "earlier": "from what you said before",
}


def rank_services(
    catalogue: Catalogue, named: Sequence[str], category: Mapping[str, float]
) -> list[str]:
    """The services it may be about: those named, then by the likeliest category and tier."""
    ranked = sorted(
        catalogue.services, key=lambda s: (-category.get(s.category.value, 0.0), s.tier, s.title)
    )
    first = [name for name in named if catalogue.service(name) is not None]
    return list(dict.fromkeys([*first, *(entry.id for entry in ranked)]))[:_MOST_SERVICES]


def service_buttons(
    catalogue: Catalogue, likely: Sequence[str], language: str | None = None
) -> Buttons:
    entries = [entry for name in likely if (entry := catalogue.service(name)) is not None]
    return [
        *(_button(entry.title, "inform", service=entry.id) for entry in entries),
        _button(say("Something else", language), "inform", service=UNKNOWN),
    ]


def site_buttons(catalogue: Catalogue, language: str | None = None) -> Buttons:
    sites = sorted(catalogue.sites, key=lambda site: (site.tier, site.name))[:_MOST_SITES]
    return [
        *(_button(site.name, "inform", site=site.id) for site in sites),
        _button(say("Somewhere else", language), "inform", site=UNKNOWN),
    ]


def impact_buttons(language: str | None = None, *, behalf: object = None) -> Buttons:
    """How far it reaches; the least is the teller alone, or the one they speak for."""
    titles = {**IMPACTS, "3": "One person"} if behalf else IMPACTS
    return [
        _button(say(title, language), "inform", impact=level) for level, title in titles.items()
    ]


def same_buttons(language: str | None = None) -> Buttons:
    return [
        _button(say("Yes, the same problem", language), "affirm"),
        _button(say("No, something else", language), "deny"),
    ]


def helped_buttons(language: str | None = None, *, filed: bool = False) -> Buttons:
    """Whether what was told helped; once it is `filed`, the answer is news of the report."""
    yes, no = ("resolved", "worse") if filed else ("affirm", "deny")
    return [
        _button(say("That helped", language), yes),
        _button(say("Still broken", language), no),
    ]


def render_steps(article: Mapping[str, Any], language: str | None = None) -> str:
    """What to do, and where to read more."""
    more = say(" More: {url}", language, url=article["url"]) if article.get("url") else ""
    return f"{article['steps']}{more}"


def confirm_buttons(language: str | None = None) -> Buttons:
    return [
        _button(say("Send", language), "affirm"),
        _button(say("Change something", language), "change"),
        _button(say("Cancel", language), "cancel"),
    ]


def change_buttons(language: str | None = None) -> Buttons:
    fields = {"description": "What happened", "service": "Service", "site": "Place"}
    fields["impact"] = "Who is affected"
    return [
        _button(say(title, language), "change_field", field=name) for name, title in fields.items()
    ]


def render_card(slots: Mapping[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """The summary before sending; `from` marks what the system filled in."""
    meta, language = slots.get("slot_meta") or {}, slots.get("language")

    def row(name: str, label: str, value: str | None) -> dict[str, Any]:
        source = _FROM.get(meta.get(name, ""))
        told = say(source, language) if source else None
        return {"name": name, "label": say(label, language), "value": value, "from": told}

    service = catalogue.service(slots.get("service"))
    site = catalogue.site(slots.get("site"))
    told = " ".join(split_log(str(slots.get("description") or "")).words.split())
    rows = [
        row("behalf", "For", slots.get("behalf")),
        row("description", "What", told if len(told) <= _CUT else told[:_CUT] + "…"),
        row("service", "Service", service.title if service else None),
        row("site", "Where", site.name if site else None),
        row("impact", "Affected", _affected(slots)),
        row("since", "Since", _SINCE.sub("", str(slots.get("since") or ""))),
    ]
    files = len(slots.get("attachments") or ())
    if files:
        rows.append(row("attachments", "Files", str(files)))
    return {
        "title": say("Your report", language),
        "rows": [told for told in rows if told["value"]],
    }


def _affected(slots: Mapping[str, Any]) -> str | None:
    people, language = slots.get("people"), slots.get("language")
    impact = str(slots.get("impact"))
    if people and (impact == "2" or people >= MANY):
        return say("about {people} people", language, people=people)
    if impact == "3" and slots.get("behalf"):
        return say("One person", language)
    return say(IMPACTS[impact], language) if impact in IMPACTS else None


def render_corrected(
    told: Mapping[str, Any], catalogue: Catalogue, language: str | None = None
) -> str:
    """What a correction of a sent report changes; empty where it names nothing of it."""
    service, site = catalogue.service(told.get("service")), catalogue.site(told.get("site"))
    impact = str(told.get("impact") or "")
    parts = [
        say("service {after}", language, after=service.title) if service else "",
        say("place {after}", language, after=site.name) if site else "",
        say(IMPACTS[impact], language) if impact in IMPACTS else "",
    ]
    return "; ".join(part for part in parts if part)


def render_status(mine: Iterable[Mapping[str, Any]], language: str | None = None) -> str:
    """What is happening with a person's own reports, newest first."""
    lines = [_status_line(one, language) for one in mine]
    return "\n".join(lines)


def _status_line(one: Mapping[str, Any], language: str | None) -> str:
    report = str(one["report"])
    if one.get("restricted"):
        return say(
            "{report}: it is with the security team, who will contact you if they need you.",
            language,
            report=report,
        )
    about = f" ({one['title']})" if one.get("title") else ""
    if one["status"] == "resolved":
        return say(
            "{report}{about}: solved, as far as IT knows. Tell me if it is not.",
            language,
            report=report,
            about=about,
        )
    people = int(one.get("reporters") or 1)
    major = say(" and it is handled as a major incident", language) if one.get("major") else ""
    return say(
        "{report}{about}: {people} people report it{major}.{workaround}"
        if people > 1
        else "{report}{about}: IT has it{major}.{workaround}",
        language,
        report=report,
        about=about,
        people=people,
        major=major,
        workaround=_meanwhile(one, language),
    )


def render_others(incident: Mapping[str, Any] | None, language: str | None = None) -> str:
    """After filing: whether others have it too, and what can be done meanwhile."""
    if incident is None or incident.get("restricted"):
        seen = say("Only those in IT who must know see it.", language)
        careful = " Please click nothing in it and do not reply."
        told = incident is not None and incident.get("mail")
        return seen + (say(careful, language) if told else "")
    others = int(incident.get("reporters") or 1) - 1
    if others <= 0:
        return say("IT has it now.", language)
    return say(
        "One other person reports the same; IT sees it as one problem.{workaround}"
        if others == 1
        else "{others} other people report the same; IT sees it as one problem.{workaround}",
        language,
        others=others,
        workaround=_meanwhile(incident, language),
    )


def _meanwhile(one: Mapping[str, Any], language: str | None) -> str:
    told = one.get("workaround")
    return say(" Meanwhile: {workaround}", language, workaround=told) if told else ""


def _button(title: str, intent: str, **entities: str) -> dict[str, str]:
    return {"title": title, "payload": render_payload(intent, **entities)}
