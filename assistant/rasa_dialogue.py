"""A turn of dialogue asked of a Rasa 3.6 server; our state stays the only one that counts.

Rasa is given the whole state with every message and gives it back, so that a turn which is
taken again (another came first, a commit failed) finds nothing half done there, and so that our
own engine can take any turn for a server that is down: nobody's report waits for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
from typing_extensions import override

from assistant.dialogue import Button, ConversationState, Said, Turn, Utterance
from assistant.domain import Domain
from assistant.domain_parts import REQUESTED
from assistant.engine import DialoguePort, Engine, close_turn
from assistant.hearing import hear
from models.vocabulary import Channel

PATH: Final = "/webhooks/muster/webhook"
SIGNATURE: Final = "x-muster-signature"
_PATIENCE: Final = httpx.Timeout(5.0, connect=1.0)
_REST: Final = 15.0
"""Seconds for which a server that did not answer is left alone."""
_OWN: Final = frozenset({REQUESTED, "session_started_metadata"})
log = logging.getLogger(__name__)


class _UnreachableError(Exception):
    """The Rasa server does not answer, or not as our connector does."""


class RasaDialogue(DialoguePort):
    """Asks a Rasa server that runs our connector, domain and rules (`muster rasa export`)."""

    def __init__(
        self, engine: Engine, url: str, token: str, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask the server at `url`.

        Args:
            engine: Ours, for the turns that it does not answer.
            url: Where it listens.
            token: Signs what it is asked.
            now: Seconds that only grow.

        """
        self._engine, self._now = engine, now
        self._token = token.encode()
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=_PATIENCE, trust_env=False)
        self._resting_until = float("-inf")

    @override
    def open(self, channel: Channel, language: str | None = None) -> tuple[ConversationState, Turn]:
        return self._engine.open(channel, language)

    @override
    def turn(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        """Answer one message; our own engine does while the server does not."""
        if self._now() >= self._resting_until:
            try:
                return self._ask_rasa(before, said)
            except _UnreachableError as error:
                self._resting_until = self._now() + _REST
                log.warning("Rasa did not answer (%s); our own engine takes its turns", error)
        return self._engine.turn(before, said)

    def _ask_rasa(self, before: ConversationState, said: Said) -> tuple[ConversationState, Turn]:
        domain, state = self._engine.domain, before.copy()
        for name, value in domain.initial_slots().items():
            state.slots.setdefault(name, value)
        latest = hear(said, state)
        answer = self._post(
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
            utterances = _take(state, domain, answer)
        except (KeyError, TypeError, AttributeError) as error:
            msg = "its answer is not our connector's: export the project again"
            raise _UnreachableError(msg) from error
        if not utterances:
            # Every rule says something: Rasa could not call our actions, and went on without.
            msg = "it had no answer: let it reach /rasa/webhook and /rasa/nlg here"
            raise _UnreachableError(msg)
        return state, close_turn(state, utterances)

    def close(self) -> None:
        self._client.close()

    def _post(self, call: Mapping[str, Any]) -> dict[str, Any]:
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
            raise _UnreachableError(type(error).__name__) from error
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
