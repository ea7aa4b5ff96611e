"""rasa-sdk actions run in this process, each coroutine to its end: no server, no event loop."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any, Final

from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import (
    ActionExecutionRejection,
    ActionMissingDomainException,
    ActionNotFoundException,
)
from typing_extensions import override

from assistant.domain_parts import BadDialogueError
from assistant.engine import ActionPort, Ran
from assistant.rasa_door import (
    ActionRejectedError,
    BadCallError,
    DomainNeededError,
    ServedActions,
    UnknownActionError,
)

_FORBIDDEN: Final = frozenset({"FollowupAction", "followup"})


class InProcessActions(ActionPort, ServedActions):
    """An executor of its own, so that nothing is shared with another domain."""

    def __init__(self, actions: Iterable[Action]) -> None:
        # The SDK logs a warning per slot without a validation method, on every call.
        logging.getLogger("rasa_sdk").setLevel(logging.ERROR)
        self._executor, self._served = ActionExecutor(), ActionExecutor()
        self._serving = threading.Lock()  # an executor remembers the domain it was sent last
        for action in actions:
            _check(action)
            self._executor.register_action(action)
            self._served.register_action(action)

    @override
    def run(self, name: str, tracker: dict[str, Any], domain: Mapping[str, Any]) -> Ran:
        call = {
            "next_action": name,
            "sender_id": tracker["sender_id"],
            "tracker": copy.deepcopy(tracker),  # the executor changes what it is given
            "domain": domain,
            "version": "3.6.21",
        }
        result = _finish(self._executor.run(call))
        return Ran(result.events, result.responses)

    @override
    def serve(self, call: dict[str, Any]) -> dict[str, Any]:
        tracker, name = call.get("tracker"), call.get("next_action")
        if not isinstance(tracker, dict) or not isinstance(name, str):
            raise BadCallError("The call of an action holds no next_action with a tracker.")
        told: dict[str, Any] = {"action_name": name}
        try:
            with self._serving:
                result = _finish(self._served.run(call))
        except ActionExecutionRejection as error:
            raise ActionRejectedError(error.message, error=error.message, **told) from error
        except ActionNotFoundException as error:
            sentence = (
                f"There is no action {name[:80]!r}. Train Rasa on the domain of this version."
            )
            raise UnknownActionError(sentence, error=sentence, **told) from error
        except ActionMissingDomainException as error:
            sentence = "The domain of this call is not known here. Send it along."
            raise DomainNeededError(sentence, error=sentence, **told) from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadCallError("The call lacks what the action reads of a tracker.") from error
        return {"events": list(result.events), "responses": list(result.responses)}


def _check(action: Action) -> None:
    """Refuse an action that names what follows it: in Rasa that can open a finished form again."""
    for member in vars(type(action)).values():
        code = getattr(member, "__code__", None)
        if isinstance(code, CodeType) and _FORBIDDEN & set(_names(code)):
            where = f"{Path(code.co_filename).name}:{code.co_firstlineno}"
            raise BadDialogueError(
                f"{where}: the action {action.name()!r} returns FollowupAction. "
                "Name what follows in rules.yml."
            )


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for held in code.co_consts:
        if isinstance(held, CodeType):
            yield from _names(held)
        elif isinstance(held, str):
            yield held


def _finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits.

    Raises:
        RuntimeError: It waited: an action may do no I/O.

    """
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    coroutine.close()
    msg = "an action waited for something; actions do no I/O and only return events"
    raise RuntimeError(msg)
