"""A labelled stream through the real grouping path, with a simulated clock."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Final

from classifier.encoding import Encoder, Vector, gist
from classifier.facts import FactFinder
from classifier.log_reading import read_log
from classifier.pair_candidates import Query
from classifier.pair_scorer import PairScorer
from classifier.signatures import merge_signatures
from classifier.train_pairs import Labelled
from classifier.window import Item, PairFacts, Window
from incidents.alarms import Threshold, choose_threshold
from incidents.candidates import CandidateRule
from incidents.grouping import Bonds, GroupingPolicy, choose_group, signature_groups
from incidents.publishing import PublishRule
from incidents.replay_watch import Alarm, Published, Seen, Watch
from models.errors import DomainError

_DAY: Final = 86_400.0


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
    part: str | None = None


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row with what was read from its text."""

    row: StreamRow
    vector: Vector
    facts: PairFacts


@dataclass(frozen=True, slots=True)
class Replay:
    """What was decided on arrival, in the order of the rows, and the alarms raised.

    `published` has the groups that came into the staff's queue, with the moment and the reason;
    `threshold` the surprise that the learned rule asked for, `people` the least number of them.
    """

    groups: tuple[str, ...]
    probabilities: tuple[float | None, ...]
    alarms: tuple[Alarm, ...]
    published: Mapping[str, Published] = field(default_factory=dict)
    threshold: Threshold | None = None
    people: float = 4.0


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
    publish: PublishRule | None = None,
) -> Replay:
    """Group each row as it comes, by what came before.

    Args:
        rows: By time.
        scorer: Probabilities.
        policy: Thresholds.
        encoder_id: Of the rows' vectors.
        history: Unscored rows, moved to end one second before the first row.
        rule: The least number of people, and their time; the fixed rule where None.
        budget: Alarms a week that may turn out to be nothing: the rule is learned, and its
            threshold chosen on the history where that says which alarms were right. Without a
            budget the fixed rule holds.
        publish: When a group comes into the queue; the shipped rule where None.

    """
    if not rows:
        return Replay((), (), ())
    window = scorer.open_window(encoder_id, len(rows[0].vector))
    watch = Watch(window, rule or CandidateRule(), publish=publish or PublishRule())
    offset = rows[0].row.t - 1.0 - history[-1].row.t if history else 0.0
    if budget is not None:
        watch.threshold = choose_threshold((), 0.0, budget)
    _run(window, history, offset, scorer, policy, "h", watch)
    if budget is not None and history:
        days = (history[-1].row.t - history[0].row.t) / _DAY
        watch.start_over(choose_threshold(watch.peaks(), days, budget))
    else:
        watch.start_over(watch.threshold)
    placed = _run(window, rows, 0.0, scorer, policy, "g", watch)
    return Replay(
        groups=tuple(group for group, _ in placed),
        probabilities=tuple(probability for _, probability in placed),
        alarms=tuple(watch.alarms),
        published=dict(watch.published),
        threshold=watch.threshold,
        people=watch.rule.people,
    )


def _run(
    window: Window,
    rows: Sequence[ReadRow],
    offset: float,
    scorer: PairScorer,
    policy: GroupingPolicy,
    prefix: str,
    watch: Watch,
) -> list[tuple[str, float | None]]:
    placed: list[tuple[str, float | None]] = []
    for number, each in enumerate(rows, 1):
        row, at = each.row, each.row.t + offset
        query = Query(each.vector, at, each.facts, row.restricted)
        choice = choose_group(
            scorer.score(window, query),
            Bonds(),
            policy,
            signature_groups=signature_groups(window, query),
        )
        group = f"{prefix}{number}" if choice.group is None else str(choice.group)
        key: Hashable = (prefix, row.id)
        window.add(Item(key, group, at, each.vector, each.facts))
        window.set_group(group, joinable=True, restricted=row.restricted)
        watch.see(key, group, Seen(row.id, at, row.reporter, row.weight, row.restricted, row.group))
        placed.append((group, choice.probability if choice.group else None))
    return placed


def _facts(row: StreamRow, finder: FactFinder) -> PairFacts:
    """What intake would use: what was told, else the only one the words name."""
    facts = finder.find(row.text)
    return PairFacts.of(
        row.text,
        service=row.service or (facts.services[0] if len(facts.services) == 1 else None),
        site=row.site or (facts.sites[0] if len(facts.sites) == 1 else None),
        signatures=merge_signatures(facts.signatures, *(read_log(one) for one in row.attached)),
        reporter=row.reporter,
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
            part=data.get("part") or None,
            attached=tuple(str(one) for one in attached),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadStreamError(
            f"{path}, line {number}: {error!r}. A line is {{id, t, text, ...}}, t in seconds."
        ) from error
