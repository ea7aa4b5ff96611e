"""The page `benchmarks/parity.md`, from what was measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.parity.compare import Compared
from tests.parity.speed import Speed


@dataclass(frozen=True)
class Row:
    """One seed of one dialogue."""

    dialogue: str
    seed: int
    how: str
    found: Compared


@dataclass(frozen=True)
class Measured:
    """One whole run."""

    rasa: str
    found: list[Row]
    speed: Speed
    keys: int
    served: int


def render_report(measured: Measured) -> str:
    rows_of, speed = measured.found, measured.speed
    found = [row.found for row in rows_of]
    turns = sum(one.turns for one in found)
    differences = sum(len(one.differences) for one in found)
    actions: Counter[str] = Counter()
    responses: Counter[str] = Counter()
    for one in found:
        actions.update(one.actions)
        responses.update(one.responses)
    rows = [
        f"| {row.dialogue} | {row.seed} | {row.how} | {len(row.found.conversations)} | "
        f"{row.found.turns} | {len(row.found.differences)} |"
        for row in rows_of
    ]
    ours, theirs = speed.turns / speed.ours, speed.turns / speed.rasa
    return "\n".join(
        [
            "# The dialogue engine beside a real Rasa",
            "",
            (
                f"`make parity`, {datetime.now(UTC):%d %B %Y}, {platform.machine()}, "
                f"{os.cpu_count()} shared cores. "
                f"Rasa {measured.rasa} on Python 3.10; rasa-sdk {importlib.metadata.version('rasa-sdk')} "
                f"on Python {platform.python_version()}."
            ),
            "",
            (
                "The project that `muster rasa export` writes passes `rasa data validate` and trains as "
                f"it is. What RulePolicy learned from the rules ({measured.keys} keys) is what our engine "
                "made of them, key for key."
            ),
            "",
            (
                "Then both hold the same conversations by chance (messages of `training_data/` read by "
                "the real reader, buttons, digits, single words, empty messages, files, payloads typed "
                "by hand, known outages). After every turn all of it is compared: each reply's response, "
                "text, buttons and card, every slot, the active form, the slot asked for, and whether "
                "the form has handed the message on. Rasa asks our app for actions and words over HTTP."
            ),
            "",
            "| dialogue | seed | Rasa | conversations | turns | differences |",
            "|---|---|---|---|---|---|",
            *rows,
            (
                f"| all | | | {sum(len(one.conversations) for one in found)} | **{turns}** | "
                f"**{differences}** |"
            ),
            "",
            (
                f"{sum(actions.values())} actions ran ({len(actions)} kinds), "
                f"{sum(responses.values())} replies were said ({len(responses)} responses)."
            ),
            "",
            (
                f"{measured.served} more turns went through our own client (`MUSTER_DIALOGUE=rasa`), the "
                "signed connector and a whole `rasa run` server, started as `assistant/rasa/README.md` "
                "says: no difference in words, buttons, slots or form; an unsigned call got 403."
            ),
            "",
            "## Turns per second of the engine alone",
            "",
            (
                f"The first {speed.turns} turns of our own dialogue again, in the same run, on one core each, with no "
                "HTTP on either side: what each action returned is played back in order, so neither pays "
                "for actions or for reading. Rasa: the agent in its process with RulePolicy alone, its "
                "own template renderer and the in-memory tracker store. Ours: state copied, turn, "
                "rendering."
            ),
            "",
            "| | turns/s | ms a turn | CPU ms a turn |",
            "|---|---|---|---|",
            (
                f"| Rasa {measured.rasa} | {theirs:.1f} | {1000 / theirs:.2f} | "
                f"{1000 * speed.rasa_cpu / speed.turns:.2f} |"
            ),
            (
                f"| ours | {ours:.0f} | {1000 / ours:.3f} | "
                f"{1000 * speed.ours_cpu / speed.turns:.3f} |"
            ),
            "",
            (
                f"**{ours / theirs:.0f} times** Rasa's turns per second by the clock, "
                f"{speed.rasa_cpu / speed.ours_cpu:.0f} times by the processor's time (the machine is shared)."
            ),
            "",
            "## What this does not show",
            "",
            (
                "Only what `assistant/domain.py` lets in is interpreted; the rest is refused when it is "
                "read. Mappings from intents, texts and entities, slots in rules and forms with a list of "
                "their own are compared on the domain of `tests/parity/variety/`. Where Rasa would run an "
                "action that fails, it goes on without it; ours gives the turn up and records nothing."
            ),
            "",
        ]
    )
