"""How good grouping is on one stream: as shipped and as learnt there, beside simple methods.

Every function returns plain figures for `figures.json`; a share stands as [value, low, high].
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from classifier.ablation import EVERYTHING, Without, all_pairs, families
from classifier.pair_features import FEATURES
from classifier.pair_fit import Pull, fit_pairs, log_odds, reliability
from classifier.pair_scorer import PairScorer
from classifier.rehearsal import Pairs, Rehearsal
from classifier.train_pairs import by_scorer, train_scorer
from incidents.alarm_quality import BUDGETS, measure_alarms
from incidents.candidates import CandidateRule
from incidents.grouping import GroupingPolicy
from incidents.grouping_errors import Asking, study_errors, with_answers
from incidents.grouping_quality import (
    DRAWS,
    Tally,
    count_bonds,
    measure,
    measure_gain,
    tally_groups,
)
from incidents.quality_sets import Bonds, QualitySet
from incidents.replay import ReadRow, Replay, labelled, replay_stream
from incidents.rivals import Tried

Groups = Sequence[Hashable | None]
Said = Callable[[str], None]

SWEEP: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.95)
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A set that was read, with where its later part begins."""

    about: QualitySet
    rows: Sequence[ReadRow]
    cut: int
    bonds: Bonds

    @property
    def gold(self) -> list[str | None]:
        return [each.row.group for each in self.rows]

    @property
    def later(self) -> Sequence[ReadRow]:
        return self.rows[self.cut :]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measurement uses throughout."""

    scorer: PairScorer
    encoder_id: str
    draws: int = DRAWS
    said: Said = lambda _sentence: None


def measure_shipped(stream: Stream, rivals: Sequence[Tried], bench: Bench) -> dict[str, Any]:
    """The artifact as it is, over the whole stream and its later part; rivals at their ceiling."""
    bench.said("as shipped ...")
    found = replay_stream(
        stream.rows, bench.scorer, GroupingPolicy.of(bench.scorer), encoder_id=bench.encoder_id
    )
    whole = range(len(stream.rows))
    later = range(stream.cut, len(stream.rows))
    result = {
        "reports": len(stream.rows),
        "days": round((stream.rows[-1].row.t - stream.rows[0].row.t) / _DAY, 2),
        "incidents": len({label for label in stream.gold if label is not None}),
        "whole": _beside(stream, found, whole, rivals, tuned_on=whole, bench=bench),
        "later": _beside(stream, found, later, rivals, tuned_on=range(stream.cut), bench=bench),
        **_of_manifest(stream.about.key, bench.scorer),
    }
    if not stream.about.long:
        bench.said("alarms ...")
        result["alarms"] = _alarms(stream, found.groups, bench.scorer, bench)
    gold, groups = stream.gold[stream.cut :], found.groups[stream.cut :]
    if stream.bonds.lookalikes or stream.bonds.recurrences:
        result["bonds"] = {
            part: {
                "lookalikes": count_bonds(labels, told, stream.bonds.lookalikes),
                "recurrences": count_bonds(labels, told, stream.bonds.recurrences),
            }
            for part, labels, told in (
                ("whole", stream.gold, found.groups), ("later", gold, groups)
            )
        }  # fmt: skip
    result["errors"] = study_errors(stream.later, groups, lookalikes=stream.bonds.lookalikes)
    return result


def measure_learnt(
    stream: Stream,
    rivals: Sequence[Tried],
    bench: Bench,
    start: PairScorer | None,
    *,
    backwards: bool = False,
) -> dict[str, Any]:
    """`train --stream` on one part in time, judged on the other; rivals tuned on the same part.

    Args:
        stream: The set.
        rivals: As tried over the whole of it.
        bench: Common to all.
        start: Weights that never saw this set; the shipped ones did.
        backwards: Learn from the later part and judge the first.

    """
    first, later = range(stream.cut), range(stream.cut, len(stream.rows))
    taught, judged = (later, first) if backwards else (first, later)
    lessons = [stream.rows[place] for place in taught]
    bench.said(f"learning from {len(lessons)} of its reports ...")
    scorer = train_scorer(
        {stream.about.key: labelled(lessons)}, bench.encoder_id, name="learnt there", date="",
        start=start, disturbance=bench.scorer.disturbance,
    )  # fmt: skip
    if backwards:
        found = replay_stream(
            stream.rows[: stream.cut], scorer, GroupingPolicy.of(scorer),
            encoder_id=bench.encoder_id, history=lessons,
        )  # fmt: skip
    else:
        found = replay_stream(
            stream.rows, scorer, GroupingPolicy.of(scorer), encoder_id=bench.encoder_id
        )
    result = _beside(stream, found, judged, rivals, tuned_on=taught, bench=bench)
    result |= {"learnt_from": len(lessons), "reports": len(judged), "join": scorer.join}
    if not stream.about.long and not backwards:
        result["alarms"] = _alarms(stream, found.groups, scorer, bench, history=stream.cut)
    return result


def start_without(
    key: str, collected: Mapping[str, Sequence[Pairs]], blank: PairScorer
) -> PairScorer | None:
    """Weights of the other sets' pairs, for a place that was not learnt from."""
    others = {name: pairs for name, pairs in collected.items() if name != key}
    return fit_pairs(all_pairs(others), blank, Pull(None)) if others else None


def blank_of(scorer: PairScorer) -> PairScorer:
    """Its pace and sense of what is broken, with no weights."""
    none = np.zeros(len(FEATURES))
    return PairScorer(
        "blank", none, none + 1, none, 0.0, 0.5, 0.3, {}, scorer.pace, scorer.disturbance
    )


def join_odds(scorer: PairScorer, probability: float | None = None) -> float:
    """Log-odds before calibration of a probability; of the join threshold where None."""
    slope, shift = scorer.calibration
    told = scorer.join if probability is None else probability
    return float((np.log(told / (1 - told)) - shift) / slope)


def sweep_thresholds(rehearsal: Rehearsal, scorer: PairScorer) -> list[list[float]]:
    """Per join threshold: probability, F1, precision, recall on a stream. Slow."""
    gold = [report.gold for report in rehearsal.stream]
    found = []
    for probability in SWEEP:
        policy = by_scorer(scorer, join_odds(scorer, probability))
        figures = measure(tally_groups(gold, rehearsal.replay(policy)[1]), draws=1)
        found.append([probability, *(figures[name][0] for name in ("f1", "precision", "recall"))])
    return found


def measure_reliability(rehearsal: Rehearsal, scorer: PairScorer, first: int) -> list[list[float]]:
    """Of the best candidate of each report from `first` on: how sure, how often right, how many."""
    pairs, _ = rehearsal.replay(by_scorer(scorer, join_odds(scorer)))
    odds = log_odds(scorer, pairs.x)
    order = np.lexsort((-odds, pairs.report))
    best = order[np.unique(pairs.report[order], return_index=True)[1]]
    best = best[pairs.report[best] >= first]
    sure = np.array([scorer.calibrated(one) for one in odds[best]])
    return reliability(sure, pairs.y[best])


def measure_answers(stream: Stream, rehearsal: Rehearsal, bench: Bench) -> dict[str, Any]:
    """What the later part would reach if reporters had answered one question more. Slow."""
    gold = stream.gold[stream.cut :]
    found: dict[str, Any] = {}
    for name, service, site in (
        ("as it is", False, False),
        ("everybody says which service", True, False),
        ("everybody says which building", False, True),
        ("both", True, True),
    ):
        rows = with_answers(stream.rows, service=service, site=site)
        replayed = replay_stream(
            rows, bench.scorer, GroupingPolicy.of(bench.scorer), encoder_id=bench.encoder_id
        )
        tally = tally_groups(gold, replayed.groups[stream.cut :])
        found[name] = measure(tally, draws=bench.draws)
    join, suggest = (join_odds(bench.scorer, p) for p in (None, bench.scorer.suggest))
    asking = Asking(bench.scorer, join, suggest)
    groups = rehearsal.replay(asking.policy())[1]
    told = measure(tally_groups(gold, groups[stream.cut :]), draws=bench.draws)
    share = asking.asked / len(stream.rows)
    found['asked "is it this one?" where it would suggest'] = told | {"asked": round(share, 4)}
    return found


def measure_curve(
    stream: Stream, bench: Bench, start: PairScorer | None, shares: Sequence[float] = (0.25, 0.5, 1)
) -> list[dict[str, Any]]:
    """F1 of the later part, learnt from the newest share of the first part. Slow."""
    gold = stream.gold[stream.cut :]
    found = []
    for share in (0.0, *shares):
        lessons = stream.rows[stream.cut - round(stream.cut * share) : stream.cut]
        scorer = start
        if lessons:
            bench.said(f"learning from {len(lessons)} reports ...")
            scorer = train_scorer(
                {stream.about.key: labelled(lessons)}, bench.encoder_id, name="part", date="",
                start=start, disturbance=bench.scorer.disturbance,
            )  # fmt: skip
        if scorer is None:
            continue
        if not lessons:
            scorer = replace(scorer, join=bench.scorer.join, suggest=bench.scorer.suggest,
                             calibration=bench.scorer.calibration)  # fmt: skip
        replayed = replay_stream(
            stream.rows, scorer, GroupingPolicy.of(scorer), encoder_id=bench.encoder_id
        )
        figures = measure(tally_groups(gold, replayed.groups[stream.cut :]), draws=bench.draws)
        found.append({"reports": len(lessons), **figures})
    return found


def weigh_families(
    rehearsals: Mapping[str, Rehearsal], without: Sequence[Without], *, draws: int = DRAWS
) -> dict[str, Any]:
    """Per family and set what F1 loses without it (value, low, high), and what all reach."""
    everything = next(one for one in without if one.family == EVERYTHING)
    golds = {name: [r.gold for r in one.stream] for name, one in rehearsals.items()}
    tallies = {name: tally_groups(golds[name], everything.groups[name]) for name in rehearsals}
    return {
        "everything": {name: measure(tally, draws=draws)["f1"] for name, tally in tallies.items()},
        "members": families(),
        "worth": {
            one.family: {
                name: measure_gain(
                    tallies[name], tally_groups(golds[name], one.groups[name]), draws=draws
                )
                for name in rehearsals
            }
            for one in without
            if one is not everything
        },
    }


def _beside(
    stream: Stream,
    found: Replay,
    judged: range,
    rivals: Sequence[Tried],
    *,
    tuned_on: range,
    bench: Bench,
) -> dict[str, Any]:
    """Ours and the rivals on some rows, the rivals at their best setting on others."""
    gold = stream.gold[judged.start : judged.stop]

    def tallied(groups: Groups) -> Tally:
        return tally_groups(gold, groups[judged.start : judged.stop])

    ours = tallied(found.groups)
    shown = [group if group in found.published else None for group in found.groups]
    methods = {
        "Muster": measure(ours, draws=bench.draws),
        "Muster, published": measure(tallied(shown), draws=bench.draws),
    }
    gains = {}
    for rival in rivals:
        best = rival.best(stream.gold, tuned_on.start, tuned_on.stop)
        theirs = tallied(rival.groups[best])
        methods[rival.name] = measure(theirs, draws=bench.draws)
        methods[rival.name]["setting"] = rival.settings[best]
        gains[rival.name] = measure_gain(ours, theirs, draws=bench.draws)
    return {"methods": methods, "gains": gains}


def _alarms(
    stream: Stream,
    groups: Sequence[Hashable],
    scorer: PairScorer,
    bench: Bench,
    *,
    history: int = 0,
) -> dict[str, Any]:
    found = measure_alarms(
        stream.rows, groups, scorer, bench.encoder_id, CandidateRule.parse(stream.about.rule),
        budgets=(None, *BUDGETS), history=history,
    )  # fmt: skip
    return {"rule": stream.about.rule, "budgets": [one.to_json() for one in found]}


def _of_manifest(key: str, scorer: PairScorer) -> dict[str, float | None]:
    """What the artifact's training measured with weights that never saw the report."""
    table = scorer.manifest.get("f1_cross_fitted", {})
    crossed = None
    if key in table:
        limit = scorer.manifest.get("threshold_log_odds", join_odds(scorer))
        at = int(np.argmin(np.abs(np.array(table["threshold"]) - limit)))
        crossed = float(table[key][at])
    alone = scorer.manifest.get("f1_without_the_stream", {}).get(key)
    return {"cross_fitted": crossed, "without_the_set": alone}
