"""Which incident a report belongs to: people's words first, exact signatures, then probability.

Pure: data in, a frozen choice with its evidence out.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Any, Final

from classifier.pair_candidates import Query
from classifier.pair_scorer import PairScorer, Scored
from classifier.signature_rarity import rare_signatures
from classifier.window import Window
from models.vocabulary import Author

_UNTOUCHED: Final = (1.0, 0.0)
_UNLIKE: Final = 0.25
"""Mean cosine to the three nearest below which two services do not meet by themselves."""


@dataclass(frozen=True, slots=True)
class GroupingPolicy:
    """When a report joins and when it is only shown as related.

    Attributes:
        join: Probability from which it joins.
        suggest: Probability from which staff are shown "looks related".
        offer: Probability from which a reporter may be asked whether it is a known outage. About
            half of those asked at the shipped `suggest` say yes (`benchmarks/questions.md`).
        provenance: Where the numbers come from.
        calibrated: Whether a probability may be read as a share of such cases, so that people
            may be shown it as a percentage.

    """

    join: float
    suggest: float
    offer: float
    provenance: str
    calibrated: bool = False

    @classmethod
    def of(cls, scorer: PairScorer) -> GroupingPolicy:
        trained = scorer.manifest.get("trained_on", "")
        provenance = f"{scorer.name}: {trained}"
        calibrated = scorer.calibration != _UNTOUCHED
        return cls(scorer.join, scorer.suggest, scorer.suggest, provenance, calibrated)


@dataclass(frozen=True, slots=True)
class Bonds:
    """What people said about this report: groups it is in for sure, and never."""

    must: Hashable | None = None
    must_author: Author = Author.REPORTER
    never: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """The decision. `group` is None where a new incident opens.

    Attributes:
        suggested: Groups that look related, best first, with their probability.
        evidence: As the decision used it; keys of reports and groups as given. `unusual` is
            the share of past reports at least as alike as the nearest member is.

    """

    group: Hashable | None
    probability: float | None
    author: Author
    suggested: tuple[tuple[Hashable, float], ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)


def choose_group(
    scored: Sequence[Scored],
    bonds: Bonds,
    policy: GroupingPolicy,
    *,
    signature_groups: Mapping[Hashable, str] | None = None,
) -> Choice:
    """Decide for one report.

    Args:
        scored: Candidates, most likely first.
        bonds: Words of people; they outweigh everything.
        policy: Thresholds.
        signature_groups: Groups that share a rare exact signature and no other service,
            with the signature.

    """
    allowed = [one for one in scored if one.group not in bonds.never]
    if bonds.must is not None and bonds.must not in bonds.never:
        same = next((one for one in allowed if one.group == bonds.must), None)
        return Choice(
            bonds.must,
            same.probability if same else None,
            bonds.must_author,
            evidence={"decision": "told", **_evidence(same, policy, allowed)},
        )
    exact = {
        group: sign for group, sign in (signature_groups or {}).items() if group not in bonds.never
    }
    for one in allowed:
        if one.group in exact and one.measures["other_service"] == 0.0 and not one.apart:
            return Choice(
                one.group,
                one.probability,
                Author.SIGNATURE,
                evidence={
                    "decision": "signature",
                    "signature": exact[one.group],
                    **_evidence(one, policy, allowed),
                },
            )
    best = next((one for one in allowed if one.group in exact or not _contrary(one)), None)
    if best is not None and best.probability >= policy.join:
        return Choice(
            best.group,
            best.probability,
            Author.MODEL,
            suggested=_suggested([one for one in allowed if one is not best], policy),
            evidence={
                "decision": "join",
                **_evidence(best, policy, allowed),
                **({"signature": exact[best.group]} if best.group in exact else {}),
            },
        )
    closest = allowed[0] if allowed else None
    return Choice(
        None,
        closest.probability if closest else None,
        Author.MODEL,
        suggested=_suggested(allowed, policy),
        evidence={"decision": "open", **_evidence(closest, policy, allowed)},
    )


def signature_groups(window: Window, query: Query) -> dict[Hashable, str]:
    """Groups that show one of the query's rare signatures, each with the rarest of them."""
    found: dict[Hashable, str] = {}
    for shared in rare_signatures(window, query.facts, query.at):
        for row in shared.rows:
            found.setdefault(window.group_of[window.keys[row]], shared.signature)
    return found


def _contrary(one: Scored) -> bool:
    """Whether all who named a service named another one, and the words are not alike either.

    One outage may well be felt in several services; but so little is only worth a suggestion.
    """
    return one.measures["other_service"] == 1.0 and one.measures.get("top3", 1.0) < _UNLIKE


def _suggested(
    scored: Sequence[Scored], policy: GroupingPolicy
) -> tuple[tuple[Hashable, float], ...]:
    return tuple((s.group, s.probability) for s in scored[:3] if s.probability >= policy.suggest)


def _evidence(
    one: Scored | None, policy: GroupingPolicy, allowed: Sequence[Scored]
) -> dict[str, Any]:
    if one is None:
        return {"threshold": policy.join}
    runner_up = next((other for other in allowed if other.group != one.group), None)
    return {
        "threshold": policy.join,
        "calibrated": policy.calibrated,
        "probability": one.probability,
        "measures": dict(one.measures),
        "weights": dict(one.weights),
        "minutes_since_last": round(one.minutes_since_last, 1),
        "unusual": round(exp(one.measures.get("rank", 0.0)), 4),
        "apart": one.apart,
        "nearest": [[key, cosine] for key, cosine in one.nearest],
        "runner_up": [runner_up.group, runner_up.probability] if runner_up else None,
    }
