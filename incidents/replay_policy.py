"""Other thresholds and rules for a replay, read from a small TOML or YAML file."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from classifier.pair_scorer import PairScorer
from incidents.candidates import CandidateRule
from incidents.grouping import GroupingPolicy
from incidents.publishing import PublishRule
from models.errors import DomainError

_MOST: Final = 1_000_000.0


class BadPolicyError(DomainError):
    """A policy file has something that is not understood."""

    code: ClassVar[str] = "replay.bad_policy"


@dataclass(frozen=True, slots=True)
class ReplayPolicy:
    """What a replay decides by; None leaves it as it is in this installation."""

    join: float | None = None
    suggest: float | None = None
    offer: float | None = None
    rule: CandidateRule | None = None
    budget: float | None = None
    published: PublishRule | None = None

    def grouping(self, scorer: PairScorer) -> GroupingPolicy:
        """The thresholds of an artifact, with what is set here."""
        policy = GroupingPolicy.of(scorer)
        join = policy.join if self.join is None else self.join
        suggest = policy.suggest if self.suggest is None else self.suggest
        offer = suggest if self.offer is None else self.offer
        return replace(policy, join=join, suggest=min(suggest, join), offer=offer)

    def to_json(self) -> dict[str, Any]:
        """What is set, as it is written in a file."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        if self.rule is not None:
            hours = self.rule.window.total_seconds() / 3600
            found["rule"] = {"people": self.rule.people, "hours": hours}
        return found


def parse_policy(path: Path) -> ReplayPolicy:
    """Read a file that ends in `.toml`, `.yaml` or `.yml`.

    Raises:
        BadPolicyError: It cannot be read, a key is unknown, or a value makes no sense.

    """
    try:
        text = path.read_text(encoding="utf-8")
        told = tomllib.loads(text) if path.suffix == ".toml" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise BadPolicyError(f"{path} cannot be read: {_first_line(error)}.") from error
    return choose_policy({} if told is None else told)


def choose_policy(told: Any) -> ReplayPolicy:
    """A policy from what a file holds.

    Raises:
        BadPolicyError: A key is unknown, or a value makes no sense.

    """
    known = _known(told, "", _READ)
    policy = ReplayPolicy(**{key: _READ[key](key, value) for key, value in known.items()})
    if policy.suggest is not None and policy.join is not None and policy.suggest > policy.join:
        raise BadPolicyError("`suggest` is more than `join`. What joins is not only suggested.")
    return policy


def _known(told: Any, where: str, known: Mapping[str, object]) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        inside = f"`{where}`" if where else "A policy"
        raise BadPolicyError(f"{inside} holds keys and values: {', '.join(known)}.")
    for key in told:
        if key not in known:
            near = difflib.get_close_matches(str(key), list(known), n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            inside = f"in `{where}`" if where else "here"
            raise BadPolicyError(
                f"There is no `{str(key)[:40]}` {inside}; known are: {', '.join(known)}.{hint}"
            )
    return told


def _number(key: str, value: Any, *, least: float = 0.0, most: float = _MOST) -> float:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    if not plain or not math.isfinite(value) or not least <= value <= most:
        upper = "" if most == _MOST else f" to {most:g}"
        raise BadPolicyError(f"`{key}` is a number from {least:g}{upper}, not {value!r}.")
    return float(value)


def _share(key: str, value: Any) -> float:
    return _number(key, value, most=1.0)


def _rule(key: str, value: Any) -> CandidateRule:
    if isinstance(value, str):
        people, _, hours = value.partition("/")
        try:
            value = {"people": float(people), "hours": float(hours)}
        except ValueError as error:
            raise BadPolicyError(
                f"`{key}` is people and hours, e.g. 4/6: four people in six hours."
            ) from error
    told = _known(value, key, {"people": None, "hours": None})
    return CandidateRule(
        _number("rule.people", told.get("people"), least=1),
        timedelta(hours=_number("rule.hours", told.get("hours"), least=0.01, most=24.0 * 365)),
    )


def _published(key: str, value: Any) -> PublishRule:
    told = _known(value, key, {"people": None, "surprise": None})
    return PublishRule(
        _number("published.people", told.get("people"), least=1),
        _number("published.surprise", told.get("surprise", PublishRule().surprise)),
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


_READ: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "join": _share,
    "suggest": _share,
    "offer": _share,
    "rule": _rule,
    "budget": _number,
    "published": _published,
}
