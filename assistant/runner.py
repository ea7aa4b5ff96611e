"""rasa-sdk actions run in this process, each coroutine to its end: no server, no event loop."""

from __future__ import annotations

import copy
import logging
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType
from typing import Any, Final

from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from typing_extensions import override

from assistant.domain_parts import BadDialogueError
from assistant.engine import ActionPort, Ran

_FORBIDDEN: Final = frozenset({"FollowupAction", "followup"})


class InProcessActions(ActionPort):
    """An executor of its own, so that nothing is shared with another domain."""

    def __init__(self, actions: Iterable[Action]) -> None:
        # The SDK logs a warning per slot without a validation method, on every call.
        logging.getLogger("rasa_sdk").setLevel(logging.ERROR)
        self._executor = ActionExecutor()
        for action in actions:
            _check(action)
            self._executor.register_action(action)

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
