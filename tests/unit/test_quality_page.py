"""The quality page and its plots, from figures alone."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from api.quality_page import render_page
from api.quality_plots import Panel, Series, render_panels, render_plots

SHARE = [0.5, 0.25, 0.75]
NAMES = ("f1", "precision", "recall", "b3_f1", "b3_incidents_f1", "detected_share")
ONE = dict.fromkeys(NAMES, SHARE) | {
    "incidents": 4, "detected": 3, "reports_until_detected": 4.0, "wrong_pairs": 1,
    "missed_pairs": 2,
}  # fmt: skip
METHODS = {
    "methods": {"Muster": ONE, "Muster, published": ONE, "TF-IDF": ONE | {"setting": "cosine"}},
    "gains": {"TF-IDF": [0.1, -0.1, 0.2]},
}
ALARMS = {
    "rule": "4/6",
    "budgets": [
        {"budget": budget, "alarms": 3, "false": 1, "false_per_day": 0.1, "found": 2,
         "incidents": 4, "found_share": SHARE}
        for budget in (None, 0.5, 1.0)
    ],
}  # fmt: skip
STUDY = dict.fromkeys(
    ("same_service", "same_site", "same_signature", "same_word", "far", "near", "nothing"), 0.5
) | {"pairs": 7}
RUN = {
    "made": "2026-11-25", "command": "muster evaluate", "artifact": "pairs-1", "quick": False,
    "learnt_from": "made", "join": 0.4, "absent": ["storm (dev)"],
}  # fmt: skip


LABELS = {"labels": 3, "majority": 0.4, "accuracy": 0.8, "intervals": {"accuracy": [0.7, 0.9]}}


def figures() -> dict:
    return {
        "runs": {"grouping": RUN, "evidence": RUN},
        "sets": {"made": "<made> & ours"},
        "grouping": {
            "made": {
                "reports": 9, "incidents": 4, "days": 2.5, "whole": METHODS, "later": METHODS,
                "cross_fitted": 0.44, "without_the_set": None, "alarms": ALARMS,
                "bonds": {
                    part: {kind: {"asked": 3, "apart": 2, "pairs_met": 5}
                           for kind in ("lookalikes", "recurrences")}
                    for part in ("whole", "later")
                },
                "errors": {
                    "missed": STUDY, "wrong": STUDY, "wrong_kinds": {"two other incidents": 1.0},
                    "questions": {"Which building?": 1.0},
                    "worst": [{"incident": "core switch", "reports": 9, "pieces": 4, "largest": 3,
                               "cosine": 0.21}],
                },
            }
        },
        "learnt": {"made": METHODS | {"learnt_from": 4, "reports": 5, "alarms": ALARMS}},
        "backwards": {"made": METHODS | {"learnt_from": 5, "reports": 4}},
        "curves": {"made": [ONE | {"reports": 100}]},
        "sweeps": {"made": [[0.1, 0.5, 0.4, 0.6], [0.9, 0.3, 0.9, 0.2]]},
        "reliability": [[0.05, 0.04, 900.0], [0.95, 0.9, 30.0]],
        "answers": {"made": {"as it is": ONE, "asked": ONE | {"asked": 0.2}}},
        "recurrence": {
            "held": {
                "made": {"recurring": 5, "linked_first": 4, "linked_top3": 5, "links": 9,
                         "false": 2, "false_per_incident": 0.1}
            }
        },
        "labels": {
            "tickets": {
                "name": "tickets", "note": "A third.", "rows": 9,
                "figures": {"category": {"ours": LABELS, "TF-IDF + LR": LABELS}},
            }
        },
        "ablation": {
            "everything": {"made": SHARE},
            "members": {"meaning": ["max"], "words": ["words"]},
            "worth": {
                "meaning": {"made": [0.2, 0.1, 0.3]}, "words": {"made": [0.001, -0.01, 0.01]},
            },
        },
    }  # fmt: skip


def test_each_method_stands_in_one_row_with_its_interval() -> None:
    page = render_page(figures())
    assert "| Muster | **0.500** [0.25, 0.75] |" in page
    assert "| Muster, cross-fitted | 0.440 |" in page
    assert "+0.100 [-0.100, +0.200] over TF-IDF" in page


def test_links_to_past_incidents_are_counted() -> None:
    assert "| 4 of 5 | 5 of 5 | 2 of 9 | 0.10 |" in render_page(figures())


def test_labels_stand_beside_their_rivals() -> None:
    page = render_page(figures())
    assert "| ours | 0.800 |" in page
    assert "| TF-IDF + LR | 0.800 |" in page


def test_each_set_has_one_line_in_short() -> None:
    page = render_page(figures())
    ours = "**0.500** [0.25, 0.75]"
    assert f"| 0.440 | {ours} | {ours} | {ours} | {ours} | {ours} TF-IDF |" in page


def test_a_set_that_the_artifact_was_fitted_on_is_marked() -> None:
    told = figures()
    assert "### <made> & ours *(learnt from)*: 9 reports" in render_page(told)
    told["runs"]["grouping"] = RUN | {"learnt_from": "storm+helpdesk"}
    assert "*(learnt from)*:" not in render_page(told)


def test_what_is_not_on_this_machine_is_named() -> None:
    assert "not measured: storm (dev)" in render_page(figures())


def test_each_part_says_by_which_command_and_artifact_it_was_made() -> None:
    told = figures()
    told["runs"]["evidence"] = RUN | {"artifact": "pairs-2"}
    page = render_page(told)
    assert "- grouping: `muster evaluate --out benchmarks`, 2026-11-25; artifact `pairs-1`" in page
    assert "- evidence: `muster evaluate --out benchmarks`, 2026-11-25; artifact `pairs-2`" in page


def test_evidence_that_is_worth_nothing_is_named() -> None:
    page = render_page(figures())
    assert "Worth nothing by itself (mean within 0.003, no set beyond chance): words." in page


def test_incidents_are_named_only_where_the_set_is_ours() -> None:
    told = figures()
    assert "core switch" in render_page(told)
    del told["grouping"]["made"]["bonds"]
    assert "core switch" not in render_page(told)


def test_every_table_has_as_many_cells_as_its_head() -> None:
    width = None
    for line in render_page(figures()).splitlines():
        if line.startswith("|"):
            width = width or line.count("|")
            assert line.count("|") == width, line
        else:
            width = None


@pytest.mark.parametrize(
    "part",
    ["grouping", "learnt", "backwards", "curves", "sweeps", "answers", "ablation", "reliability"],
)
def test_a_part_that_was_not_measured_is_left_out(part: str) -> None:
    told = figures()
    del told[part]
    assert render_page(told).startswith("# How good it is")
    for drawn in render_plots(told).values():
        ET.fromstring(drawn)


def test_plots_are_well_formed_and_name_what_they_show() -> None:
    plots = render_plots(figures())
    assert set(plots) == {"thresholds", "reliability", "alarms"}
    for name, drawn in plots.items():
        root = ET.fromstring(drawn)
        words = " ".join(root.itertext())
        assert root.get("role") == "img"
        assert root.get("aria-label")
        if name != "reliability":
            assert "<made> & ours" in words
    assert "false alarms a week" in plots["alarms"]


def test_every_line_is_told_apart_by_more_than_its_colour() -> None:
    series = [Series(f"line {n}", [(0.0, 0.1 * n), (1.0, 0.1 * n)]) for n in range(4)]
    drawn = render_panels("t", [Panel("p", "x", "y", series, (), ())])
    dashes = {
        line.get("stroke-dasharray")
        for line in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}polyline")
    }
    assert len(dashes) == 4
    assert "prefers-color-scheme:dark" in drawn


def test_no_point_leaves_its_panel() -> None:
    panel = Panel("p", "x", "y", [Series("wild", [(0.0, -3.0), (1.0, 7.0)])], (), ())
    root = ET.fromstring(render_panels("t", [panel]))
    (line,) = root.iter("{http://www.w3.org/2000/svg}polyline")
    heights = [float(pair.split(",")[1]) for pair in line.get("points", "").split()]
    assert max(heights) - min(heights) == 220
