"""The artifacts kept here as people see them: which is in force, how each was judged, who chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from incidents.artifact_registry import ROLLED_BACK, check_artifact, list_artifacts, promotions
from models.errors import DomainError

SET_UP: Final = "as set up"


@dataclass(frozen=True, slots=True)
class Kept:
    """One artifact; `name` is None for what set-up brought, `trouble` why it cannot be used."""

    name: str | None
    in_force: bool
    parts: tuple[str, ...]
    judged: str
    trouble: str | None = None

    @property
    def title(self) -> str:
        return self.name or SET_UP


@dataclass(frozen=True, slots=True)
class Change:
    """One change of what is in force."""

    at: datetime
    actor: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything that can be put in force, newest first, and every change, newest first."""

    kept: tuple[Kept, ...]
    changes: tuple[Change, ...]

    @property
    def can_roll_back(self) -> bool:
        return any(one.in_force and one.name is not None for one in self.kept)


def read_shelf(session: Session, root: Path) -> Shelf:
    """Look at every folder and every promotion. Slow: each file is compared with its seal."""
    rows = promotions(session)
    current = rows[0].artifact if rows else None
    kept = [_kept(root, name, current) for name in reversed(list_artifacts(root))]
    if current is not None and all(one.name != current for one in kept):
        trouble = f"Its folder is not in {root}."
        kept.insert(0, Kept(current, in_force=True, parts=(), judged="", trouble=trouble))
    kept.append(
        Kept(
            None, in_force=current is None, parts=("grouping", "labels"), judged="came with set-up"
        )
    )
    changes = [
        Change(
            row.at,
            row.actor,
            f"{row.artifact or SET_UP} was put in force"
            + (" again." if row.kind == ROLLED_BACK else f"; before: {row.previous or SET_UP}."),
        )
        for row in rows
    ]
    return Shelf(tuple(kept), tuple(changes))


def render_scores(scores: Mapping[str, Any]) -> str:
    """How an artifact was judged, in one line."""
    found = []
    for part, words in (("grouping", "grouping F1"), ("labels", "labels right")):
        one = scores.get(part)
        if one:
            found.append(
                f"{words} {one['old']:.3f} → {one['new']:.3f} "
                f"(difference {one['low']:+.3f} to {one['high']:+.3f})"
            )
    return "; ".join(found)


def _kept(root: Path, name: str, current: str | None) -> Kept:
    try:
        sealed = check_artifact(root, name)
    except DomainError as error:
        return Kept(name, name == current, (), "", str(error))
    parts: Sequence[str] = [
        part
        for part, there in (("grouping", sealed.has_pairs), ("labels", sealed.has_heads))
        if there
    ]
    return Kept(name, name == current, tuple(parts), render_scores(sealed.about.get("scores", {})))
