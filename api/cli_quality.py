"""`muster evaluate` without a part: every figure beside its baselines, on every set."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final

from api.shipped import ROOT, TRAINING_DATA, built_encoder
from models.errors import DomainError

_BY_SET: Final = frozenset(
    ("runs", "sets", "grouping", "learnt", "backwards", "curves", "sweeps", "answers")
) | {"reliabilities", "labels"}
_BESIDE: Final = ROOT.parent / "shared" / "eval"
_QUICK_DRAWS: Final = 200

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
        help="of grouping, learnt, backwards, evidence, labels; what --out holds of others stays",
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
    figures = _read_figures(chosen.out)
    for found in _measure(chosen):
        figures = _merged(_read_figures(chosen.out) or figures, found)
        _keep(chosen.out, figures)
    if chosen.json:
        print(json.dumps(figures))
    page, plots = render_page(figures), render_plots(figures)
    if chosen.out is None:
        if not chosen.json:
            print(page)
        return
    for name, drawn in plots.items():
        (chosen.out / "quality" / f"{name}.svg").write_text(drawn, encoding="utf-8")
    (chosen.out / "quality.md").write_text(page, encoding="utf-8")
    _tell(f"Written: {chosen.out / 'quality.md'}")


def _measure(chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from api.quality_run import PARTS, QUICK, Wish, measure_all
    from classifier.pair_scorer import load_scorer
    from incidents.grouping_quality import DRAWS
    from incidents.quality import Bench
    from incidents.quality_sets import list_sets

    said, encoder, scorer = _teller(), built_encoder(), load_scorer()
    data = chosen.data or _BESIDE
    parts = _chosen(chosen.only, QUICK if chosen.quick else PARTS, PARTS)
    known = list_sets(TRAINING_DATA, data)
    keys = _chosen(chosen.sets, [one.key for one in known], [one.key for one in known])
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
    yield {"runs": dict.fromkeys(parts, about)}
    wanted = [
        one
        for one in known
        if one.key in keys and one.path.is_file() and not (chosen.quick and one.long)
    ]
    bench = Bench(scorer, encoder.id, _QUICK_DRAWS if chosen.quick else DRAWS, said)
    yield from measure_all(
        Wish(parts, wanted, data, TRAINING_DATA, quick=chosen.quick), encoder, bench
    )


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


def _keep(out: Path | None, figures: Mapping[str, Any]) -> None:
    """At once: a long run that is stopped has not measured in vain."""
    if out is None:
        return
    folder = out / "quality"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


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
