"""The evidence of a choice, as it is stored: in references and words that people understand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from classifier.lexicon import rare_words
from incidents.drafts import ReadDraft
from incidents.grouping import Choice
from incidents.live_window import Look
from incidents.reasons import render_reason
from models.ids import ReportId
from models.incident import Incident
from models.report import Report, ReportText


def with_words(choice: Choice, read: ReadDraft, look: Look) -> Choice:
    """Add to the evidence what people understand: facts and the query's rare words."""
    if read.query is None:
        return choice
    facts = read.query.facts
    more = {
        "service": facts.service,
        "site": facts.site,
        "seq": look.seq,
        "artifact": look.numbers.scorer.name,
    }
    return Choice(
        choice.group,
        choice.probability,
        choice.author,
        choice.suggested,
        {**choice.evidence, **more, "query_words": sorted(facts.words)[:60]},
    )


def plain_evidence(session: Session, choice: Choice) -> dict[str, Any]:
    """The evidence as JSON: references instead of keys, shared words, minutes apart."""
    evidence = dict(choice.evidence)
    words = set(evidence.pop("query_words", ()))
    alike = evidence.get("nearest", ())
    found = _rows(session, [key for key, _ in alike])
    nearest = []
    for key, cosine in alike:
        row = found.get(key)
        if row is None:
            continue
        shared = sorted(words & rare_words(row.text or ""))
        nearest.append({"report": row.reference, "cosine": round(cosine, 4), "words": shared})
    evidence["nearest"] = nearest
    evidence["words"] = sorted({word for one in nearest for word in one["words"]})
    runner_up = evidence.get("runner_up")
    if runner_up:
        other = session.get(Incident, runner_up[0])
        evidence["runner_up"] = {
            "incident": other.reference if other else None,
            "probability": round(runner_up[1], 4),
        }
    evidence["suggested"] = [
        {"incident": related.reference, "probability": round(probability, 4)}
        for group, probability in choice.suggested
        if (related := session.get(Incident, group)) is not None
    ]
    evidence["sentence"] = render_reason(evidence)
    return evidence


def _rows(session: Session, reports: list[ReportId]) -> dict[ReportId, Row[ReportId, str, str]]:
    if not reports:
        return {}
    rows = session.execute(
        select(Report.id, Report.reference, ReportText.text)
        .outerjoin(ReportText, ReportText.report_id == Report.id)
        .where(Report.id.in_(reports))
    )
    return {row.id: row for row in rows}
