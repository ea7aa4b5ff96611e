"""`benchmarks/quality.md` from figures: tables that a person can read, plots beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api import quality_words as words
from api.quality_reasons import render_ablation, render_errors, render_sweeps
from api.quality_tables import bracket, plain, share, table, title_of

_OURS: Final = ("Muster", "Muster, published")
_PARTS: Final = {"whole": "whole", "later": "the part never learnt from"}


def render_page(figures: Mapping[str, Any]) -> str:
    """The whole page; what was not measured is left out or named as absent."""
    runs = figures["runs"]
    absent = sorted({title for run in runs.values() for title in run["absent"]})
    head = ["# How good it is", ""]
    for told in dict.fromkeys(_made(run) for run in runs.values()):
        parts = [part for part, run in runs.items() if _made(run) == told]
        head.append(f"- {', '.join(parts)}: {told}")
    if absent:
        head += ["", f"Not on this machine, so not measured: {', '.join(absent)}."]
    head.append("")
    sections = [
        _summary(figures),
        _grouping(figures),
        _learnt(figures),
        _alarms(figures),
        _apart(figures),
        _recurrence(figures),
        render_sweeps(figures),
        render_ablation(figures),
        render_errors(figures),
        _labels(figures),
    ]
    return (
        "\n".join([*head, words.INTRO, *(line for part in sections for line in part)]).rstrip()
        + "\n"
    )


def _summary(figures: Mapping[str, Any]) -> list[str]:
    """One line a set: ours before and after learning there, and the best of the others."""
    rows = []
    for key, one in figures.get("grouping", {}).items():
        later, learnt = one["later"], figures.get("learnt", {}).get(key)
        others = {name: m["f1"] for name, m in later["methods"].items() if name not in _OURS}
        best = max(others, key=lambda name: others[name][0], default="")
        ours = [later["methods"][name]["f1"] for name in _OURS]
        there = [learnt["methods"][name]["f1"] for name in _OURS] if learnt else None
        crossed = one.get("cross_fitted")
        rows.append(
            [
                _seen(figures, key),
                "" if crossed is None else f"{crossed:.3f}",
                *map(share, ours),
                *(map(share, there) if there else ("", "")),
                f"{share(others[best])} {best}" if best else "",
            ]
        )
    if not rows:
        return []
    head = [
        "set",
        "cross-fitted, whole",
        "as shipped",
        "its queue",
        "learnt there",
        "its queue",
        "best simple method, tuned before",
    ]
    return ["## In short", "", words.SUMMARY, *table(head, rows), ""]


def _made(run: Mapping[str, Any]) -> str:
    quick = ", a quick run: fewer settings and draws" if run["quick"] else ""
    return (
        f"`{run['command']} --out benchmarks`, {run['made']}{quick}; artifact `{run['artifact']}`, "
        f"learnt from {run['learnt_from']}, joins from p = {run['join']:g}"
    )


def _grouping(figures: Mapping[str, Any]) -> list[str]:
    told = figures.get("grouping", {})
    if not told:
        return []
    lines = ["## Grouping, as shipped", "", words.WHOLE]
    for key, one in told.items():
        lines += [
            f"### {_seen(figures, key)}: {_size(one)}",
            "",
            *_methods(one["whole"], one),
        ]
    lines += ["## Grouping, the later part", "", words.LATER]
    for key, one in told.items():
        lines += [f"### {_seen(figures, key)}", "", *_methods(one["later"], {})]
    return lines


def _seen(figures: Mapping[str, Any], key: str) -> str:
    """A set's name, and whether the artifact was fitted on it."""
    taught = str(figures["runs"].get("grouping", {}).get("learnt_from", "")).split("+")
    return f"{title_of(figures, key)} *(learnt from)*" if key in taught else title_of(figures, key)


def _learnt(figures: Mapping[str, Any]) -> list[str]:
    ways = {"learnt": "learnt from the first part", "backwards": "learnt from the later part"}
    lines = [
        line
        for key in figures.get("sets", {})
        for way, said in ways.items()
        if key in figures.get(way, {})
        for line in (
            f"### {title_of(figures, key)}: {said} {_lessons(figures[way][key])}",
            "",
            *_methods(figures[way][key], {}),
        )
    ]
    return ["## Grouping, learnt there", "", words.LEARNT, *lines] if lines else []


def _lessons(one: Mapping[str, Any]) -> str:
    return f"({one['learnt_from']} reports), judged on {one['reports']}"


def _size(one: Mapping[str, Any]) -> str:
    return f"{one['reports']} reports, {one['incidents']} incidents, {one['days']:g} days"


def _methods(told: Mapping[str, Any], whole: Mapping[str, Any]) -> list[str]:
    rows = []
    for name, one in told["methods"].items():
        until = one["reports_until_detected"]
        rows.append(
            [
                name,
                share(one["f1"]),
                plain(one["precision"]),
                plain(one["recall"]),
                plain(one["b3_f1"]),
                share(one["b3_incidents_f1"]),
                f"{one['detected']} of {one['incidents']}",
                "" if until is None else f"{until:g}",
                one.get("setting", ""),
            ]
        )
    for name, key in (
        ("Muster, cross-fitted", "cross_fitted"),
        ("Muster, set left out", "without_the_set"),
    ):
        if whole.get(key) is not None:
            rows.insert(2, [name, f"{whole[key]:.3f}", *[""] * 7])
    better = [
        f"{gain[0]:+.3f} [{gain[1]:+.3f}, {gain[2]:+.3f}] over {name}"
        for name, gain in told["gains"].items()
    ]
    head = [
        "method",
        "F1",
        "precision",
        "recall",
        "B-cubed",
        "B-cubed, incidents",
        "detected",
        "after",
        "setting",
    ]
    said = [f"F1 of Muster less theirs, drawn together: {'; '.join(better)}.", ""] if better else []
    return [*table(head, rows), "", *said]


def _alarms(figures: Mapping[str, Any]) -> list[str]:
    """Found and false alarms per budget, as shipped and as learnt there."""
    sections = [
        (f"{title_of(figures, key)}, as shipped, no history", one["alarms"])
        for key, one in figures.get("grouping", {}).items()
        if "alarms" in one
    ] + [
        (
            f"{title_of(figures, key)}, learnt there, the first part as history",
            one["alarms"],
        )
        for key, one in figures.get("learnt", {}).items()
        if "alarms" in one
    ]
    if not sections:
        return []
    rows = [
        [
            title if place == 0 else "",
            told["rule"] if place == 0 else "",
            "fixed rule" if row["budget"] is None else f"{row['budget']:g}",
            f"{row['found']} of {row['incidents']}",
            bracket(row["found_share"]),
            f"{row['false']} of {row['alarms']}",
            f"{row['false_per_day']:.2f}",
        ]
        for title, told in sections
        for place, row in enumerate(told["budgets"])
    ]
    head = ["set", "people/hours", "budget a week", "found", "share", "false alarms", "false a day"]
    return [
        "## Alarms",
        "",
        words.ALARMS,
        "![Incidents found, and false alarms, over the budget](quality/alarms.svg)",
        "",
        *table(head, rows),
        "",
    ]


def _apart(figures: Mapping[str, Any]) -> list[str]:
    told = {key: one["bonds"] for key, one in figures.get("grouping", {}).items() if "bonds" in one}
    if not told:
        return []
    rows = [
        [
            f"{title_of(figures, key)}, {_PARTS[part]}",
            f"{kinds['lookalikes']['apart']} of {kinds['lookalikes']['asked']}",
            kinds["lookalikes"]["pairs_met"],
            f"{kinds['recurrences']['apart']} of {kinds['recurrences']['asked']}",
            kinds["recurrences"]["pairs_met"],
        ]
        for key, parts in told.items()
        for part, kinds in parts.items()
    ]
    head = [
        "set",
        "look-alikes kept apart",
        "their pairs that met",
        "recurrences not merged",
        "their pairs that met",
    ]
    return [
        "## Look-alikes and recurrences",
        "",
        words.APART,
        *table(head, rows),
        "",
    ]


def _recurrence(figures: Mapping[str, Any]) -> list[str]:
    """Links to past incidents of the same cause, which are never merged with them."""
    parts = {"held": "the part never learnt from", "cross_fitted": "cross-fitted"}
    rows = [
        [
            f"{title_of(figures, key)}, {parts[part]}",
            f"{one['linked_first']} of {one['recurring']}",
            f"{one['linked_top3']} of {one['recurring']}",
            f"{one['false']} of {one['links']}",
            f"{one['false_per_incident']:.2f}",
        ]
        for part in parts
        for key, one in figures.get("recurrence", {}).get(part, {}).items()
    ]
    if not rows:
        return []
    head = [
        "set",
        "likeliest link right",
        "among the links made",
        "links that are wrong",
        "wrong links an incident",
    ]
    return ["### Recurrences linked", "", words.RECURRENCE, *table(head, rows), ""]


def _labels(figures: Mapping[str, Any]) -> list[str]:
    told = figures.get("labels")
    if not told:
        return []
    from classifier.label_quality import Measured, render

    text = render([Measured(**one) for one in told.values()])
    return ["## Labels", "", words.LABELS, text]
