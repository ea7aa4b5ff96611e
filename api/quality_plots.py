"""Plots of the quality page, as SVG drawn here: no plotting package, readable in light and dark.

Each series has its own colour (Okabe and Ito's, told apart by the colour-blind), dash and
marker, and its name at the end of its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log10
from typing import Any, Final

Point = tuple[float, float]

_WIDTH: Final = 300
_HEIGHT: Final = 220
_LEFT: Final = 46
_TOP: Final = 34
_BETWEEN: Final = 46
_RIGHT: Final = 20
_BELOW: Final = 90
_DASHES: Final = ("", "6 3", "2 3", "8 3 2 3", "1 2", "4 2")
_MARKS: Final = ("circle", "square", "triangle", "diamond", "cross", "circle")
_STYLE: Final = """
.ground{fill:#fff}.ink{fill:#1f2328}.quiet{fill:#57606a}.axis{stroke:#57606a}.grid{stroke:#d8dee4}
.s0{--c:#0072b2}.s1{--c:#b34700}.s2{--c:#00795a}.s3{--c:#a8487e}.s4{--c:#8a6d00}.s5{--c:#444}
.line{stroke:var(--c);fill:none;stroke-width:2}.mark{fill:var(--c);stroke:var(--c)}
.name{fill:var(--c);font-weight:600}
@media (prefers-color-scheme:dark){.ground{fill:#0d1117}.ink{fill:#e6edf3}.quiet{fill:#9da7b1}
.axis{stroke:#9da7b1}.grid{stroke:#2b3138}.s0{--c:#56b4e9}.s1{--c:#ff9a4d}.s2{--c:#3fcf9f}
.s3{--c:#e29ac2}.s4{--c:#f0e442}.s5{--c:#ccc}}
"""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: its points left to right, and how big each mark is (1 where not told)."""

    name: str
    points: Sequence[Point]
    sizes: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes. `across` and `up` say what they show; ticks are (place 0..1, label)."""

    title: str
    across: str
    up: str
    series: Sequence[Series]
    ticks_across: Sequence[tuple[float, str]]
    ticks_up: Sequence[tuple[float, str]]
    diagonal: bool = False
    joined: bool = True


def render_plots(figures: Mapping[str, Any]) -> dict[str, str]:
    """The plots that the figures allow, by file name without ending."""
    titles = figures.get("sets", {})
    plots = {}
    sweeps = figures.get("sweeps", {})
    if sweeps:
        plots["thresholds"] = render_panels(
            "F1, precision and recall over the join threshold",
            [_sweep(titles.get(key, key), rows) for key, rows in sweeps.items()],
        )
    told = {"all training streams, cross-fitted": figures.get("reliability", [])}
    told |= {
        f"{titles.get(key, key)}, part not learnt from": rows
        for key, rows in figures.get("reliabilities", {}).items()
    }
    panels = [_reliable(title, rows) for title, rows in told.items() if rows]
    if panels:
        plots["reliability"] = render_panels("How often the pair probability is right", panels)
    alarmed = {
        key: one["alarms"] for key, one in figures.get("grouping", {}).items() if "alarms" in one
    }
    if alarmed:
        plots["alarms"] = render_panels(
            "Alarms against the budget of false ones", _alarms(titles, alarmed)
        )
    return plots


def render_panels(title: str, panels: Sequence[Panel], *, in_a_row: int = 3) -> str:
    """Panels side by side, as one SVG."""
    columns = min(in_a_row, len(panels))
    rows = -(-len(panels) // columns)
    step_x, step_y = _LEFT + _WIDTH + _BETWEEN, _TOP + _HEIGHT + _BELOW
    width, height = columns * step_x + _RIGHT, rows * step_y + 30
    drawn = "".join(
        f'<g transform="translate({place % columns * step_x} {30 + place // columns * step_y})">'
        f"{_panel(panel)}</g>"
        for place, panel in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title)}" '
        f'font-family="system-ui,sans-serif" font-size="12"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style>"
        f'<rect class="ground" width="{width}" height="{height}" rx="8"/>'
        f'<text class="ink" x="{_LEFT}" y="24" font-size="15" font-weight="600">{escape(title)}'
        f"</text>{drawn}</svg>\n"
    )


def _panel(panel: Panel) -> str:
    grid = "".join(
        f'<path class="grid" d="M{_x(0)} {_y(at):.1f}H{_x(1)}"/>'
        f'<text class="quiet" x="{_x(0) - 6}" y="{_y(at) + 4:.1f}" text-anchor="end">{escape(told)}'
        "</text>"
        for at, told in panel.ticks_up
    ) + "".join(
        f'<path class="grid" d="M{_x(at):.1f} {_y(0)}V{_y(1)}"/>'
        f'<text class="quiet" x="{_x(at):.1f}" y="{_y(0) + 16}" text-anchor="middle">{escape(told)}'
        "</text>"
        for at, told in panel.ticks_across
    )
    diagonal = (
        f'<path class="axis" stroke-dasharray="3 4" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>'
        if panel.diagonal
        else ""
    )
    lines = "".join(_series(place, one, panel.joined) for place, one in enumerate(panel.series))
    return (
        f'<text class="ink" x="{_LEFT}" y="{_TOP - 12}" font-weight="600">{escape(panel.title)}'
        f'</text>{grid}<path class="axis" fill="none" d="M{_x(0)} {_y(1)}V{_y(0)}H{_x(1)}"/>'
        f"{diagonal}{lines}{_legend(panel)}"
        f'<text class="ink" x="{_x(0.5)}" y="{_y(0) + 34}" text-anchor="middle">'
        f"{escape(panel.across)}</text>"
        f'<text class="ink" transform="translate({_x(0) - 34} {_y(0.5)}) rotate(-90)" '
        f'text-anchor="middle">{escape(panel.up)}</text>'
    )


def _series(place: int, one: Series, joined: bool) -> str:
    spots = [(_x(x), _y(y)) for x, y in one.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    dash = _DASHES[place % len(_DASHES)]
    line = f'<polyline class="line" points="{path}" stroke-dasharray="{dash}"/>' if joined else ""
    sizes = one.sizes or [1.0] * len(spots)
    marks = "".join(
        _mark(_MARKS[place % len(_MARKS)], x, y, 3.2 * size)
        for (x, y), size in zip(spots, sizes, strict=True)
    )
    return f'<g class="s{place % 6}">{line}{marks}</g>'


def _mark(shape: str, x: float, y: float, r: float) -> str:
    if shape == "circle":
        return f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>'
    corners = {
        "square": f"M{x - r:.1f} {y - r:.1f}h{2 * r:.1f}v{2 * r:.1f}h{-2 * r:.1f}z",
        "triangle": f"M{x:.1f} {y - 1.2 * r:.1f}l{1.2 * r:.1f} {2 * r:.1f}h{-2.4 * r:.1f}z",
        "diamond": f"M{x:.1f} {y - 1.3 * r:.1f}l{1.3 * r:.1f} {1.3 * r:.1f}l{-1.3 * r:.1f} "
        f"{1.3 * r:.1f}l{-1.3 * r:.1f} {-1.3 * r:.1f}z",
        "cross": f"M{x - r:.1f} {y - r:.1f}l{2 * r:.1f} {2 * r:.1f}m0 {-2 * r:.1f}"
        f"l{-2 * r:.1f} {2 * r:.1f}",
    }
    return f'<path class="mark" d="{corners[shape]}"/>'


def _legend(panel: Panel) -> str:
    if len(panel.series) < 2:
        return ""
    drawn, at, line = [], 0.0, 0
    for place, one in enumerate(panel.series):
        wide = 24 + 7 * len(one.name)
        if at and at + wide > _WIDTH + _BETWEEN:
            at, line = 0.0, line + 1
        x, y = _x(0) + at, _y(0) + 50 + 16 * line
        shape = _mark(_MARKS[place % len(_MARKS)], x, y, 3.2)
        drawn.append(
            f'<g class="s{place % 6}">{shape}'
            f'<text class="name" x="{x + 9:.0f}" y="{y + 4:.0f}">{escape(one.name)}</text></g>'
        )
        at += wide
    return "".join(drawn)


def _sweep(title: str, rows: Sequence[Sequence[float]]) -> Panel:
    names = ("F1", "precision", "recall")
    series = [Series(n, [(row[0], row[i]) for row in rows]) for i, n in enumerate(names, 1)]
    return Panel(title, "joins from this probability on", "share", series, _SHARES, _SHARES)


def _reliable(title: str, rows: Sequence[Sequence[float]]) -> Panel:
    most = max(row[2] for row in rows)
    sizes = [0.8 + 2.4 * (row[2] / most) ** 0.5 for row in rows]
    series = [Series("right", [(row[0], row[1]) for row in rows], sizes)]
    return Panel(
        title, "probability of the likeliest group", "share that is right", series, _SHARES,
        _SHARES, diagonal=True,
    )  # fmt: skip


def _alarms(titles: Mapping[str, str], alarmed: Mapping[str, Any]) -> list[Panel]:
    budgets = sorted({row["budget"] for one in alarmed.values() for row in one["budgets"]} - {None})
    low, high = log10(budgets[0]), log10(budgets[-1])
    span = max(high - low, 1e-9)

    def across(budget: float) -> float:
        return (log10(budget) - low) / span

    ticks = [(across(budget), f"{budget:g}") for budget in budgets]
    most = max(
        [row["false_per_day"] * 7 for one in alarmed.values() for row in one["budgets"]] + [high]
    )
    top = max(most, budgets[-1], 1.0)
    found, false = [], []
    for key, one in alarmed.items():
        rows = [row for row in one["budgets"] if row["budget"] is not None]
        name = titles.get(key, key)
        found.append(Series(name, [(across(r["budget"]), r["found_share"][0]) for r in rows]))
        false.append(
            Series(name, [(across(r["budget"]), r["false_per_day"] * 7 / top) for r in rows])
        )
    told = Series("the budget itself", [(across(b), b / top) for b in budgets])
    up = [(share, f"{share * top:.2g}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    say = "budget: false alarms a week"
    return [
        Panel("Incidents found", say, "share found", found, ticks, _SHARES),
        Panel("False alarms", say, "false a week, as it came", [*false, told], ticks, up),
    ]


_SHARES: Final = ((0.0, "0"), (0.25, ".25"), (0.5, ".5"), (0.75, ".75"), (1.0, "1"))


def _x(share: float) -> float:
    return _LEFT + share * _WIDTH


def _y(share: float) -> float:
    return _TOP + (1 - min(max(share, 0.0), 1.0)) * _HEIGHT
