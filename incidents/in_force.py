"""Takes up in this process what was promoted, at the start and while it runs.

The newest promotion in the database is the truth; `look` compares it with what decides here.
What cannot be used (a changed file, a folder that is not on this machine) changes nothing:
this process goes on as it is, and says why.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from classifier.label_store import load_heads
from classifier.pair_scorer import load_scorer
from classifier.reading import Reader
from incidents.artifact_registry import check_artifact, in_force
from incidents.live_window import LiveWindow
from incidents.readers import LoadingReader, ReaderPort
from models.errors import DomainError
from models.learning import Promotion

_NONE_YET: Final = object()
log = logging.getLogger(__name__)


class InForce:
    """Which artifact decides in this process. `trouble` says why a promoted one does not."""

    def __init__(self, root: Path, window: LiveWindow, reader: ReaderPort) -> None:
        self.root = root
        self.artifact: str | None = None
        self.trouble: str | None = None
        self._window = window
        self._reader = reader
        self._brought = window.numbers.scorer
        self._taken: object = _NONE_YET

    def look(self, session: Session) -> None:
        """Take up the newest promotion, unless that was done."""
        row = in_force(session)
        key = row.id if row is not None else None
        if key == self._taken:
            return
        try:
            whole = self._take_up(row)
        except DomainError as error:
            if self.trouble != str(error):
                log.error("the promoted artifact is not used: %s", error)  # noqa: TRY400 - no bug
            self.trouble = str(error)
            return
        self.trouble = None
        self.artifact = row.artifact if row is not None else None
        if whole:
            self._taken = key

    def _take_up(self, row: Promotion | None) -> bool:
        """All of it or nothing: whatever can fail comes first. False: heads wait for a reader."""
        scorer, heads = self._brought, None
        if row is not None and row.artifact is not None:
            sealed = check_artifact(self.root, row.artifact, sha256=row.sha256)
            if sealed.has_pairs:
                scorer = load_scorer(sealed.folder)
            if sealed.has_heads:
                heads = load_heads(sealed.folder / "heads")
        reader = self._reader
        waits = isinstance(reader, LoadingReader) and not reader.ready
        if isinstance(reader, Reader | LoadingReader) and not waits:
            reader.use_heads(heads)
        if scorer is not self._window.numbers.scorer:
            self._window.take_up(scorer)
        return not waits or heads is None
