"""Puts the desk together: domain, actions, engine. Loads rasa-sdk, so call it at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.actions import build_actions
from assistant.desk import Desk
from assistant.domain import load_domain
from assistant.engine import DialoguePort, Engine
from assistant.foresight import Foresight
from assistant.rasa_dialogue import RasaDialogue
from assistant.rasa_door import RasaDoor
from assistant.runner import InProcessActions
from incidents.article_shelf import ArticleShelf
from incidents.handoffs import HandoffPolicy
from incidents.intake import Intake
from incidents.organisation import Organisation
from incidents.readers import ReaderPort
from models.clock import Clock
from models.database import Database


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Who decides what is said, and the door for a Rasa server."""

    engine: DialoguePort
    door: RasaDoor
    close: Callable[[], None]


def build_engine(organisation: Organisation) -> Engine:
    """The dialogue of this organisation's catalogue.

    Raises:
        BadDialogueError: The domain's files use what is not interpreted.

    """
    return Engine(load_domain(), InProcessActions(build_actions(organisation.catalogue)))


def build_dialogue(
    organisation: Organisation,
    reader: ReaderPort,
    *,
    rasa_url: str | None = None,
    rasa_token: str = "",
) -> Dialogue:
    """The engine of this process, or with `rasa_url` a Rasa server; and the door for either.

    Raises:
        BadDialogueError: The domain's files use what is not interpreted.

    """
    domain = load_domain()
    actions = InProcessActions(build_actions(organisation.catalogue))
    door = RasaDoor(domain, actions, reader)
    engine = Engine(domain, actions)
    if rasa_url is None:
        return Dialogue(engine, door, lambda: None)
    rasa = RasaDialogue(engine, rasa_url, rasa_token)
    return Dialogue(rasa, door, rasa.close)


def build_desk(
    database: Database,
    organisation: Organisation,
    intake: Intake,
    clock: Clock,
    engine: DialoguePort | None = None,
    handoffs: HandoffPolicy | None = None,
) -> Desk:
    return Desk(
        database,
        organisation,
        intake,
        engine or build_engine(organisation),
        Foresight(intake, ArticleShelf(database, intake.reader)),
        clock,
        handoffs or HandoffPolicy(),
    )
