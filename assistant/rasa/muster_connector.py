"""The channel between Muster and a Rasa 3.6 server: one signed call is one turn.

Copy it beside Rasa's config (`muster rasa export` does) and name it in credentials.yml. Muster
sends the message as it understood it with the conversation's whole state, and takes the new
state back; Rasa keeps nothing that counts.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from typing import Any, Awaitable, Callable, Dict, List, Optional, Text

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

logger = logging.getLogger(__name__)
SIGNATURE = "x-muster-signature"


class NamedCollector(CollectingOutputChannel):
    """Collects answers under the name of the person's channel, so that its variants apply."""

    def __init__(self, channel: Text) -> None:
        super().__init__()
        self._channel = channel

    def name(self) -> Text:  # an instance's, where Rasa has a class's
        return self._channel


def state_events(state: Dict[Text, Any]) -> List[Event]:
    """The events after which a conversation stands as Muster says."""
    loop: Optional[Text] = state.get("loop")
    events: List[Event] = [ActionExecuted("action_session_start"), SessionStarted()]
    if loop:
        events += [ActionExecuted(loop), ActiveLoop(loop)]
    events += [SlotSet(name, value) for name, value in state["slots"].items()]
    if loop and state.get("rejected"):
        events.append(ActionExecutionRejected(loop))
    events.append(ActionExecuted("action_listen"))
    return events


def answer_of(tracker: DialogueStateTracker) -> Dict[Text, Any]:
    """What was said since the newest message, and how the conversation stands now."""
    events = list(tracker.events)
    heard = max(i for i, one in enumerate(events) if isinstance(one, UserUttered))
    messages = [
        {
            "response": one.metadata.get("utter_action"),
            "text": one.text,
            "buttons": one.data.get("buttons") or [],
            "custom": one.data.get("custom") or {},
        }
        for one in events[heard:]
        if isinstance(one, BotUttered)
    ]
    return {
        "messages": messages,
        "slots": tracker.current_slot_values(),
        "loop": tracker.active_loop_name,
        "rejected": tracker.is_active_loop_rejected,
    }


class MusterConnector(InputChannel):
    """POST /webhooks/muster/webhook, signed with the token that both sides share."""

    @classmethod
    def name(cls) -> Text:
        return "muster"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> "MusterConnector":
        return cls((credentials or {}).get("token"))

    def __init__(self, token: Optional[Text]) -> None:
        self.token = (token or "").encode()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("muster_connector", __name__)

        @routes.route("/", methods=["GET"])
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            signature = hmac.new(self.token, request.body, hashlib.sha256).hexdigest()
            given = request.headers.get(SIGNATURE, "")
            if not self.token or not hmac.compare_digest(signature, given):
                return response.json({"error": "bad signature"}, status=403)
            call, agent = request.json, request.app.ctx.agent
            sender, store = call["sender"], agent.tracker_store
            tracker = DialogueStateTracker(sender, agent.domain.slots)
            tracker.update_with_events(state_events(call["state"]), agent.domain)
            await store.save(tracker)
            try:
                await on_new_message(
                    UserMessage(
                        call["text"],
                        NamedCollector(call["channel"]),
                        sender,
                        parse_data=call["parse_data"],
                        input_channel=call["channel"],
                        metadata=call["metadata"],
                    )
                )
                return response.json(answer_of(await store.retrieve(sender)))
            finally:
                forget(store, sender)

        return routes


def forget(store: Any, sender: Text) -> None:
    """Muster keeps the conversation; nothing of it stays here."""
    held = getattr(store, "store", None)  # the in-memory store; another's own retention applies
    if isinstance(held, dict):
        held.pop(sender, None)
