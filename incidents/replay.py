"""A labelled stream through the real grouping path, with a simulated clock."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Final

from classifier.encoding import Encoder, Vector, gist
from classifier.facts import FactFinder
from classifier.log_reading import read_log
from classifier.pair_features import Query
from classifier.pair_scorer import PairScorer
from classifier.signatures import merge_signatures
from classifier.train_pairs import Labelled
from classifier.window import Item, PairFacts, Window
from incidents.candidates import CandidateRule, Voice, choose_proposal
from incidents.grouping import Bonds, GroupingPolicy, choose_group, signature_groups
from models.errors import DomainError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK: Final = 7 * 86_400.0
_STRICTEST: Final = 60


class BadStreamError(DomainError):
    """A stream file has a line that cannot be used."""

    code: ClassVar[str] = "stream.unreadable"


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One report of a stream; `t` in seconds, `group` None where it stands alone.

    `weight` is what the reporter counts for candidates: less where nobody verified who it is.
    `attached` is what is read in its files: as in the product, it gives signatures, not words.
    """

    id: str
    t: float
    text: str
    group: str | None
    reporter: str
    service: str | None = None
    site: str | None = None
    restricted: bool = False
    weight: float = 1.0
    attached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row with what was read from its text."""

    row: StreamRow
    vector: Vector
    facts: PairFacts


@dataclass(frozen=True, slots=True)
class Alarm:
    """A candidate, as raised: its members at that moment."""

    t: float
    group: str
    ids: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What was decided on arrival, in the order of the rows, and the alarms raised."""

    groups: tuple[str, ...]
    probabilities: tuple[float | None, ...]
    alarms: tuple[Alarm, ...]


def parse_stream(path: Path) -> list[StreamRow]:
    """Rows of a JSONL file, by time.

    Raises:
        BadStreamError: With the number of the line and what is wrong with it.

    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadStreamError(f"{path} cannot be read: {error}.") from error
    rows = [_parse_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if len({row.id for row in rows}) != len(rows):
        raise BadStreamError(f"{path}: two rows have the same id. Give each its own.")
    return sorted(rows, key=lambda row: row.t)


def read_rows(rows: Sequence[StreamRow], encoder: Encoder, finder: FactFinder) -> list[ReadRow]:
    """Encode and find facts, once. Slow."""
    vectors = encoder.encode([gist(row.text) for row in rows])
    return [
        ReadRow(row, vector, _facts(row, finder)) for row, vector in zip(rows, vectors, strict=True)
    ]


def labelled(rows: Iterable[ReadRow]) -> list[Labelled]:
    """As `train_scorer` wants them."""
    return [
        Labelled(
            each.row.id, each.row.t, each.row.group, each.vector, each.facts, each.row.restricted
        )
        for each in rows
    ]


def replay_stream(
    rows: Sequence[ReadRow],
    scorer: PairScorer,
    policy: GroupingPolicy,
    *,
    encoder_id: str,
    history: Sequence[ReadRow] = (),
    rule: CandidateRule | None = None,
    budget: float | None = None,
) -> Replay:
    """Group each row as it comes, by what came before.

    Args:
        rows: By time.
        scorer: Probabilities.
        policy: Thresholds.
        encoder_id: Of the rows' vectors.
        history: Unscored rows, moved to end one second before the first row.
        rule: When a group is proposed as major; the fixed rule where None.
        budget: Alarms a week that staff accept: on the history, the rule would have stayed
            within it. Without a history it changes nothing.

    """
    if not rows:
        return Replay((), (), ())
    chosen = rule or CandidateRule()
    window = Window(encoder_id, len(rows[0].vector))
    offset = rows[0].row.t - 1.0 - history[-1].row.t if history else 0.0
    before = _run(window, history, offset, scorer, policy, "h")
    if budget is not None and history:
        chosen = _within_budget(before, chosen, budget, history)
    groups, probabilities = [], []
    alarms: list[Alarm] = []
    members: dict[str, list[StreamRow]] = defaultdict(list)
    raised: set[str] = set()
    for each, group, probability in _run(window, rows, 0.0, scorer, policy, "g"):
        groups.append(group)
        probabilities.append(probability)
        members[group].append(each.row)
        if group in raised:
            continue
        proposal = choose_proposal(_voices(members[group], each.row.t, chosen), chosen)
        if proposal is not None:
            raised.add(group)
            ids = tuple(row.id for row in members[group])
            alarms.append(Alarm(each.row.t, group, ids, proposal.sentence))
    return Replay(tuple(groups), tuple(probabilities), tuple(alarms))


Placed = tuple[ReadRow, str, float | None]


def _run(
    window: Window,
    rows: Sequence[ReadRow],
    offset: float,
    scorer: PairScorer,
    policy: GroupingPolicy,
    prefix: str,
) -> list[Placed]:
    placed: list[Placed] = []
    for number, each in enumerate(rows, 1):
        at = each.row.t + offset
        query = Query(each.vector, at, each.facts, each.row.restricted)
        choice = choose_group(
            scorer.score(window, query),
            Bonds(),
            policy,
            signature_groups=signature_groups(window, query),
        )
        group = f"{prefix}{number}" if choice.group is None else str(choice.group)
        key: Hashable = (prefix, each.row.id)
        window.add(Item(key, group, at, each.vector, each.facts))
        window.set_group(group, joinable=True, restricted=each.row.restricted)
        placed.append((each, group, choice.probability if choice.group else None))
    return placed


def _voices(members: Sequence[StreamRow], now: float, rule: CandidateRule) -> list[Voice]:
    start = now - rule.window.total_seconds()
    return [
        Voice(row.reporter, row.weight, _EPOCH + timedelta(seconds=row.t))
        for row in members
        if row.t >= start
    ]


def _within_budget(
    before: Sequence[Placed], rule: CandidateRule, budget: float, history: Sequence[ReadRow]
) -> CandidateRule:
    """The rule with as many people as keep the history's alarms within the budget."""
    weeks = max((history[-1].row.t - history[0].row.t) / _WEEK, 1e-6)
    members: dict[str, list[StreamRow]] = defaultdict(list)
    for each, group, _ in before:
        members[group].append(each.row)
    stricter = rule
    for people in range(int(rule.people), _STRICTEST):
        stricter = CandidateRule(people, rule.window)
        fired = sum(
            choose_proposal(_voices(rows, rows[0].t, stricter), stricter) is not None
            for rows in members.values()
            if len(rows) >= people
        )
        if fired <= budget * weeks:
            break
    return stricter


def _facts(row: StreamRow, finder: FactFinder) -> PairFacts:
    """What intake would use: what was told, else the only one the words name."""
    facts = finder.find(row.text)
    return PairFacts.of(
        row.text,
        service=row.service or (facts.services[0] if len(facts.services) == 1 else None),
        site=row.site or (facts.sites[0] if len(facts.sites) == 1 else None),
        signatures=merge_signatures(facts.signatures, *(read_log(one) for one in row.attached)),
    )


def _words(told: Any) -> str:
    if not isinstance(told, str):
        msg = f"text is {type(told).__name__}"
        raise TypeError(msg)
    return told


def _parse_row(path: Path, number: int, line: str) -> StreamRow:
    try:
        data: dict[str, Any] = json.loads(line)
        attached = data.get("attachments") or ()
        if isinstance(attached, str):
            attached = (attached,)
        moment = Fraction(data["t"])  # refuses what is no number, also NaN and infinity
        group = data.get("group")
        return StreamRow(
            id=str(data["id"]),
            t=float(moment),
            text=_words(data["text"]),
            group=None if group in {None, ""} else str(group),
            reporter=str(data.get("reporter") or f"reporter of {data['id']}"),
            service=data.get("service") or None,
            site=data.get("site") or None,
            restricted=data.get("audience") == "restricted",
            attached=tuple(str(one) for one in attached),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadStreamError(
            f"{path}, line {number}: {error!r}. A line is {{id, t, text, ...}}, t in seconds."
        ) from error
