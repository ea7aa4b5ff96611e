"""What an incident's page shows: members with their evidence, what looks related, what happened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from api.views import site_name
from api.views_labels import LabelReason, render_labels
from classifier.catalogue import Catalogue
from incidents.queries import MemberView
from models.incident import TimelineEntry
from models.report import Report
from models.vocabulary import Author, HelpOutcome

_SOON: Final = timedelta(minutes=5)
_AUTHORS: Final[Mapping[Author, str]] = {
    Author.MODEL: "by likeness",
    Author.SIGNATURE: "by an exact signature",
    Author.REPORTER: "the reporter said so",
    Author.STAFF: "by staff",
    Author.POLICY: "by rule",
}
_MEASURES: Final[Mapping[str, str]] = {
    "max": "Closest member in meaning",
    "top3": "Closest three, on average",
    "mean": "All members, on average",
    "far": "Hardly alike",
    "only_likeness": "Close in meaning, and nothing else is known",
    "centroid": "The group as a whole",
    "csls": "Closer than to others",
    "members_base": "How common the members' like is",
    "rank": "Rank among past reports",
    "surge": "More than usual just now",
    "surge_alike": "More than usual just now, and alike",
    "pull": "Like reports in the last hours",
    "claim": "More like this group than any other",
    "trouble": "Tells of something broken now",
    "trouble_shared": "Both tell of something broken now",
    "since_last": "Time since the last one",
    "since_first": "Time since the first one",
    "recent": "Recent reports",
    "size": "Size of the group",
    "single": "The group is one report",
    "words": "Shared rare words",
    "same_service": "Same service",
    "other_service": "Another service",
    "service_crowd": "Unusually many name this service",
    "same_reporter": "The same person reported it before",
    "same_site": "Same site",
    "other_site": "Another site",
    "same_signature": "Same error code or host",
}
_KINDS: Final[Mapping[str, str]] = {
    "incident.opened": "Opened",
    "incident.proposed": "Proposed as a major incident",
    "incident.no_longer_proposed": "No longer proposed: too few people are left",
    "incident.published": "Came into the queue",
    "incident.severity_changed": "Severity changed",
    "incident.declared": "Declared a major incident",
    "incident.rejected": "Rejected as a major incident",
    "incident.merged": "Another incident was merged into this one",
    "incident.absorbed": "Merged into another incident",
    "incident.split": "Reports were split off",
    "incident.report_moved": "A report was moved",
    "incident.locked": "Locked: takes no more reports by itself",
    "incident.unlocked": "Unlocked: takes reports again",
    "incident.resolved": "Resolved",
    "incident.reopened": "Opened again",
    "incident.titled": "Title set",
    "incident.severity_set": "Severity set by staff",
    "incident.priority_set": "Priority set by staff",
    "incident.category_set": "Category set by staff",
    "incident.kept_apart": "Said not to be the same",
    "incident.kept_together": "Said to belong together",
    "incident.workaround_set": "Workaround set",
    "incident.recurrence_found": "Looks like an earlier incident",
    "incident.same_cause_said": "Said to have had the same cause",
    "incident.other_cause_said": "Said to have had another cause",
    "attachment.suggested": "Looks related",
    "report.joined": "Report joined",
    "report.left": "Report left",
    "report.extended": "The reporter added something",
    "review.undone": "A review was taken back",
}
_KEY: Final = frozenset(
    {
        "incident.proposed",
        "incident.declared",
        "incident.rejected",
        "incident.merged",
        "incident.split",
        "incident.resolved",
        "review.undone",
    }
)
_EXTENSIONS: Final[Mapping[str, str]] = {
    "more": "said more",
    "worse": "says it is not solved",
    "resolved": "says it works again",
    "answer": "answered a question",
    "resolved_by_workaround": "says the workaround helps",
    "correction": "corrected",
    "withdrawn": "takes it back",
    "log": "pasted a log",
}
_OUTCOMES: Final[Mapping[HelpOutcome, str]] = {
    HelpOutcome.HELPED: "it helped",
    HelpOutcome.NOT_HELPED: "it did not help",
    HelpOutcome.UNSURE: "not known whether it helped",
}
_FILLED: Final[Mapping[str, str]] = {
    "words": "from the words",
    "classifier": "our guess",
    "guess": "our guess, unsure",
    "service": "goes with the service",
    "told": "said so",
    "vip": "raised by policy: VIP",
    "page": "from the page",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text; `kind` is empty, `word` (shared with a neighbour) or `fact`."""

    text: str
    kind: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A report or an incident that was compared with."""

    reference: str
    percent: int | None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured thing: its value, and how much it spoke for or against."""

    name: str
    value: str
    weight: str


@dataclass(frozen=True, slots=True)
class Member:
    """One report on its incident's page. `recorded_at` only where it was written down later."""

    reference: str
    reporter: str
    verified: bool
    channel: str
    at: datetime
    recorded_at: datetime | None
    spans: tuple[Span, ...]
    why: str
    author: str
    percent: int | None
    facts: tuple[tuple[str, str], ...]
    nearest: tuple[Neighbour, ...]
    runner_up: Neighbour | None
    measures: tuple[Measure, ...]
    additions: tuple[tuple[str, str, datetime], ...]
    files: tuple[tuple[str, str], ...] = field(default=())
    tried: tuple[tuple[str, datetime], ...] = field(default=())
    labels: tuple[LabelReason, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline."""

    text: str
    actor: str
    at: datetime
    key: bool
    report: str | None
    related: tuple[str, ...]


def render_member(
    view: MemberView, catalogue: Catalogue, *, visible: Iterable[str] | None = None
) -> Member:
    """One member; incidents outside `visible` are not named, unless it is None."""
    report, evidence = view.report, view.link.evidence
    seen = None if visible is None else frozenset(visible)
    runner = evidence.get("runner_up") or None
    if runner and (not runner["incident"] or (seen is not None and runner["incident"] not in seen)):
        runner = None
    return Member(
        reference=report.reference,
        reporter=view.reporter,
        verified=view.verified_by is not None,
        channel=report.channel.value,
        at=report.occurred_at or report.received_at,
        recorded_at=report.received_at if _written_later(report) else None,
        spans=render_spans(view.text, evidence.get("words", ()), report.facts),
        why=str(evidence.get("sentence", "")),
        author=_AUTHORS[view.link.author],
        percent=_percent(view.link.probability) if evidence.get("calibrated") else None,
        facts=_facts(view, catalogue),
        nearest=tuple(
            Neighbour(one["report"], round(100 * one["cosine"]), ", ".join(one["words"]))
            for one in evidence.get("nearest", ())
        ),
        runner_up=Neighbour(
            runner["incident"],
            round(100 * runner["probability"]) if evidence.get("calibrated") else None,
        )
        if runner
        else None,
        measures=_measures(evidence),
        additions=tuple(
            (_EXTENSIONS.get(one.kind, one.kind), one.text, one.at) for one in view.additions
        ),
        files=tuple((str(one.id), one.name) for one in view.attachments),
        tried=tuple((_tried(one), one["at"]) for one in view.tried),
        labels=render_labels(report.assessment),
    )


def render_spans(
    text: str | None, words: Sequence[str], facts: Sequence[Mapping[str, Any]]
) -> tuple[Span, ...]:
    """A text in pieces: facts with what they mean, and words shared with a neighbour.

    The pieces together are the text. Where two overlap, the fact wins.
    """
    if text is None:
        return (Span("The words were erased."),)
    found: list[tuple[int, int, str, str]] = []
    for fact in facts:
        start, end = int(fact["start"]), int(fact["end"])
        if 0 <= start < end <= len(text) and text[start:end] == fact["text"]:
            kind = str(fact["kind"]).replace("_", " ")
            sign = "not " if fact.get("negated") else ""
            found.append((start, end, "fact", f"{kind}: {sign}{fact['value']}"))
    if words:
        alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        found.extend(
            (match.start(), match.end(), "word", "shared with a close report")
            for match in re.finditer(rf"(?<!\w)(?:{alternatives})(?!\w)", text, re.IGNORECASE)
        )
    spans: list[Span] = []
    at = 0
    for start, end, kind, note in sorted(found, key=lambda one: (one[0], one[2] != "fact")):
        if start < at:
            continue
        if start > at:
            spans.append(Span(text[at:start]))
        spans.append(Span(text[start:end], kind, note))
        at = end
    if at < len(text):
        spans.append(Span(text[at:]))
    return tuple(spans)


def related_incidents(members: Iterable[MemberView], own: str) -> dict[str, float]:
    """Other incidents that members looked like: the best probability of each, best first.

    A runner-up counts from half of what joining needed.
    """
    best: dict[str, float] = {}
    for member in members:
        evidence = member.link.evidence
        runner = evidence.get("runner_up")
        near = runner and runner["probability"] >= evidence.get("threshold", 0.0) / 2
        for one in [*evidence.get("suggested", ()), *([runner] if near else ())]:
            reference = one["incident"]
            if reference and reference != own:
                best[reference] = max(best.get(reference, 0.0), float(one["probability"]))
    return dict(sorted(best.items(), key=lambda item: -item[1]))


def render_happening(entry: TimelineEntry, references: Mapping[Any, str]) -> Happening:
    """One line in plain words."""
    text = _KINDS.get(entry.kind, entry.kind.replace(".", " ").replace("_", " ").capitalize())
    data = entry.data
    if entry.kind == "incident.severity_changed":
        people, sites = data.get("reporters"), data.get("sites")
        text = f"Severity {data.get('before')} → {data.get('after')} ({_many(people, 'person')}"
        text += f", {_many(sites, 'site')})" if sites else ")"
    elif entry.kind == "report.extended":
        text = f"The reporter {_EXTENSIONS.get(str(data.get('kind')), 'added something')}"
    elif data.get("sentence") and not entry.kind.startswith("report."):
        text = f"{text}: {data['sentence']}"
    return Happening(
        text=text,
        actor=entry.actor or "",
        at=entry.at,
        key=entry.kind in _KEY,
        report=references.get(entry.report_id),
        related=tuple(data.get("related", ())),
    )


def _tried(one: Mapping[str, Any]) -> str:
    told = f"the article {one['article']}" if one["article"] else "the workaround"
    return f"Was told {told}: {_OUTCOMES[HelpOutcome(one['outcome'])]}"


def _written_later(report: Report) -> bool:
    told = report.occurred_at
    return told is not None and report.received_at - told > _SOON


def _many(count: Any, noun: str) -> str:
    plural = "people" if noun == "person" else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def _facts(view: MemberView, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    report = view.report
    service = catalogue.service(report.service_id)
    rows = (
        ("For", view.behalf, "behalf"),
        ("Service", service.title if service else report.service_id, "service"),
        ("Site", site_name(catalogue, report.site_id), "site"),
        (
            "Category",
            report.category.value.replace("_", " ") if report.category else "",
            "category",
        ),
        ("Impact / urgency", f"{report.impact} / {report.urgency} ({report.priority})", "impact"),
        ("Priority", report.priority.value if "priority" in report.filled_in else "", "priority"),
        ("Severity", report.severity.value, ""),
        ("People", str(report.people) if report.people is not None else "", "people"),
        ("Since", report.since, "since"),
        *(("Asked", because, "") for because in report.assessment.get("asked", {}).values()),
    )
    return tuple(
        (label, f"{value} · {source}" if (source := _source(report.filled_in, name)) else value)
        for label, value, name in rows
        if value
    )


def _source(filled_in: Mapping[str, Any], name: str) -> str:
    told = filled_in.get(name)
    return _FILLED.get(told, told) if isinstance(told, str) else ""


def _measures(evidence: Mapping[str, Any]) -> tuple[Measure, ...]:
    measures: Mapping[str, float] = evidence.get("measures", {})
    weights: Mapping[str, float] = evidence.get("weights", {})
    names = sorted(measures, key=lambda name: -abs(weights.get(name, 0.0)))
    return tuple(
        Measure(
            _MEASURES.get(name, name.replace("_", " ")),
            f"{measures[name]:.2f}",
            f"{weights[name]:+.2f}" if name in weights else "",
        )
        for name in names
    )


def _percent(value: float | None) -> int | None:
    return None if value is None else round(100 * value)
