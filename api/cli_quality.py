"""`muster evaluate` without a part: every figure beside its baselines, on every set."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from api.shipped import ROOT, TRAINING_DATA, built_encoder
from models.errors import DomainError

if TYPE_CHECKING:  # heavy to import, and no other command needs them
    from classifier.encoding import Encoder
    from classifier.rehearsal import Pairs, Rehearsal
    from incidents.quality import Bench, Stream
    from incidents.quality_sets import QualitySet
    from incidents.rivals import Tried

PARTS: Final = ("grouping", "learnt", "backwards", "evidence", "labels")
_QUICK: Final = ("grouping", "labels")
_OF_STREAMS: Final = frozenset(PARTS) - {"labels"}
_BY_SET: Final = frozenset(
    [
        "runs",
        "sets",
        "grouping",
        "learnt",
        "backwards",
        "curves",
        "sweeps",
        "answers",
        "reliabilities",
        "labels",
    ]
)
_BESIDE: Final = ROOT.parent / "shared" / "eval"
_QUICK_DRAWS: Final = 200
_QUICK_LABELS: Final = ("shipped tickets", "github_status, as trained once")

Said = Callable[[str], None]


class UnknownPartError(DomainError):
    """A part or set that `muster evaluate` does not have."""

    code: ClassVar[str] = "evaluate.unknown_part"


def add_quality(evaluate: argparse.ArgumentParser, parts: Any) -> None:
    """Let `muster evaluate` and `muster evaluate all` measure everything."""
    _add_options(evaluate, None)
    evaluate.set_defaults(run=_everything)
    whole = parts.add_parser(
        "all", help="every set, beside every baseline (the default)",
        argument_default=argparse.SUPPRESS,
    )  # fmt: skip
    _add_options(whole, argparse.SUPPRESS)
    whole.set_defaults(run=_everything)


def _add_options(command: argparse.ArgumentParser, default: Any) -> None:
    command.add_argument(
        "--data", type=Path, metavar="DIR", default=default,
        help="the folder of evaluation sets (default: shared/eval beside the project, if there)",
    )  # fmt: skip
    command.add_argument(
        "--quick", action="store_true", default=default or False,
        help="under five minutes: shipped artifacts, fewer settings and draws, no learning",
    )  # fmt: skip
    command.add_argument(
        "--only", metavar="PART[,PART]", default=default,
        help=f"of {', '.join(PARTS)}; what --out holds of the other parts stays as it is",
    )  # fmt: skip
    command.add_argument("--sets", metavar="SET[,SET]", default=default, help="only these streams")
    command.add_argument(
        "--out", type=Path, metavar="DIR", default=default,
        help="write DIR/quality.md, and plots and figures.json in DIR/quality/",
    )  # fmt: skip
    command.add_argument(
        "--json", action="store_true", default=default or False, help="print one JSON object"
    )


def _everything(chosen: argparse.Namespace) -> None:
    from threadpoolctl import threadpool_limits

    from api.quality_page import render_page
    from api.quality_plots import render_plots

    threadpool_limits(1)  # threads that wait for each other take ten times as long
    data = chosen.data or _BESIDE
    parts = _chosen(chosen.only, _QUICK if chosen.quick else PARTS, PARTS)
    found = _measure(chosen, data, parts)
    figures = _merged(_read_figures(chosen.out), found)
    if chosen.json:
        print(json.dumps(figures))
    page, plots = render_page(figures), render_plots(figures)
    if chosen.out is None:
        if not chosen.json:
            print(page)
        return
    folder = chosen.out / "quality"
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawn in plots.items():
        (folder / f"{name}.svg").write_text(drawn, encoding="utf-8")
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (chosen.out / "quality.md").write_text(page, encoding="utf-8")
    _tell(f"Written: {chosen.out / 'quality.md'}")


def _measure(chosen: argparse.Namespace, data: Path, parts: Sequence[str]) -> dict[str, Any]:
    from classifier.pair_scorer import SHIPPED, load_scorer
    from incidents.grouping_quality import DRAWS
    from incidents.quality import Bench
    from incidents.quality_sets import list_sets

    said, encoder, scorer = _teller(), built_encoder(), load_scorer()
    known = list_sets(TRAINING_DATA, data)
    keys = _chosen(chosen.sets, [one.key for one in known], [one.key for one in known])
    wanted = [one for one in known if one.key in keys and not (chosen.quick and one.long)]
    absent = [one.title for one in known if not one.path.is_file()]
    for title in absent:
        said(f"{title} is not on this machine (--data DIR says where the sets are).")
    about = {
        "made": f"{datetime.now(UTC):%Y-%m-%d}",
        "command": _command(chosen),
        "artifact": scorer.name,
        "learnt_from": str(scorer.manifest.get("trained_on")),
        "join": scorer.join,
        "absent": absent,
        "quick": bool(chosen.quick),
        "encoder": encoder.id,
    }
    bench = Bench(scorer, encoder.id, _QUICK_DRAWS if chosen.quick else DRAWS, said)
    runs = dict.fromkeys(parts, about)
    found: dict[str, Any] = {"runs": runs}
    if _OF_STREAMS & set(parts):
        streams = _read([one for one in wanted if one.path.is_file()], encoder, said)
        found |= _measure_streams(streams, bench, parts, quick=chosen.quick)
        found["reliability"] = scorer.manifest.get("reliability", [])
        found["recurrence"] = _recurrence(SHIPPED / "recurrence.json")
    if "labels" in parts:
        found["labels"] = _measure_labels(data, encoder, said, quick=chosen.quick)
    return found


def _measure_streams(
    streams: Sequence[Stream],
    bench: Bench,
    parts: Sequence[str],
    *,
    quick: bool,
) -> dict[str, Any]:
    from classifier.ablation import collect_pairs
    from incidents.quality import blank_of, measure_shipped
    from incidents.rivals import try_rivals

    tried: dict[str, list[Tried]] = {}
    found: dict[str, Any] = {"sets": {one.about.key: one.about.title for one in streams}}
    if _OF_STREAMS & set(parts) != {"evidence"}:
        for one in streams:
            bench.said(f"{one.about.title}: the simple methods")
            tried[one.about.key] = try_rivals(
                one.rows, long=one.about.long, every=3 if quick else 1, said=bench.said
            )
    if "grouping" in parts:
        found["grouping"] = {}
        for one in streams:
            bench.said(f"{one.about.title}: Muster")
            found["grouping"][one.about.key] = measure_shipped(one, tried[one.about.key], bench)
    if (_OF_STREAMS & set(parts)) - {"grouping"}:
        bench.said("Replaying what weights are learnt from")
        rehearsals = _rehearse(streams, bench)
        collected = collect_pairs(rehearsals, blank_of(bench.scorer)) if rehearsals else {}
        if "evidence" in parts:
            found |= _measure_evidence(streams, rehearsals, collected, bench)
        if "learnt" in parts:
            found |= _measure_learnt(streams, tried, collected, bench)
        if "backwards" in parts:
            found |= _measure_backwards(streams, tried, collected, bench)
    return found


def _measure_learnt(
    streams: Sequence[Stream],
    tried: Mapping[str, Sequence[Tried]],
    collected: Mapping[str, Sequence[Pairs]],
    bench: Bench,
) -> dict[str, Any]:
    from incidents.quality import blank_of, measure_curve, measure_learnt, start_without

    learnt: dict[str, Any] = {}
    curves: dict[str, Any] = {}
    blank = blank_of(bench.scorer)
    for one in streams:
        key = one.about.key
        bench.said(f"{one.about.title}: learnt there")
        start = None if one.about.long else start_without(key, collected, blank)
        learnt[key] = measure_learnt(one, tried[key], bench, start)
        if one.about.ours and one.rows[-1].row.part is not None:
            curves[key] = measure_curve(one, bench, start)
    return {"learnt": learnt, "curves": curves}


def _measure_backwards(
    streams: Sequence[Stream],
    tried: Mapping[str, Sequence[Tried]],
    collected: Mapping[str, Sequence[Pairs]],
    bench: Bench,
) -> dict[str, Any]:
    """Other people's sets once more, learnt from the later part and judged on the first."""
    from incidents.quality import blank_of, measure_learnt, start_without

    found: dict[str, Any] = {}
    blank = blank_of(bench.scorer)
    for one in streams:
        key = one.about.key
        if not one.about.ours:
            bench.said(f"{one.about.title}: learnt there, the other way round")
            start = None if one.about.long else start_without(key, collected, blank)
            found[key] = measure_learnt(one, tried[key], bench, start, backwards=True)
    return {"backwards": found}


def _measure_evidence(
    streams: Sequence[Stream],
    rehearsals: Mapping[str, Rehearsal],
    collected: Mapping[str, Sequence[Pairs]],
    bench: Bench,
) -> dict[str, Any]:
    from classifier.ablation import ablate
    from incidents.quality import (
        blank_of,
        join_odds,
        measure_answers,
        measure_reliability,
        sweep_thresholds,
        weigh_families,
    )

    sweeps: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    reliabilities: dict[str, Any] = {}
    for one in streams:
        if one.about.long:
            continue
        bench.said(f"{one.about.title}: thresholds")
        parted = one.rows[-1].row.part is not None
        whole = _whole(one, bench) if parted else rehearsals[one.about.key]
        sweeps[one.about.key] = sweep_thresholds(whole, bench.scorer)
        if parted:
            reliabilities[one.about.key] = measure_reliability(whole, bench.scorer, one.cut)
            answers[one.about.key] = measure_answers(one, whole, bench)
    if not rehearsals:
        return {}
    blank, join = blank_of(bench.scorer), join_odds(bench.scorer)
    without = ablate(rehearsals, collected, blank, join, said=bench.said)
    return {
        "sweeps": sweeps,
        "answers": answers,
        "reliabilities": reliabilities,
        "ablation": weigh_families(rehearsals, without, draws=bench.draws),
    }


def _rehearse(streams: Sequence[Stream], bench: Bench) -> dict[str, Rehearsal]:
    """The streams that weights are learnt from; of a set with a held part only the other one."""
    from classifier.rehearsal import Rehearsal
    from incidents.replay import labelled

    found = {}
    for one in streams:
        if one.about.long:
            continue
        parted = one.rows[-1].row.part is not None
        rows = one.rows[: one.cut] if parted else one.rows
        found[one.about.key] = Rehearsal(
            labelled(rows), bench.encoder_id, bench.scorer.pace, bench.scorer.disturbance
        )
    return found


def _whole(one: Stream, bench: Bench) -> Rehearsal:
    from classifier.rehearsal import Rehearsal
    from incidents.replay import labelled

    scorer = bench.scorer
    return Rehearsal(labelled(one.rows), bench.encoder_id, scorer.pace, scorer.disturbance)


def _read(wanted: Sequence[QualitySet], encoder: Encoder, said: Said) -> list[Stream]:
    from classifier.catalogue import parse_catalogue
    from classifier.facts import FactFinder
    from incidents.quality import Stream
    from incidents.quality_sets import choose_cut, read_stream
    from incidents.replay import read_rows

    finder = FactFinder(parse_catalogue(TRAINING_DATA / "organisation"))
    streams = []
    for one in wanted:
        rows, bonds = read_stream(one.path)
        said(f"{one.title}: reading {len(rows)} reports")
        streams.append(Stream(one, read_rows(rows, encoder, finder), choose_cut(rows), bonds))
    return streams


def _measure_labels(data: Path, encoder: Encoder, said: Said, *, quick: bool) -> dict[str, Any]:
    from dataclasses import asdict

    from classifier.label_quality import measure_labels, read_sets

    sets = read_sets(TRAINING_DATA, data if data.is_dir() else None)
    if quick:
        sets = [one for one in sets if one.name in _QUICK_LABELS]
    found: dict[str, Any] = {}
    for one in sets:
        said(f"labels of {one.name} ...")
        found |= {each.name: asdict(each) for each in measure_labels([one], encoder)}
    return found


def _recurrence(path: Path) -> dict[str, Any]:
    """What the training of the links between incidents measured on rows that it never saw."""
    if not path.is_file():
        return {}
    manifest = json.loads(path.read_text(encoding="utf-8"))["manifest"]
    return {part: manifest.get(part, {}) for part in ("cross_fitted", "held")}


def _chosen(told: str | None, default: Sequence[str], known: Sequence[str]) -> list[str]:
    if told is None:
        return list(default)
    names = [name.strip() for name in told.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UnknownPartError(f"There is no {unknown[0]!r}; there are {', '.join(known)}.")
    return names


def _merged(kept: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured now, and of the rest what was measured before; set by set."""
    both = dict(kept) | dict(found)
    for part in _BY_SET & kept.keys() & found.keys():
        both[part] = {**kept[part], **found[part]}
    return both


def _read_figures(out: Path | None) -> dict[str, Any]:
    """What was measured before and is written there, openly: parts not asked for stay."""
    path = out / "quality" / "figures.json" if out is not None else None
    if path is None or not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _command(chosen: argparse.Namespace) -> str:
    told = [
        f" --{name} {getattr(chosen, name)}" for name in ("only", "sets") if getattr(chosen, name)
    ]
    return "muster evaluate" + (" --quick" if chosen.quick else "") + "".join(told)


def _teller() -> Said:
    start = time.monotonic()
    return lambda sentence: _tell(f"[{time.monotonic() - start:5.0f} s] {sentence}")


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
