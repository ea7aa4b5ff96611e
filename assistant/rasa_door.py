"""What a Rasa server asks of us: run an action, read a message, word a response.

So that Rasa decides what comes next, and the same actions, reader and texts serve both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol

from assistant.choices import parse_choice
from assistant.dialogue import ConversationState, Said
from assistant.domain import Domain
from assistant.engine import render_utterance
from assistant.hearing import hear
from assistant.readings import understood
from incidents.readers import ReaderPort
from models.errors import DomainError
from models.vocabulary import Channel

_LONGEST: Final = 200_000


class ActionRejectedError(DomainError):
    """An action would not run; Rasa asks its rules for another."""

    code: ClassVar[str] = "rasa.action_rejected"


class UnknownActionError(DomainError):
    """Rasa asked for an action that is not ours."""

    code: ClassVar[str] = "rasa.unknown_action"


class DomainNeededError(DomainError):
    """Rasa named a domain that was not sent yet; it sends it again."""

    code: ClassVar[str] = "rasa.domain_needed"


class UnknownResponseError(DomainError):
    """Rasa asked for words that the domain does not have."""

    code: ClassVar[str] = "rasa.unknown_response"


class BadCallError(DomainError):
    """A call of Rasa's lacks what it must hold."""

    code: ClassVar[str] = "rasa.bad_call"


class ServedActions(Protocol):
    """Runs an action as an action server does."""

    def serve(self, call: dict[str, Any]) -> dict[str, Any]:
        """Events and responses of one call.

        Raises:
            ActionRejectedError: The action would not run.
            UnknownActionError: There is none by this name.
            DomainNeededError: The call names a domain that was not sent.
            BadCallError: It is no call of an action.

        """
        ...


@dataclass(frozen=True, slots=True)
class RasaDoor:
    """The three answers that a Rasa server needs."""

    domain: Domain
    actions: ServedActions
    reader: ReaderPort

    def parse(self, text: str) -> dict[str, Any]:
        """Intent, entities and what was read of a text, as Rasa's NLU would answer.

        Rasa sends everything here, payloads of buttons too.

        Raises:
            EncoderUnavailableError: Texts cannot be read now.

        """
        text = text[:_LONGEST]
        choice = parse_choice(text)
        if choice is not None and choice.intent in self.domain.intents:
            said = Said("", Channel.WEB, payload=text)
            state = ConversationState(issued=[["", text]])
        else:
            said, state = Said(text, Channel.WEB), ConversationState()
            if text.strip():
                said = understood(said, self.reader.hear(text, asked=None))
        latest = hear(said, state)
        return {**latest, "text": text, "intent_ranking": [latest["intent"]]}

    def word(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The words of a response, in the channel and the language of the conversation.

        Raises:
            BadCallError: It is no call for words.
            UnknownResponseError: The domain has no such response.

        """
        tracker, name = call.get("tracker"), call.get("response")
        arguments, channel = call.get("arguments") or {}, call.get("channel") or {}
        if not isinstance(tracker, dict) or not isinstance(tracker.get("slots"), dict):
            raise BadCallError("The call for words holds no tracker with slots.")
        if not isinstance(arguments, dict) or not isinstance(channel, dict):
            raise BadCallError("The arguments or the channel are no mappings.")
        if not isinstance(name, str) or name not in self.domain.responses:
            raise UnknownResponseError(
                f"There is no response {str(name)[:80]!r}. Train Rasa on the domain of this "
                "version: muster rasa export."
            )
        message = {k: v for k, v in arguments.items() if k not in {"text", "buttons", "custom"}}
        spoken = str(tracker.get("latest_input_channel") or channel.get("name") or "web")
        said = render_utterance(
            self.domain, {**message, "response": name}, tracker["slots"], spoken
        )
        return {
            "text": said.text if said else "",
            # Rasa adds an action's own buttons to these.
            "buttons": [
                {"title": b.title, "payload": b.payload} for b in (said.buttons if said else ())
            ],
            "image": None,
            "attachment": None,
            "elements": [],
            "custom": {},
        }
