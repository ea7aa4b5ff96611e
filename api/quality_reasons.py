"""The half of the quality page that says why: thresholds, evidence, errors, learning curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api import quality_words as words
from api.quality_tables import loss, plain, share, table, title_of

_WORTH: Final = 0.003
"""Mean F1 that a family must be worth to be called worth something."""


def render_sweeps(figures: Mapping[str, Any]) -> list[str]:
    lines = []
    if figures.get("sweeps"):
        lines += [
            "## The join threshold",
            "",
            words.SWEEPS,
            "![F1, precision and recall over the join threshold](quality/thresholds.svg)",
            "",
        ]
    told = {"all training streams, cross-fitted": figures.get("reliability", [])}
    told |= {
        f"{title_of(figures, key)}, the part never learnt from": rows
        for key, rows in figures.get("reliabilities", {}).items()
    }
    rows = [
        [title if place == 0 else "", f"{sure:.2f}", f"{right:.2f}", f"{count:.0f}"]
        for title, steps in told.items()
        for place, (sure, right, count) in enumerate(steps)
    ]
    if rows:
        lines += [
            "## Is a probability what it says?",
            "",
            words.RELIABLE,
            "![How often the pair probability is right](quality/reliability.svg)",
            "",
            *table(["reports", "said", "right", "how many"], rows),
            "",
        ]
    return lines


def render_ablation(figures: Mapping[str, Any]) -> list[str]:
    told = figures.get("ablation")
    if not told:
        return []
    sets = list(told["everything"])
    rows = [["everything", *(share(told["everything"][key]) for key in sets), ""]]
    nothing = []
    for family, by_set in told["worth"].items():
        mean = sum(by_set[key][0] for key in sets) / len(sets)
        helps = any(by_set[key][1] > 0 for key in sets)
        if mean <= _WORTH and not helps:
            nothing.append(family)
        rows.append([f"without {family}", *(loss(by_set[key]) for key in sets), f"{-mean:+.3f}"])
    members = "; ".join(
        f"*{family}*: {', '.join(names)}" for family, names in told["members"].items()
    )
    said = (
        f"Worth nothing by itself (mean within {_WORTH:g}, no set beyond chance): "
        f"{', '.join(nothing)}. Families overlap: what one measures, another can stand in for."
        if nothing
        else "Every family is worth something on some set."
    )
    return [
        "## What each kind of evidence is worth",
        "",
        words.ABLATION,
        *table(["", *(title_of(figures, key) for key in sets), "mean"], rows),
        "",
        said,
        "",
        f"Families: {members}.",
        "",
    ]


def render_errors(figures: Mapping[str, Any]) -> list[str]:
    told = {key: one["errors"] for key, one in figures.get("grouping", {}).items()}
    if not told:
        return []
    facts = ("same_service", "same_site", "same_signature", "same_word", "near", "far", "nothing")
    head = [
        "set",
        "which",
        "pairs",
        "same service",
        "same site",
        "same code",
        "same rare word",
        "cosine >= .5",
        "cosine < .3",
        "nothing shared",
    ]
    rows = [
        [
            title_of(figures, key) if what == "missed" else "",
            what,
            one[what]["pairs"],
            *(f"{one[what][fact]:.0%}" for fact in facts),
        ]
        for key, one in told.items()
        for what in ("missed", "wrong")
    ]
    kinds = [
        f"- {title_of(figures, key)}: "
        + (", ".join(f"{kind} {share:.0%}" for kind, share in one["wrong_kinds"].items()) or "none")
        for key, one in told.items()
    ]
    questions = [
        f"- {title_of(figures, key)}: "
        + ", ".join(f"{asked} {share:.0%}" for asked, share in one["questions"].items())
        for key, one in told.items()
        if one["questions"]
    ]
    return [
        "## Where it goes wrong",
        "",
        words.ERRORS,
        *table(head, rows),
        "",
        "Wrong pairs by kind:",
        "",
        *kinds,
        "",
        "Missed pairs by the first question that one of the two had not answered:",
        "",
        *questions,
        "",
        *_answers(figures),
        *_worst(figures, told),
        *_curves(figures),
    ]


def _answers(figures: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, told in figures.get("answers", {}).items():
        rows = [
            [
                name,
                share(one["f1"]),
                plain(one["precision"]),
                plain(one["recall"]),
                f"{one['detected']} of {one['incidents']}",
                f"{one['asked']:.0%} of reports" if "asked" in one else "",
            ]
            for name, one in told.items()
        ]
        lines += [
            f"### {title_of(figures, key)}: what an answer would bring",
            "",
            words.ANSWERS,
            *table(["", "F1", "precision", "recall", "detected", "asked"], rows),
            "",
        ]
    return lines


def _worst(figures: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    """By name only where the set is ours."""
    lines = []
    for key, one in told.items():
        if "bonds" not in figures["grouping"][key] or not one["worst"]:
            continue
        rows = [
            [w["incident"], w["reports"], w["pieces"], w["largest"], f"{w['cosine']:.2f}"]
            for w in one["worst"]
        ]
        lines += [
            f"### {title_of(figures, key)}: the incidents that lost most pairs",
            "",
            *table(["incident", "reports", "groups", "largest", "mean cosine inside"], rows),
            "",
        ]
    return lines


def _curves(figures: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, told in figures.get("curves", {}).items():
        rows = [
            [
                one["reports"],
                share(one["f1"]),
                plain(one["precision"]),
                plain(one["recall"]),
                f"{one['detected']} of {one['incidents']}",
            ]
            for one in told
        ]
        lines += [
            f"### {title_of(figures, key)}: learning curve",
            "",
            words.CURVE,
            *table(["reports learnt from", "F1", "precision", "recall", "detected"], rows),
            "",
        ]
    return lines
