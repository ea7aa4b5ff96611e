"""A replay's report in words that people read on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_LISTED: Final = 20


def render_lab(report: Mapping[str, Any], names: Sequence[str] | None = None) -> str:
    """The report as text; `names` are those of the people who would have been told."""
    lines = [
        f"{report['reports']} reports, {report['since'] or '-'} to {report['until'] or '-'}",
        f"Decided by {report['artifact']}, join from {report['thresholds']['join']:g}"
        + (f"; changed: {', '.join(sorted(report['policy']))}" if report["policy"] else ""),
    ]
    if report["left_out"]:
        lines.append(
            f"{report['left_out']} reports are left out: unread, or read by another encoder."
        )
    lines += ["", *_grouping(report["grouping"]), "", *_incidents(report["incidents"])]
    lines += ["", *_proposals(report["proposals"])]
    told = report["told"]
    lines.append("")
    shown = report["published"]
    lines.append(f"Shown in the queue: {shown['was']} incidents then, {shown['would']} now.")
    lines.append(f"{report['offered']} reporters would have been offered the outage they joined.")
    lines.append(
        f"People in a proposed incident: {told['was']} then, {told['would']} now "
        f"({told['more']} more, {told['fewer']} fewer)."
    )
    if names is not None:
        lines += [f"  {name}" for name in names]
    return "\n".join(lines) + "\n"


def _grouping(both: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = [f"{'':<34}{'as it was':>12}{'as it would be':>16}"]
    for key, words in (
        ("groups", "incidents of two or more"),
        ("reports_in_groups", "reports in them"),
        ("largest", "the largest"),
        ("precision", "right, of pairs put together"),
        ("recall", "found, of pairs that belong"),
        ("f1", "F1 over pairs"),
        ("wrongly_together", "pairs against somebody's word"),
    ):
        was, would = (_figure(both[side][key]) for side in ("was", "would"))
        lines.append(f"{words:<34}{was:>12}{would:>16}")
    judged = both["would"]["judged_reports"]
    lines.append(
        f"Judged by what people said of {judged} reports."
        if judged
        else "Nobody has said anything of these reports yet, so nothing can be judged."
    )
    return lines


def _incidents(incidents: Sequence[Mapping[str, Any]]) -> list[str]:
    changed = [one for one in incidents if one["was"] != one["would"]]
    if not changed:
        return ["No incident that people spoke about would have been put together otherwise."]
    lines = [
        f"{len(changed)} of {len(incidents)} incidents would have been put together otherwise:"
    ]
    lines += [
        f"  {one['incident']}  {one['reports']} reports: {_placed(one['was'])} then, "
        f"{_placed(one['would'])} now"
        for one in changed[:_LISTED]
    ]
    return lines + _more(len(changed))


def _placed(placed: Mapping[str, int]) -> str:
    groups, strangers = placed["groups"], placed["strangers"]
    words = "together" if groups == 1 else f"in {groups} groups"
    return words + (f" with {strangers} strangers" if strangers else "")


def _proposals(proposals: Sequence[Mapping[str, Any]]) -> list[str]:
    if not proposals:
        return ["Nothing was proposed as major, and nothing would have been."]
    then = sum(one["was"] is not None for one in proposals)
    now = sum(one["would"] is not None for one in proposals)
    lines = [f"Proposed as major: {then} then, {now} now."]
    lines += [f"  {_proposal(one)}" for one in proposals[:_LISTED]]
    return lines + _more(len(proposals))


def _proposal(one: Mapping[str, Any]) -> str:
    what = f"{one['incident'] or 'unknown'} ({one['judged']})"
    if one["would"] is None:
        return f"{what}: {one['was']} then, not now"
    told = f"{one['people']} people"
    if one["again"]:
        return f"{what}: {one['would']} now, a second time, {told}"
    if one["was"] is None:
        return f"{what}: not then, {one['would']} now, {told}"
    later = one["minutes_later"]
    when = f"{abs(later):g} minutes {'later' if later > 0 else 'earlier'}" if later else "as then"
    return f"{what}: {one['would']} now, {when}, {told}"


def _more(count: int) -> list[str]:
    return [f"  ... and {count - _LISTED} more (--json shows all)"] if count > _LISTED else []


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
