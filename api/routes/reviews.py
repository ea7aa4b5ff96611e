"""What staff do to incidents: each with If-Match, `?preview=true`, and an undo token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from api import bodies
from api.auth import Asker, Permission, house_of, require
from api.errors import MalformedRequestError, PreconditionRequiredError
from api.render import render_reviewed
from api.wiring import Installation
from incidents import actions as act
from incidents.queries import read_incident
from models.ids import parse_reference

_ETAG: Final = re.compile(r'(?:W/)?"(\d{1,18})"')
router = APIRouter(prefix="/api/v1", tags=["reviews"])
Preview = Annotated[bool, Query(description="Only show what would happen.")]


def seen_version(if_match: Annotated[str | None, Header()] = None) -> int:
    """The version the caller saw.

    Raises (as a dependency):
        PreconditionRequiredError: There is no If-Match.
        MalformedRequestError: It is not one of our ETags.

    """
    if if_match is None:
        raise PreconditionRequiredError(
            "Send If-Match with the ETag of the incident as you saw it."
        )
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise MalformedRequestError('If-Match must be one ETag of ours, e.g. "7".')
    return int(found[1])


@dataclass(frozen=True, slots=True)
class Stage:
    """One action of one asker on one incident: what every route below has in common."""

    house: Installation
    response: Response
    asker: Asker
    target: act.Target
    preview: bool

    def perform(self, action: act.Action, *others: str) -> dict[str, Any]:
        """Do it, or show it; every incident named must be one that the asker may see."""
        restricted = self.asker.may(Permission.RESTRICTED)
        with self.house.database.reading() as session:
            for reference in (self.target.reference, *others):
                read_incident(session, reference, restricted=restricted)
        reviewed = self.house.reviewer.perform(action, actor=self.asker.name, preview=self.preview)
        for one in reviewed.after:
            if one.reference == parse_reference(self.target.reference) and not self.preview:
                self.response.headers["etag"] = f'"{one.version}"'
        return render_reviewed(reviewed, preview=self.preview)


Seen = Annotated[int, Depends(seen_version)]
MayReview = Annotated[Asker, Depends(require(Permission.REVIEW))]
MayDeclare = Annotated[Asker, Depends(require(Permission.DECLARE))]


def _reviewing(
    request: Request,
    response: Response,
    reference: str,
    asker: MayReview,
    seen: Seen,
    preview: Preview = False,
) -> Stage:
    return Stage(house_of(request), response, asker, act.Target(reference, seen), preview)


def _declaring(
    request: Request,
    response: Response,
    reference: str,
    asker: MayDeclare,
    seen: Seen,
    preview: Preview = False,
) -> Stage:
    return Stage(house_of(request), response, asker, act.Target(reference, seen), preview)


Reviewing = Annotated[Stage, Depends(_reviewing)]
Declaring = Annotated[Stage, Depends(_declaring)]


@router.post("/incidents/{reference}/merge")
def merge(stage: Reviewing, body: bodies.MergeBody) -> dict[str, Any]:
    """The others are the same disturbance; they are absorbed by this one."""
    sources = tuple(act.Target(one.reference, one.version) for one in body.sources)
    others = (one.reference for one in body.sources)
    return stage.perform(act.Merge(stage.target, sources), *others)


@router.post("/incidents/{reference}/split")
def split(stage: Reviewing, body: bodies.SplitBody) -> dict[str, Any]:
    """Some of its reports are another disturbance."""
    return stage.perform(act.Split(stage.target, body.reports, body.title))


@router.post("/incidents/{reference}/move")
def move(stage: Reviewing, body: bodies.MoveBody) -> dict[str, Any]:
    """One of its reports belongs to another incident."""
    return stage.perform(act.MoveReport(stage.target, body.report, body.to), body.to)


@router.post("/incidents/{reference}/apart")
def keep_apart(stage: Reviewing, body: bodies.ApartBody) -> dict[str, Any]:
    """The other one is not the same; the two are never proposed as one again."""
    return stage.perform(act.KeepApart(stage.target, body.other), body.other)


@router.post("/incidents/{reference}/together")
def keep_together(stage: Reviewing, body: bodies.TogetherBody) -> dict[str, Any]:
    """These reports belong to it; they are never proposed to be split off again."""
    return stage.perform(act.KeepTogether(stage.target, body.reports))


@router.post("/incidents/{reference}/cause")
def say_cause(stage: Reviewing, body: bodies.CauseBody) -> dict[str, Any]:
    """A past incident had the same cause, or another one; neither is merged or changed."""
    return stage.perform(act.SayCause(stage.target, body.past, body.same), body.past)


@router.post("/incidents/{reference}/accept")
def accept(stage: Declaring) -> dict[str, Any]:
    """The candidate is a major incident."""
    return stage.perform(act.Accept(stage.target))


@router.post("/incidents/{reference}/reject")
def reject(stage: Declaring, body: bodies.Reason) -> dict[str, Any]:
    """The candidate is not a major incident."""
    return stage.perform(act.Reject(stage.target, body.reason))


@router.post("/incidents/{reference}/declare")
def declare(stage: Declaring) -> dict[str, Any]:
    """It is a major incident, proposed or not."""
    return stage.perform(act.Declare(stage.target))


@router.post("/incidents/{reference}/resolve")
def resolve(stage: Declaring) -> dict[str, Any]:
    """It is over."""
    return stage.perform(act.Resolve(stage.target))


@router.post("/incidents/{reference}/reopen")
def reopen(stage: Declaring) -> dict[str, Any]:
    """It is not over after all."""
    return stage.perform(act.Reopen(stage.target))


@router.post("/incidents/{reference}/lock")
def lock(stage: Reviewing, body: bodies.LockBody) -> dict[str, Any]:
    """It takes no more reports by itself, or takes them again."""
    return stage.perform(act.SetLock(stage.target, body.locked))


@router.post("/incidents/{reference}/title")
def title(stage: Reviewing, body: bodies.TitleBody) -> dict[str, Any]:
    """A title by staff; null brings back the one made from facts."""
    return stage.perform(act.Retitle(stage.target, body.title))


@router.post("/incidents/{reference}/severity")
def severity(stage: Reviewing, body: bodies.SeverityBody) -> dict[str, Any]:
    """A severity by staff; null brings back the scored one."""
    return stage.perform(act.SetSeverity(stage.target, body.severity))


@router.post("/incidents/{reference}/priority")
def priority(stage: Reviewing, body: bodies.PriorityBody) -> dict[str, Any]:
    """A priority by staff; null brings back that of the most pressing report."""
    return stage.perform(act.SetPriority(stage.target, body.priority))


@router.post("/incidents/{reference}/category")
def category(stage: Reviewing, body: bodies.CategoryBody) -> dict[str, Any]:
    """A category by staff; null brings back that of most reports."""
    return stage.perform(act.SetCategory(stage.target, body.category))


@router.post("/incidents/{reference}/workaround")
def workaround(stage: Reviewing, body: bodies.WorkaroundBody) -> dict[str, Any]:
    """What people can do meanwhile; reporters see it."""
    return stage.perform(act.SetWorkaround(stage.target, body.workaround))


@router.post("/reviews/{token}/undo")
def undo(
    request: Request, token: UUID, asker: MayReview, preview: Preview = False
) -> dict[str, Any]:
    """Take back a review, or an undo; refused where something newer stands on it."""
    reviewed = house_of(request).reviewer.perform(
        act.Undo(token), actor=asker.name, preview=preview
    )
    return render_reviewed(reviewed, preview=preview)
