"""What staff do on the console: look at a preview, decide, take back. Each is one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from api.auth import Asker, Permission, house_of, require
from api.errors import STATUS
from api.pages import PageRoute, render_page
from api.routes.console import back_to
from api.views import pair_glimpses
from api.views_incident import render_happening
from incidents import actions as act
from incidents.forwarding import replay_parked
from incidents.overview import entries_since, newest_seq, report_references
from incidents.queries import read_incident
from incidents.review import NewerReviewError, Reviewed
from models.errors import DomainError, NotFoundError, StaleVersionError
from models.incident import Incident, Review
from models.vocabulary import Category, Priority, Severity

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Analyst = Annotated[Asker, Depends(require(Permission.REVIEW))]
Decider = Annotated[Asker, Depends(require(Permission.DECLARE))]
Version = Annotated[int | None, Form()]
Seen = Annotated[int, Form()]
Step = Annotated[str, Form(max_length=10)]
Text = Annotated[str, Form(max_length=2000)]
References = Annotated[list[str] | None, Form()]
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One form as it was sent: the action, and its fields so that nothing typed is lost."""

    address: str
    action: act.Action
    fields: Sequence[tuple[str, str]]
    seen: int
    ask_first: bool = False


_PREVIEWED: Final = (act.Merge, act.Split, act.MoveReport)
_CHANGES: Final[Mapping[str, Callable[[act.Target, str], act.Action]]] = {
    "lock": lambda target, _: act.SetLock(target, locked=True),
    "unlock": lambda target, _: act.SetLock(target, locked=False),
    "resolve": lambda target, _: act.Resolve(target),
    "reopen": lambda target, _: act.Reopen(target),
    "title": lambda target, value: act.Retitle(target, value.strip() or None),
    "severity": lambda target, value: act.SetSeverity(target, _one_of(Severity, value)),
    "priority": lambda target, value: act.SetPriority(target, _one_of(Priority, value)),
    "category": lambda target, value: act.SetCategory(target, _one_of(Category, value)),
    "apart": act.KeepApart,
    "together": lambda target, value: act.KeepTogether(target, tuple(value.split())),
    "same_cause": lambda target, value: act.SayCause(target, value.strip(), same=True),
    "other_cause": lambda target, value: act.SayCause(target, value.strip(), same=False),
    "workaround": lambda target, value: act.SetWorkaround(target, value.strip() or None),
}
_DECISIONS: Final[Mapping[str, Callable[[act.Target, str], act.Action]]] = {
    "accept": lambda target, _: act.Accept(target),
    "declare": lambda target, _: act.Declare(target),
    "reject": act.Reject,
}


@router.post("/console/incidents/{reference}/decide")
def decide(
    request: Request,
    asker: Decider,
    reference: str,
    verb: Annotated[str, Form(max_length=20)],
    value: Text = "",
    version: Version = None,
    seen: Seen = 0,
) -> Response:
    """Accept, reject or declare."""
    return _simple(request, asker, reference, "decide", _DECISIONS, (verb, value), version, seen)


@router.post("/console/incidents/{reference}/change")
def change(
    request: Request,
    asker: Analyst,
    reference: str,
    verb: Annotated[str, Form(max_length=20)],
    value: Text = "",
    version: Version = None,
    seen: Seen = 0,
) -> Response:
    """Lock, resolve, reopen, and what staff set."""
    return _simple(request, asker, reference, "change", _CHANGES, (verb, value), version, seen)


@router.post("/console/incidents/{reference}/split")
def split(
    request: Request,
    asker: Analyst,
    reference: str,
    report: References = None,
    title: Text = "",
    version: Version = None,
    seen: Seen = 0,
    step: Step = "preview",
) -> Response:
    """Take ticked reports out into an incident of their own."""
    target = act.Target(reference, version)
    chosen = tuple(dict.fromkeys(report or ()))
    attempt = Attempt(
        f"/console/incidents/{reference}/split",
        act.Split(target, chosen, title.strip() or None),
        [("title", title), *(("report", one) for one in chosen)],
        seen,
        ask_first=step != "do",
    )
    return _attempt(request, asker, reference, attempt, "Split off")


@router.post("/console/incidents/{reference}/move")
def move_report(
    request: Request,
    asker: Analyst,
    reference: str,
    report: Annotated[str, Form(max_length=40)],
    to: Annotated[str, Form(max_length=60)],
    version: Version = None,
    seen: Seen = 0,
    step: Step = "preview",
) -> Response:
    """Put one report into another incident."""
    target = act.Target(reference, version)
    attempt = Attempt(
        f"/console/incidents/{reference}/move",
        act.MoveReport(target, report, to.strip()),
        [("report", report), ("to", to)],
        seen,
        ask_first=step != "do",
    )
    return _attempt(request, asker, reference, attempt, "Move it", also=(to,))


@router.post("/console/merge")
def merge(
    request: Request,
    asker: Analyst,
    into: Annotated[str, Form(max_length=60)],
    pick: References = None,
    seen: Seen = 0,
    step: Step = "preview",
) -> Response:
    """Several incidents are one; `into` stays. Each is named with the version that was seen."""
    target = _target(into)
    sources = tuple(one for one in map(_target, dict.fromkeys(pick or ())) if one != target)
    attempt = Attempt(
        "/console/merge",
        act.Merge(target, sources),
        [("into", into), *(("pick", one) for one in pick or ())],
        seen,
        ask_first=step != "do",
    )
    also = tuple(source.reference for source in sources)
    return _attempt(request, asker, target.reference, attempt, "Merge them", also=also)


@router.post("/console/undo")
def undo(
    request: Request,
    asker: Analyst,
    token: Annotated[UUID, Form()],
    back: Annotated[str, Form(max_length=60)],
) -> Response:
    """Take back a review, or an earlier undo."""
    house = house_of(request)
    restricted = asker.may(Permission.RESTRICTED)
    with house.database.reading() as session:
        incident = read_incident(session, back, restricted=restricted)
        review = session.get(Review, token)
        if review is None or str(incident.id) not in review.incidents:
            raise NotFoundError("There is nothing to undo under this token.", token=str(token))
    try:
        done = house.reviewer.perform(act.Undo(token), actor=asker.name)
    except NewerReviewError as refusal:
        return render_page(
            request,
            "console/newer.html",
            asker=asker,
            status=STATUS[refusal.code],
            sentence=str(refusal),
            token=refusal.data["token"],
            back=f"/console/incidents/{incident.reference}",
            reference=incident.reference,
        )
    return back_to(incident.reference, done.token)


@router.post("/console/forwarding/replay")
def replay(
    request: Request,
    asker: Annotated[Asker, Depends(require(Permission.FORWARDING))],  # noqa: ARG001 - it guards
    delivery: Annotated[UUID | None, Form()] = None,
    target: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Send parked records again: one, or all of a target."""
    house = house_of(request)
    with house.database.transaction() as session:
        count = replay_parked(
            session,
            house.organisation.outbox,
            now=house.clock(),
            only=lambda row: row.id == delivery if delivery else row.target == target,
        )
    return RedirectResponse(f"/console/forwarding?replayed={count}", HTTPStatus.SEE_OTHER)


def _simple(
    request: Request,
    asker: Asker,
    reference: str,
    kind: str,
    known: Mapping[str, Callable[[act.Target, str], act.Action]],
    told: tuple[str, str],
    version: int | None,
    seen: int,
) -> Response:
    verb, value = told
    if verb not in known:
        raise NotFoundError("There is no such action. Go back and reload the page.")
    attempt = Attempt(
        f"/console/incidents/{reference}/{kind}",
        known[verb](act.Target(reference, version), value),
        [("verb", verb), ("value", value)],
        seen,
    )
    also = (value,) if verb in {"apart", "same_cause", "other_cause"} else ()
    label = verb.replace("_", " ").capitalize()
    return _attempt(request, asker, reference, attempt, label, also=also)


def _attempt(
    request: Request,
    asker: Asker,
    reference: str,
    attempt: Attempt,
    label: str,
    *,
    also: Sequence[str] = (),
) -> Response:
    """Show what would happen, or do it; where somebody was faster, show what they did."""
    house = house_of(request)
    restricted = asker.may(Permission.RESTRICTED)
    with house.database.reading() as session:
        for one in (reference, *also):
            read_incident(session, one, restricted=restricted)
    try:
        reviewed = house.reviewer.perform(
            attempt.action, actor=asker.name, preview=attempt.ask_first
        )
    except StaleVersionError as refusal:
        return _render_stale(request, asker, refusal, attempt, (reference, *also))
    except DomainError as refusal:
        return render_page(
            request,
            "trouble.html",
            asker=asker,
            status=STATUS.get(refusal.code, 500),
            sentence=str(refusal),
            back=f"/console/incidents/{reference}",
        )
    if attempt.ask_first:
        return _render_preview(request, asker, reference, reviewed, attempt, label)
    return back_to(reference, reviewed.token)


def _render_preview(
    request: Request,
    asker: Asker,
    reference: str,
    reviewed: Reviewed,
    attempt: Attempt,
    label: str,
) -> Response:
    """What both would be. Confirming sends the versions that this page shows."""
    versions = {one.reference: one.version for one in reviewed.before}
    return render_page(
        request,
        "console/preview.html",
        asker=asker,
        sentence=_sentence(reviewed),
        changes=pair_glimpses(reviewed.before, reviewed.after),
        fields=_with_versions(attempt.fields, versions),
        version=versions.get(reference),
        seen=attempt.seen,
        address=attempt.address,
        label=label,
        back=f"/console/incidents/{reference}",
    )


def _render_stale(
    request: Request,
    asker: Asker,
    refusal: StaleVersionError,
    attempt: Attempt,
    references: Sequence[str],
) -> Response:
    """Who changed what meanwhile, and the same form again over the new state."""
    house = house_of(request)
    restricted = asker.may(Permission.RESTRICTED)
    with house.database.reading() as session:
        rows = [read_incident(session, one, restricted=restricted) for one in references]
        entries = [entry for row in rows for entry in entries_since(session, row.id, attempt.seen)]
        named = report_references(session, entries)
        seq = newest_seq(session)
    changed: Incident = next(
        (row for row in rows if row.reference == refusal.data["reference"]), rows[0]
    )
    return render_page(
        request,
        "console/stale.html",
        asker=asker,
        status=STATUS[refusal.code],
        incident=changed,
        happenings=[render_happening(one, named) for one in sorted(entries, key=lambda e: e.seq)],
        fields=_with_versions(attempt.fields, {row.reference: row.version for row in rows}),
        version=rows[0].version,
        seen=seq,
        address=attempt.address,
        step="preview" if isinstance(attempt.action, _PREVIEWED) else "do",
        back=f"/console/incidents/{rows[0].reference}",
    )


def _with_versions(
    fields: Sequence[tuple[str, str]], versions: Mapping[str, int]
) -> list[tuple[str, str]]:
    """The form's fields with the versions as they are now."""
    renewed = []
    for name, value in fields:
        reference = value.partition("@")[0]
        fresh = name in {"into", "pick"} and reference in versions
        renewed.append((name, f"{reference}@{versions[reference]}" if fresh else value))
    return renewed


def _sentence(reviewed: Reviewed) -> str:
    """A preview's new incident has no reference that would last."""
    before = {one.reference for one in reviewed.before}
    sentence = reviewed.sentence
    for one in reviewed.after:
        if one.reference not in before:
            sentence = sentence.replace(one.reference, "A new incident")
    return sentence


def _target(text: str) -> act.Target:
    reference, _, version = text.partition("@")
    return act.Target(reference, int(version) if version.isdecimal() else None)


def _one_of(vocabulary: type[E], value: str) -> E | None:
    return vocabulary(value) if value in {one.value for one in vocabulary} else None
