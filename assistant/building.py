"""Puts the desk together: domain, actions, engine. Loads rasa-sdk, so call it at start-up."""

from __future__ import annotations

from assistant.actions import build_actions
from assistant.desk import Desk
from assistant.domain import load_domain
from assistant.engine import Engine
from assistant.runner import InProcessActions
from incidents.intake import Intake
from incidents.organisation import Organisation
from models.clock import Clock
from models.database import Database


def build_engine(organisation: Organisation) -> Engine:
    """The dialogue of this organisation's catalogue.

    Raises:
        BadDialogueError: The domain's files use what is not interpreted.

    """
    return Engine(load_domain(), InProcessActions(build_actions(organisation.catalogue)))


def build_desk(
    database: Database, organisation: Organisation, intake: Intake, clock: Clock
) -> Desk:
    return Desk(database, organisation, intake, build_engine(organisation), clock)
