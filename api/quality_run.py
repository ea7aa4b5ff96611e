"""Everything `muster evaluate` measures, piece by piece, each kept as soon as it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from classifier.ablation import Without, ablate, collect_pairs
from classifier.catalogue import parse_catalogue
from classifier.encoding import Encoder
from classifier.facts import FactFinder
from classifier.label_quality import measure_labels, read_sets
from classifier.pair_scorer import SHIPPED
from classifier.rehearsal import Pairs, Rehearsal
from incidents.quality import (
    Bench,
    Stream,
    blank_of,
    join_odds,
    measure_answers,
    measure_curve,
    measure_learnt,
    measure_reliability,
    measure_shipped,
    start_without,
    sweep_thresholds,
    weigh_families,
)
from incidents.quality_sets import QualitySet, choose_cut, read_stream
from incidents.replay import labelled, read_rows
from incidents.rivals import Tried, try_rivals

PARTS: Final = ("grouping", "learnt", "backwards", "evidence", "labels")
QUICK: Final = ("grouping", "labels")
_OF_STREAMS: Final = frozenset(PARTS) - {"labels"}
_QUICK_LABELS: Final = ("shipped tickets", "github_status, as trained once")

Figures = dict[str, Any]
Collected = Mapping[str, Sequence[Pairs]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be measured.

    Attributes:
        parts: Of `PARTS`.
        sets: Streams that are there.
        data: The folder of evaluation sets, where it is there.
        own: The folder of our own data.
        quick: Fewer settings of the simple methods, and fewer tables of labels.

    """

    parts: Sequence[str]
    sets: Sequence[QualitySet]
    data: Path
    own: Path
    quick: bool = False


def measure_all(wish: Wish, encoder: Encoder, bench: Bench) -> Iterator[Figures]:
    """One piece after the other, each to be merged into what is there. Slow."""
    asked = _OF_STREAMS & set(wish.parts)
    if asked:
        yield {
            "reliability": bench.scorer.manifest.get("reliability", []),
            "recurrence": _recurrence(SHIPPED / "recurrence.json"),
        }
        streams = _read(wish, encoder, bench)
        yield {"sets": {one.about.key: one.about.title for one in streams}}
        tried: dict[str, Sequence[Tried]] = {}
        if asked != {"evidence"}:
            for one in streams:
                yield from _beside_rivals(one, wish, bench, tried)
        if asked != {"grouping"}:
            bench.said("Replaying what weights are learnt from")
            rehearsals = {
                one.about.key: _rehearsal(one, bench, whole=False)
                for one in streams
                if not one.about.long
            }
            blank = blank_of(bench.scorer)
            collected = _lessons(rehearsals, bench)
            if "evidence" in asked and rehearsals:
                yield from _evidence(streams, rehearsals, collected, bench)
            for one in streams if asked & {"learnt", "backwards"} else ():
                start = None if one.about.long else start_without(one.about.key, collected, blank)
                yield from _learnt(one, tried[one.about.key], start, wish, bench)
    if "labels" in wish.parts:
        yield from _labels(wish, encoder, bench)


def _beside_rivals(
    one: Stream, wish: Wish, bench: Bench, tried: dict[str, Sequence[Tried]]
) -> Iterator[Figures]:
    bench.said(f"{one.about.title}: the simple methods")
    tried[one.about.key] = try_rivals(
        one.rows, long=one.about.long, every=3 if wish.quick else 1, said=bench.said
    )
    if "grouping" in wish.parts:
        bench.said(f"{one.about.title}: Muster")
        found = measure_shipped(one, tried[one.about.key], bench)
        yield {"grouping": {one.about.key: found}}


def _learnt(
    one: Stream, rivals: Sequence[Tried], start: Any, wish: Wish, bench: Bench
) -> Iterator[Figures]:
    """Forwards; a curve where the set has a held part; backwards where the words are not ours."""
    key = one.about.key
    if "learnt" in wish.parts:
        bench.said(f"{one.about.title}: learnt there")
        yield {"learnt": {key: measure_learnt(one, rivals, bench, start)}}
        if _is_parted(one):
            yield {"curves": {key: measure_curve(one, bench, start)}}
    if "backwards" in wish.parts and not one.about.ours:
        bench.said(f"{one.about.title}: learnt there, the other way round")
        yield {"backwards": {key: measure_learnt(one, rivals, bench, start, backwards=True)}}


def _evidence(
    streams: Sequence[Stream],
    rehearsals: Mapping[str, Rehearsal],
    collected: Collected,
    bench: Bench,
) -> Iterator[Figures]:
    for one in streams:
        key = one.about.key
        if one.about.long:
            continue
        bench.said(f"{one.about.title}: thresholds")
        whole = _rehearsal(one, bench, whole=True) if _is_parted(one) else rehearsals[key]
        yield {"sweeps": {key: sweep_thresholds(whole, bench.scorer)}}
        if _is_parted(one):
            yield {"reliabilities": {key: measure_reliability(whole, bench.scorer, one.cut)}}
            yield {"answers": {key: measure_answers(one, whole, bench)}}
    blank, join = blank_of(bench.scorer), join_odds(bench.scorer)
    without: list[Without] = []
    for family in ablate(rehearsals, collected, blank, join, said=bench.said):
        without.append(family)
        yield {"ablation": weigh_families(rehearsals, without, draws=bench.draws)}


def _labels(wish: Wish, encoder: Encoder, bench: Bench) -> Iterator[Figures]:
    for one in read_sets(wish.own, wish.data if wish.data.is_dir() else None):
        if not wish.quick or one.name in _QUICK_LABELS:
            bench.said(f"labels of {one.name} ...")
            yield {"labels": {each.name: asdict(each) for each in measure_labels([one], encoder)}}


def _lessons(rehearsals: Mapping[str, Rehearsal], bench: Bench) -> Collected:
    """Training pairs of the streams that the artifact was learnt from; of all if none is here."""
    named = str(bench.scorer.manifest.get("trained_on")).split("+")
    taught = {name: one for name, one in rehearsals.items() if name in named} or rehearsals
    return collect_pairs(taught, blank_of(bench.scorer)) if taught else {}


def _is_parted(one: Stream) -> bool:
    """Whether a part of it is held: never learnt from."""
    return one.rows[-1].row.part is not None


def _rehearsal(one: Stream, bench: Bench, *, whole: bool) -> Rehearsal:
    """Of all of it, or of what may be learnt from."""
    rows = one.rows[: one.cut] if _is_parted(one) and not whole else one.rows
    scorer = bench.scorer
    return Rehearsal(labelled(rows), bench.encoder_id, scorer.pace, scorer.disturbance)


def _read(wish: Wish, encoder: Encoder, bench: Bench) -> list[Stream]:
    finder = FactFinder(parse_catalogue(wish.own / "organisation"))
    streams = []
    for one in wish.sets:
        rows, bonds = read_stream(one.path)
        bench.said(f"{one.title}: reading {len(rows)} reports")
        streams.append(Stream(one, read_rows(rows, encoder, finder), choose_cut(rows), bonds))
    return streams


def _recurrence(path: Path) -> dict[str, Any]:
    """What the training of the links between incidents measured on rows that it never saw."""
    if not path.is_file():
        return {}
    manifest = json.loads(path.read_text(encoding="utf-8"))["manifest"]
    return {part: manifest.get(part, {}) for part in ("cross_fitted", "held")}
