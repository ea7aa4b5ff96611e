"""What every action of ours has: its name, and the catalogue at hand."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action
from typing_extensions import override

from classifier.catalogue import Catalogue

Events = list[dict[str, Any]]


class Ours(Action):
    """An action with the catalogue at hand."""

    title = ""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    @override
    def name(self) -> str:
        return self.title
