"""What an installation decides by: for the server, and for commands that do not serve."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from sqlalchemy.orm import Session

from api.settings import Environment, Settings
from classifier.pair_scorer import SHIPPED, PairScorer, load_scorer
from classifier.recurrence_scorer import RecurrenceScorer, load_recurrence_scorer
from incidents.artifact_registry import check_artifact, in_force
from incidents.policies import IntakePolicy
from models.errors import DomainError


class NoWeightsError(DomainError):
    """A folder holds no grouping weights."""

    code: ClassVar[str] = "artifact.no_weights"


def intake_policy(settings: Settings) -> IntakePolicy:
    """How drafts become reports here; the demo believes everybody."""
    if settings.environment is Environment.DEMO:
        return IntakePolicy(unverified_weight=1.0)
    return IntakePolicy()


def brought_scorer(settings: Settings) -> PairScorer:
    """What decides before anything was learnt here: weights beside the heads, else the shipped."""
    trained = settings.artifacts_dir / "pairs.json"
    return load_scorer(settings.artifacts_dir if trained.is_file() else SHIPPED)


def recurrence_scorer(settings: Settings) -> RecurrenceScorer:
    """What links incidents to past ones: weights beside the heads, else the shipped."""
    return load_recurrence_scorer(settings.artifacts_dir)


def scorer_in_force(session: Session, settings: Settings) -> PairScorer:
    """What decides now.

    Raises:
        UnknownArtifactError: The promoted one is not on this machine.
        ChangedArtifactError: It is not as it was promoted.

    """
    row = in_force(session)
    if row is None or row.artifact is None:
        return brought_scorer(settings)
    sealed = check_artifact(settings.artifacts_home, row.artifact, sha256=row.sha256)
    return load_scorer(sealed.folder) if sealed.has_pairs else brought_scorer(settings)


def heads_folder(session: Session, settings: Settings) -> Path:
    """Where the heads lie that label now.

    Raises:
        UnknownArtifactError: The promoted artifact is not on this machine.
        ChangedArtifactError: It is not as it was promoted.

    """
    row = in_force(session)
    if row is not None and row.artifact is not None:
        sealed = check_artifact(settings.artifacts_home, row.artifact, sha256=row.sha256)
        if sealed.has_heads:
            return sealed.folder / "heads"
    return settings.artifacts_dir / "heads"


def scorer_of(folder: Path, settings: Settings) -> PairScorer:
    """The weights of a folder, or of an artifact by its name.

    Raises:
        NoWeightsError: There are none.

    """
    named = settings.artifacts_home / folder
    if not (folder / "pairs.json").is_file() and (named / "pairs.json").is_file():
        folder = check_artifact(settings.artifacts_home, str(folder)).folder
    if not (folder / "pairs.json").is_file():
        raise NoWeightsError(
            f"{folder} holds no pairs.json. Name a folder that `muster train` wrote, or an "
            "artifact of `muster artifacts list`."
        )
    return load_scorer(folder)
