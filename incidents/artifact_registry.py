"""Artifacts learnt here: sealed files, and which of them is in force since when.

A folder `DATA_DIR/artifacts/NAME` is sealed by a manifest with the SHA-256 of every file; a
promotion keeps the manifest's own. So a file that somebody changed, or that a disk lost, is
refused in a sentence instead of deciding differently without anybody knowing why.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from incidents.ledger import lock_grouping, next_seq
from models.errors import DomainError
from models.ids import EntryId, new_id
from models.learning import Promotion

MANIFEST: Final = "artifact.json"
PROMOTED: Final = "promoted"
ROLLED_BACK: Final = "rolled_back"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class UnknownArtifactError(DomainError):
    """No artifact by that name."""

    code: ClassVar[str] = "artifact.unknown"


class ChangedArtifactError(DomainError):
    """A file of an artifact is not as it was sealed."""

    code: ClassVar[str] = "artifact.changed"


class NothingBeforeError(DomainError):
    """There is no earlier artifact to go back to, or the wanted one is in force already."""

    code: ClassVar[str] = "artifact.nothing_to_do"


@dataclass(frozen=True, slots=True)
class Sealed:
    """An artifact whose files are as they were sealed."""

    name: str
    folder: Path
    sha256: str
    about: Mapping[str, Any]

    @property
    def has_pairs(self) -> bool:
        return (self.folder / "pairs.json").is_file()

    @property
    def has_heads(self) -> bool:
        return (self.folder / "heads").is_dir()


def seal_artifact(folder: Path, about: Mapping[str, Any]) -> Sealed:
    """Write the manifest of a finished folder; `about` says what it is and how it was judged."""
    manifest = {"schema": 1, "about": dict(about), "files": _hashes(folder)}
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return check_artifact(folder.parent, folder.name)


def check_artifact(root: Path, name: str, *, sha256: str | None = None) -> Sealed:
    """The artifact by that name, every file compared with its seal.

    Args:
        root: The folder of all artifacts.
        name: Of the artifact.
        sha256: Of its manifest, as it was promoted; not compared where None.

    Raises:
        UnknownArtifactError: There is none.
        ChangedArtifactError: A file is missing, new, or not as it was.

    """
    path = root / name / MANIFEST
    if not _NAME.fullmatch(name) or not path.is_file():
        raise UnknownArtifactError(
            f"There is no artifact {name[:64]!r} in {root}. See `muster artifacts list`."
        )
    raw = path.read_bytes()
    try:
        manifest = json.loads(raw)
        sealed, about = dict(manifest["files"]), dict(manifest["about"])
    except (ValueError, KeyError, TypeError) as error:
        raise _changed(name, MANIFEST) from error
    found = _hashes(root / name)
    for file in sorted({*sealed, *found}):
        if sealed.get(file) != found.get(file):
            raise _changed(name, file)
    digest = hashlib.sha256(raw).hexdigest()
    if sha256 is not None and digest != sha256:
        raise _changed(name, MANIFEST)
    return Sealed(name, root / name, digest, about)


def list_artifacts(root: Path) -> list[str]:
    """The names of all artifacts kept here, oldest first (names begin with their date)."""
    if not root.is_dir():
        return []
    return sorted(
        one.name
        for one in root.iterdir()
        if (one / MANIFEST).is_file() and _NAME.fullmatch(one.name)
    )


def free_name(root: Path, stem: str) -> str:
    """`stem`, or with a number behind it where that is taken."""
    number, name = 1, stem
    while (root / name).exists():
        number += 1
        name = f"{stem}-{number}"
    return name


def promotions(session: Session) -> Sequence[Promotion]:
    """Every change of what is in force, newest first."""
    return session.scalars(select(Promotion).order_by(Promotion.seq.desc())).all()


def in_force(session: Session) -> Promotion | None:
    """The newest promotion; None where nothing was ever promoted."""
    return session.scalars(select(Promotion).order_by(Promotion.seq.desc()).limit(1)).one_or_none()


def record_promotion(session: Session, sealed: Sealed, *, actor: str, now: datetime) -> Promotion:
    """Put an artifact in force, inside the caller's transaction.

    Raises:
        NothingBeforeError: It is in force already.

    """
    lock_grouping(session)
    current = in_force(session)
    before = current.artifact if current is not None else None
    if before == sealed.name:
        raise NothingBeforeError(f"{sealed.name} is in force already.")
    scores = dict(sealed.about.get("scores", {}))
    return _record(
        session, PROMOTED, sealed.name, sealed.sha256, before, scores, actor=actor, now=now
    )


def record_rollback(session: Session, *, actor: str, now: datetime) -> Promotion:
    """Put in force what was before; again, and what was before that.

    Raises:
        NothingBeforeError: What set-up brought is in force.

    """
    lock_grouping(session)
    standing = _standing(promotions(session))
    if not standing:
        raise NothingBeforeError("What came with set-up is in force; there is nothing before it.")
    back = standing[-2] if len(standing) > 1 else None
    return _record(
        session,
        ROLLED_BACK,
        back.artifact if back else None,
        back.sha256 if back else None,
        back.previous if back else None,
        dict(back.scores) if back else {},
        actor=actor,
        now=now,
    )


def _standing(newest_first: Sequence[Promotion]) -> list[Promotion]:
    """The promotions that were not rolled back, oldest first: the last one is in force."""
    found: list[Promotion] = []
    for row in reversed(newest_first):
        if row.kind == PROMOTED:
            found.append(row)
        else:
            found.pop()
    return found


def _record(
    session: Session,
    kind: str,
    artifact: str | None,
    sha256: str | None,
    previous: str | None,
    scores: dict[str, Any],
    *,
    actor: str,
    now: datetime,
) -> Promotion:
    row = Promotion(
        id=EntryId(new_id()),
        seq=next_seq(session),
        kind=kind,
        artifact=artifact,
        sha256=sha256,
        previous=previous,
        actor=actor,
        scores=scores,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def _hashes(folder: Path) -> dict[str, str]:
    """Every file below the folder but the manifest; what a link leads to counts as its content."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / MANIFEST
    }


def _changed(name: str, file: str) -> ChangedArtifactError:
    return ChangedArtifactError(
        f"{file} of the artifact {name} is not as it was sealed, so it is not used. Bring the "
        "file back from a backup, or put an earlier artifact in force: muster artifacts rollback.",
        artifact=name,
        file=file,
    )
