"""`muster evaluate`: how good grouping and labels are, on data that says what is right."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from api.cli_labels import add_evaluation
from api.cli_quality import add_quality
from api.cli_train import add_organisation
from api.shipped import built_encoder
from incidents.candidates import CandidateRule
from models.errors import DomainError

if TYPE_CHECKING:  # heavy to import, and no other command needs them
    from incidents.replay import ReadRow, Replay
    from incidents.scoring import Ours, Rival, Score

_GENEROUS: Final = (
    "TF-IDF and plain cosine: one pass on arrival, at the setting that is best on this very "
    "stream, chosen by its labels. Ours was learnt from {learnt}; "
    "a stream among these flatters it."
)


class BadRuleError(DomainError):
    """A candidate rule that cannot be read."""

    code: ClassVar[str] = "evaluate.bad_rule"


def add_commands(commands: Any) -> None:
    evaluate = commands.add_parser(
        "evaluate",
        help="measure grouping and labels on labelled data, beside the simplest methods",
        description="Without WHAT: every figure on every set that is here, beside its baselines.",
    )
    parts = evaluate.add_subparsers(dest="part", required=False, metavar="WHAT")
    add_quality(evaluate, parts)
    _add_grouping(parts)
    add_evaluation(parts)


def _add_grouping(parts: Any) -> None:
    grouping = parts.add_parser("grouping", help="replay a stream of reports, as if it came in now")
    grouping.add_argument(
        "stream", type=Path, metavar="STREAM.jsonl",
        help="lines {id, t, text}, t in seconds; optional service, site, reporter, attachments, "
        "audience, and group (the right answer, null where a report stands alone)",
    )  # fmt: skip
    grouping.add_argument(
        "--artifact", type=Path, metavar="DIR", help="of `muster train`; default: the shipped"
    )
    grouping.add_argument(
        "--history", type=Path, metavar="FILE", help="an unscored stream that came just before"
    )
    grouping.add_argument(
        "--rule", metavar="N/HOURS", help="a candidate is N people in HOURS (default 4/6)"
    )
    grouping.add_argument(
        "--budget", type=float, metavar="PER_WEEK",
        help="alarms that may turn out to be nothing: the rule is learned from what is usual, and "
        "from a history that says in `group` which alarms were right",
    )  # fmt: skip
    grouping.add_argument(
        "--out", type=Path, metavar="PRED.jsonl", help="write {id, group, published}"
    )
    grouping.add_argument(
        "--alarms", type=Path, metavar="ALARMS.jsonl", help="write {t, group, ids} as raised"
    )
    grouping.add_argument("--json", action="store_true", help="print one JSON object")
    add_organisation(grouping)
    grouping.set_defaults(run=_grouping)


def _grouping(chosen: argparse.Namespace) -> None:
    from threadpoolctl import threadpool_limits

    from classifier.catalogue import parse_catalogue
    from classifier.facts import FactFinder
    from classifier.pair_scorer import SHIPPED, load_scorer
    from incidents.grouping import GroupingPolicy
    from incidents.replay import parse_stream, read_rows, replay_stream

    threadpool_limits(1)  # threads that wait for each other take ten times as long
    rule = _rule(chosen.rule)
    scorer = load_scorer(chosen.artifact or SHIPPED)
    encoder, finder = built_encoder(), FactFinder(parse_catalogue(chosen.organisation))
    rows = read_rows(parse_stream(chosen.stream), encoder, finder)
    before = read_rows(parse_stream(chosen.history), encoder, finder) if chosen.history else []
    replay = replay_stream(
        rows, scorer, GroupingPolicy.of(scorer),
        encoder_id=encoder.id, history=before, rule=rule, budget=chosen.budget,
    )  # fmt: skip
    if chosen.out:
        _write(
            chosen.out,
            (
                {"id": r.row.id, "group": g, "published": g in replay.published}
                for r, g in zip(rows, replay.groups, strict=True)
            ),
        )
    if chosen.alarms:
        _write(
            chosen.alarms,
            ({"t": a.t, "group": a.group, "ids": list(a.ids)} for a in replay.alarms),
        )
    note = _GENEROUS.format(learnt=scorer.manifest.get("trained_on", "unknown streams"))
    _report_grouping(chosen, rows, replay, scorer.name, note)


def _report_grouping(
    chosen: argparse.Namespace, rows: Sequence[ReadRow], replay: Replay, artifact: str, note: str
) -> None:
    days = (rows[-1].row.t - rows[0].row.t) / 86_400 if rows else 0.0
    found: dict[str, Any] = {
        "reports": len(rows),
        "days": round(days, 2),
        "artifact": artifact,
        "groups_of_two_or_more": sum(replay.groups.count(g) > 1 for g in set(replay.groups)),
        "alarms": len(replay.alarms),
    }
    if replay.threshold is not None:
        found["surprise_needed"] = round(replay.threshold.surprise, 2)
    ours, rivals = _scored(rows, replay)
    if ours is not None:
        found["scores"] = {
            "ours": ours.all.to_json(),
            "published": ours.published.to_json(),
            **{r.name: {**r.score.to_json(), "setting": str(r.setting)} for r in rivals},
        }
        found["alarm_score"] = ours.alarms.to_json(days)
        found["note"] = note
    if chosen.json:
        print(json.dumps(found, indent=1))
        return
    print(f"{len(rows)} reports over {days:.1f} days, {len(replay.alarms)} alarms, {artifact}")
    if ours is None:
        print("No labels in `group`, so there is nothing to score.")
        return
    print(f"\n{'':<14}{'precision':>10}{'recall':>9}{'F1':>8}{'detected':>12}  setting")
    artifact_name = "shipped" if chosen.artifact is None else str(chosen.artifact)
    print(_line("ours", ours.all, artifact_name))
    print(_line("  published", ours.published, "what came into the queue"))
    for rival in rivals:
        print(_line(rival.name, rival.score, str(rival.setting)))
    alarms = ours.alarms
    print(
        f"\nalarms: {alarms.found} of {alarms.incidents} incidents found; "
        f"{alarms.false} of {alarms.alarms} were nothing, {alarms.per_day(days):.2f} a day"
    )
    print(f"\n{note}")


def _scored(rows: Sequence[ReadRow], replay: Replay) -> tuple[Ours | None, list[Rival]]:
    import numpy as np

    from incidents.scoring import Ours, score_alarms, score_groups, score_rivals

    gold = [each.row.group for each in rows]
    if not any(gold):
        return None, []
    rivals = score_rivals(
        gold,
        [each.row.t for each in rows],
        [each.row.text for each in rows],
        np.stack([each.vector for each in rows]),
    )
    shown = [group if group in replay.published else None for group in replay.groups]
    ours = Ours(
        all=score_groups(gold, replay.groups),
        published=score_groups(gold, shown),
        alarms=score_alarms(
            {each.row.id: each.row.group for each in rows},
            [alarm.ids for alarm in replay.alarms],
            at_least=replay.people,
        ),
    )
    return ours, rivals


def _line(name: str, score: Score, setting: str) -> str:
    detected = f"{score.detected} of {score.incidents}"
    return (
        f"{name:<14}{score.precision:>10.3f}{score.recall:>9.3f}{score.f1:>8.3f}"
        f"{detected:>12}  {setting}"
    )


def _rule(told: str | None) -> CandidateRule | None:
    if told is None:
        return None
    try:
        rule = CandidateRule.parse(told)
    except (ValueError, OverflowError):
        rule = None
    if rule is None or not rule.people >= 1 or not rule.window:
        raise BadRuleError(
            f"`{told}` is no rule. Write people/hours, e.g. 4/6: four people in six hours."
        )
    return rule


def _write(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        for line in lines:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
