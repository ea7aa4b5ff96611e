"""A labelled stream as the training of recurrence wants it: incidents, and what causes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifier.recurrence import Account, says_again
from classifier.recurrence_examples import Question, Told, ask, ask_halves, cut_episodes
from incidents.replay import BadStreamError, ReadRow

_HELD = "held"


def read_questions(rows: Sequence[ReadRow], recurrences: Mapping[str, str]) -> list[Question]:
    """Every look at every incident of a stream. Slow: a minute for some thousand reports.

    Where incidents are told by several people, those are looked at, and some are made to come
    back, as a history of weeks holds few that did. Where each report is a matter of its own,
    which is only linked, every report is looked at.

    Args:
        rows: By time.
        recurrences: Of an incident's label, the label of the one it is a recurrence of.

    """
    told = cut_episodes([_told(row, recurrences) for row in rows])
    if not _is_crowded(told):
        return ask(told)
    return ask(told, alone=False) + ask_halves(told)


def parse_recurrences(path: Path) -> dict[str, str]:
    """Which labels of a stream file recur from which, by its `recurrence_of`.

    Raises:
        BadStreamError: It cannot be read.

    """
    found: dict[str, str] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line) if line.strip() else {}
            if row.get("group") and row.get("recurrence_of"):
                found[str(row["group"])] = str(row["recurrence_of"])
    except (OSError, ValueError, AttributeError) as error:
        raise BadStreamError(f"{path} cannot be read: {error}.") from error
    return found


def _told(each: ReadRow, recurrences: Mapping[str, str]) -> Told:
    row = each.row
    account = Account(row.id, row.t, each.vector, each.facts, says_again(row.text))
    if row.group is None:
        alone = ("alone", row.id)
        return Told(account, alone, alone, held=row.part == _HELD)
    return Told(account, row.group, _first(row.group, recurrences), held=row.part == _HELD)


def _first(group: str, recurrences: Mapping[str, str]) -> str:
    """Where a chain of recurrences began; a ring of them ends where it closes."""
    seen = {group}
    while (before := recurrences.get(group)) is not None and before not in seen:
        seen.add(before)
        group = before
    return group


def _is_crowded(told: Sequence[Told]) -> bool:
    """Whether most labelled reports are in incidents that several people told of."""
    sizes: dict[object, int] = {}
    for one in told:
        sizes[one.incident] = sizes.get(one.incident, 0) + 1
    together = sum(size for size in sizes.values() if size > 1)
    caused: dict[object, int] = {}
    for one in told:
        caused[one.cause] = caused.get(one.cause, 0) + 1
    return 2 * together > sum(count for count in caused.values() if count > 1)
