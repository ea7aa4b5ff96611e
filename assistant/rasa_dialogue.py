"""A turn of dialogue asked of a Rasa 3.6 server; our state stays the only one that counts.

Rasa is given the whole state with every message and gives it back, so that a turn which is
taken again (another came first, a commit failed) finds nothing half done there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import httpx
from typing_extensions import override

from assistant.dialogue import Button, ConversationState, Said, Turn, Utterance
from assistant.domain import Domain
from assistant.domain_parts import REQUESTED
from assistant.engine import DialoguePort, close_turn, open_conversation
from assistant.hearing import hear
from models.errors import DomainError
from models.vocabulary import Channel

PATH: Final = "/webhooks/muster/webhook"
SIGNATURE: Final = "x-muster-signature"
_SECONDS: Final = 10.0
_OWN: Final = frozenset({REQUESTED, "session_started_metadata"})


class DialogueUnreachableError(DomainError):
    """The Rasa server does not answer, or not as it should."""

    code: ClassVar[str] = "dialogue.unreachable"


class RasaDialogue(DialoguePort):
    """Asks a Rasa server that runs our connector, domain and rules (`muster rasa export`)."""

    def __init__(self, domain: Domain, url: str, token: str) -> None:
        self._domain = domain
        self._token = token.encode()
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=_SECONDS, trust_env=False)

    @override
    def open(self, channel: Channel) -> tuple[ConversationState, Turn]:
        return open_conversation(self._domain, channel)

    @override
    def turn(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        """Answer one message.

        Raises:
            DialogueUnreachableError: Rasa does not answer; nothing is recorded, so send it again.

        """
        state = before.copy()
        for name, value in self._domain.initial_slots().items():
            state.slots.setdefault(name, value)
        latest = hear(said, state)
        answer = self._ask(
            {
                "sender": secrets.token_hex(16),
                "channel": said.channel.value,
                "text": latest["text"],
                "parse_data": {key: latest[key] for key in ("text", "intent", "entities")},
                "metadata": latest["metadata"],
                "state": {
                    "slots": {**state.slots, REQUESTED: state.requested},
                    "loop": state.loop,
                    "rejected": state.rejected,
                },
            }
        )
        try:
            utterances = _take(state, self._domain, answer)
        except (KeyError, TypeError, AttributeError) as error:
            raise DialogueUnreachableError(
                "The Rasa server answers otherwise than our connector does. "
                "Export the project again: muster rasa export."
            ) from error
        if not utterances:
            # Every rule says something: Rasa could not call our actions, and went on without.
            raise DialogueUnreachableError(
                "The Rasa server had no answer; nothing was recorded. Look whether it reaches "
                "/rasa/webhook and /rasa/nlg here (MUSTER_URL, MUSTER_RASA_TOKEN)."
            )
        return state, close_turn(state, utterances)

    def close(self) -> None:
        self._client.close()

    def _ask(self, call: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(call).encode()
        signature = hmac.new(self._token, body, hashlib.sha256).hexdigest()
        try:
            answer = self._client.post(
                PATH,
                content=body,
                headers={"content-type": "application/json", SIGNATURE: signature},
            )
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise DialogueUnreachableError(
                "The Rasa server does not answer; nothing was recorded. Try again in a moment."
            ) from error
        return found if isinstance(found, dict) else {}


def _take(state: ConversationState, domain: Domain, answer: Mapping[str, Any]) -> list[Utterance]:
    """Make Rasa's state ours, and its messages utterances."""
    state.issued = []
    state.slots = {name: value for name, value in answer["slots"].items() if name not in _OWN}
    state.loop, state.requested = answer["loop"], answer["slots"].get(REQUESTED)
    state.rejected = bool(answer["rejected"])
    utterances = [
        Utterance(
            response=str(one.get("response") or ""),
            text=str(one.get("text") or ""),
            buttons=tuple(
                Button(str(b["title"]), str(b["payload"])) for b in one.get("buttons") or ()
            ),
            card=(one.get("custom") or {}).get("card"),
        )
        for one in answer["messages"]
    ]
    for said in utterances:
        if said.response and said.response not in domain.responses:
            raise KeyError(said.response)
    state.events = [
        *state.events,
        *({"event": "bot", "text": None, "metadata": {"utter": u.response}} for u in utterances),
    ]
    return utterances
