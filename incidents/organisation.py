"""What every decision in this installation relies on, put together once at the start."""

from __future__ import annotations

from dataclasses import dataclass, field

from classifier.catalogue import Catalogue
from classifier.severity import PriorityMatrix
from incidents.alarm_store import LiveAlarms
from incidents.ledger import Outbox
from incidents.policies import IntakePolicy


@dataclass(frozen=True, slots=True)
class Organisation:
    """Catalogue, numbers, and where records go."""

    catalogue: Catalogue
    outbox: Outbox
    matrix: PriorityMatrix = field(default_factory=PriorityMatrix)
    intake: IntakePolicy = field(default_factory=IntakePolicy)
    alarms: LiveAlarms = field(default_factory=LiveAlarms)
