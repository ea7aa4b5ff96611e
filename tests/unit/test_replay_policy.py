"""A policy file says what it changes, and every mistake in it is named."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.candidates import CandidateRule
from incidents.publishing import PublishRule
from incidents.replay_policy import BadPolicyError, ReplayPolicy, choose_policy, parse_policy
from tests.fakes import plain_scorer

TOML = """
join = 0.7
suggest = 0.4
budget = 1.5
[rule]
people = 5
hours = 3
[published]
people = 3
surprise = 2
"""
YAML = """
join: 0.7
suggest: 0.4
budget: 1.5
rule: 5/3
published: {people: 3, surprise: 2}
"""
WHOLE = ReplayPolicy(
    join=0.7,
    suggest=0.4,
    rule=CandidateRule(5.0, timedelta(hours=3)),
    budget=1.5,
    published=PublishRule(3.0, 2.0),
)


@pytest.mark.parametrize(("name", "text"), [("p.toml", TOML), ("p.yaml", YAML), ("p.yml", YAML)])
def test_a_policy_is_written_in_toml_or_yaml(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert parse_policy(tmp_path / name) == WHOLE


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("# nothing yet\n", encoding="utf-8")
    assert parse_policy(tmp_path / "p.yaml") == ReplayPolicy()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {"joins": 0.7},
            "no `joins` here; known are: join, suggest, offer, rule, budget, published",
        ),
        ({"joins": 0.7}, "Did you mean `join`"),
        ({"rule": {"persons": 4}}, "no `persons` in `rule`; known are: people, hours"),
        ({"join": 1.2}, "`join` is a number from 0 to 1, not 1.2"),
        ({"join": True}, "not True"),
        ({"join": "high"}, "not 'high'"),
        ({"join": float("nan")}, "not nan"),
        ({"rule": "4"}, "e.g. 4/6"),
        ({"rule": {"people": 4}}, "rule.hours"),
        ({"rule": {"people": 0, "hours": 2}}, "rule.people"),
        ({"rule": 4}, "`rule` holds keys and values: people, hours"),
        ({"published": {"surprise": 2}}, "published.people"),
        ({"budget": -1}, "`budget` is a number from 0"),
        ({"join": 0.4, "suggest": 0.6}, "more than `join`"),
        ([1, 2], "A policy holds keys and values"),
        ("join", "A policy holds keys and values"),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(told: object, said: str) -> None:
    with pytest.raises(BadPolicyError) as refusal:
        choose_policy(told)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.toml", b"join = "),
        ("p.yaml", b"join: [0.7"),
        ("p.yaml", b"\xff\xfe\x00"),
        ("p.yaml", b"!!python/object/apply:os.system ['true']"),
        ("missing.toml", None),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(BadPolicyError, match="cannot be read"):
        parse_policy(tmp_path / name)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["join", "suggest", "rule", "people", "hours", "published", "x"]),
            inside,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_a_file_holds_is_a_policy_or_a_sentence(told: object) -> None:
    try:
        policy = choose_policy(told)
    except BadPolicyError:
        return  # any other error fails the test
    assert json.dumps(policy.to_json())
    thresholds = policy.grouping(plain_scorer())
    assert thresholds.suggest <= thresholds.join


def test_what_is_not_set_is_as_the_artifact_has_it() -> None:
    policy = ReplayPolicy().grouping(plain_scorer())
    assert (policy.join, policy.suggest, policy.offer) == (0.5, 0.3, 0.3)
    assert ReplayPolicy(suggest=0.4).grouping(plain_scorer()).offer == 0.4
    assert ReplayPolicy(join=0.2).grouping(plain_scorer()).suggest == 0.2
