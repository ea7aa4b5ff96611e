"""A person at the assistant, for journeys: says, presses, reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Final

from sqlalchemy import func, select

from assistant.building import build_desk
from assistant.desk import Desk
from assistant.messages import Answer, Inbound
from assistant.transcript import OutMessage
from models.ids import ConversationId
from models.report import Report
from tests.conftest import House

_IDS: Final = count(1)
"""Two devices of one person never use the same id."""


def desk_of(house: House) -> Desk:
    return build_desk(house.database, house.organisation, house.intake, house.clock)


def count_reports(house: House) -> int:
    with house.database.reading() as session:
        return session.execute(select(func.count()).select_from(Report)).scalar_one()


@dataclass
class Talk:
    """One person in one conversation on the web, or by SMS with a `phone`.

    `person`: the directory id that the intranet's token names, where there is one.
    """

    desk: Desk
    phone: str | None = None
    context: dict[str, str] = field(default_factory=dict)
    heard: list[OutMessage] = field(default_factory=list)
    conversation: ConversationId | None = None
    answer: Answer | None = None
    person: str | None = None

    def __post_init__(self) -> None:
        if self.phone is None:
            opened = self.desk.open_web(
                locale="en",
                time_zone="Europe/Berlin",
                context=self.context,
                person=self.person,
            )
            self.conversation = opened.conversation
            self.heard.extend(opened.messages)

    def say(self, text: str, **more: object) -> str:
        """Send words; returns all that was answered, as one text."""
        number = next(_IDS)
        if self.phone is not None:
            told = f"SM-{self.phone}-{number}"
            message = Inbound(text, provider_message_id=told, **more)  # type: ignore[arg-type]
            return self._took(self.desk.hear_sms(self.phone, message))
        assert self.conversation is not None
        message = Inbound(text, client_id=f"c-{number}", **more)  # type: ignore[arg-type]
        return self._took(self.desk.hear(self.conversation, message))

    def press(self, title: str) -> str:
        """Press a button of the last message."""
        button = next(one for one in self.buttons if one.title == title)
        return self.say(button.title, payload=button.payload)

    @property
    def buttons(self):
        return self.heard[-1].buttons

    @property
    def titles(self) -> list[str]:
        return [one.title for one in self.buttons]

    @property
    def card(self) -> dict[str, str]:
        """The summary's values by name."""
        shown = self.heard[-1].card
        assert shown is not None, self.heard[-1].text
        return {row["name"]: row["value"] for row in shown["rows"]}

    @property
    def marks(self) -> dict[str, str | None]:
        """Where the summary's values come from."""
        shown = self.heard[-1].card
        assert shown is not None
        return {row["name"]: row["from"] for row in shown["rows"]}

    @property
    def report(self) -> str | None:
        return self.answer.report if self.answer else None

    @property
    def incident(self) -> str | None:
        return self.answer.incident["reference"] if self.answer and self.answer.incident else None

    def _took(self, answer: Answer) -> str:
        self.answer = answer
        self.heard.extend(answer.messages)
        return "\n".join(one.text for one in answer.messages)
