"""What is measured between an incident and a past one, and what is linked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.pair_scorer import BadArtifactError
from classifier.recurrence import (
    FALLING,
    FEATURES,
    MEMBERS,
    PROBES,
    RISING,
    Account,
    Hit,
    gather,
    measure_past,
    probes_of,
    says_again,
    shortlist,
)
from classifier.recurrence_scorer import (
    MOST_LINKS,
    Recurrence,
    choose_links,
    load_recurrence_scorer,
    parse_recurrence_scorer,
    save_recurrence_scorer,
)
from classifier.recurrence_usual import Background
from classifier.window import PairFacts
from incidents.recurrence_reasons import render_recurrence, render_span
from tests.fakes import plain_recurrence

DAY = 86_400.0


def unit(*values: float) -> np.ndarray:
    vector = np.array(values, dtype=np.float32)
    found: np.ndarray = vector / np.linalg.norm(vector)
    return found


def account(key: str, at: float, vector: np.ndarray, text: str = "", **more: object) -> Account:
    facts = PairFacts.of(
        text, service=more.get("service"), site=more.get("site"),
        signatures=more.get("signatures", ()),
    )  # fmt: skip
    return Account(key, at, vector, facts, says_again(text))


NOW = gather(
    "now",
    [
        account("n1", 10 * DAY, unit(1, 0, 0), "switch cabinet hums again", site="berlin"),
        account("n2", 10 * DAY + 60, unit(1, 1, 0), "cabinet 4 dark", service="wifi"),
    ],
)
PAST = gather(
    "past",
    [
        account("p1", DAY, unit(1, 0, 0), "cabinet hums", site="berlin", service="wifi"),
        account("p2", DAY + 60, unit(0, 0, 1), "dark", site="berlin"),
    ],
)
EMPTY = Background(np.empty((0, 3), dtype=np.float32), (), {}, {}, 1_000)


def measures(**more: object) -> dict[str, float]:
    background = more.pop("background", EMPTY)
    closer = int(more.pop("closer", 0))
    past = replace(PAST, **more)
    (found,) = measure_past(NOW, [past], [closer], background)
    return dict(zip(FEATURES, found.values.tolist(), strict=True))


def test_the_measures_are_what_their_names_say() -> None:
    found = measures()
    assert found["best"] == pytest.approx(1.0)
    assert found["top3"] == pytest.approx((1.0 + 0.7071) / 2, abs=1e-3)
    assert found["since"] == pytest.approx(np.log1p(9 - 60 / DAY))
    assert (found["same_site"], found["other_site"]) == (1.0, 0.0)
    assert (found["same_service"], found["other_service"]) == (1.0, 0.0)
    assert found["again"] == 0.5
    assert found["words"] > 0.5
    assert found["size"] == pytest.approx(np.log(2))


def test_another_service_and_site_speak_against_and_unknown_ones_say_nothing() -> None:
    other = tuple(replace(one, service="erp", site="pune") for one in PAST.facts)
    found = measures(facts=other)
    assert (found["same_service"], found["other_service"]) == (0.0, 1.0)
    assert (found["same_site"], found["other_site"]) == (0.0, 1.0)
    nothing = tuple(replace(one, service=None, site=None) for one in PAST.facts)
    found = measures(facts=nothing)
    assert found["same_site"] == found["other_site"] == 0.0


def test_only_a_rare_signature_in_both_counts() -> None:
    signed = replace(PAST, facts=(replace(PAST.facts[0], signatures=frozenset({"code:E-7"})),))
    signed = replace(signed, vectors=PAST.vectors[:1], keys=PAST.keys[:1])
    now = replace(
        NOW, facts=tuple(replace(f, signatures=frozenset({"code:E-7"})) for f in NOW.facts)
    )
    (rare,) = measure_past(now, [signed], [0], EMPTY)
    assert rare.signatures == ("code:E-7",)
    common = replace(EMPTY, signatures={"code:E-7": 500})
    (everywhere,) = measure_past(now, [signed], [0], common)
    assert everywhere.signatures == ()


def test_the_rank_is_a_share_of_the_whole_past() -> None:
    few, many = measures(closer=0), measures(closer=100)
    assert few["rank"] < many["rank"]
    longer = measures(closer=100, background=replace(EMPTY, total=10_000))
    assert longer["rank"] < many["rank"]


def test_what_everybody_reports_is_crowded_and_usual() -> None:
    draw = np.random.default_rng(3)
    same = np.tile(unit(1, 0.2, 0), (400, 1)) + 0.01 * draw.normal(size=(400, 3))
    crowd = (same / np.linalg.norm(same, axis=1, keepdims=True)).astype(np.float32)
    far = np.tile(unit(0, 0, 1), (400, 1))
    crowded = measures(background=replace(EMPTY, vectors=crowd, homes=tuple(range(400))))
    lonely = measures(background=replace(EMPTY, vectors=far, homes=tuple(range(400))))
    assert crowded["usual"] > lonely["usual"]
    assert crowded["csls"] < lonely["csls"]


def test_a_large_incident_stands_for_itself_by_its_first_and_last_reports() -> None:
    many = [account(f"r{n}", float(n), unit(1, n, 0)) for n in range(100)]
    episode = gather("big", many, size=100)
    assert len(episode.keys) == MEMBERS
    assert episode.keys[0] == "r0"
    assert episode.keys[-1] == "r99"
    assert episode.size == 100
    assert probes_of(episode).shape == (PROBES + 1, 3)
    assert probes_of(NOW).shape == (3, 3)


def test_the_shortlist_counts_closer_reports_of_others_and_each_report_once() -> None:
    hits = [
        Hit("a1", "a", 0.9), Hit("a1", "a", 0.4), Hit("a2", "a", 0.8), Hit("b1", "b", 0.85),
        Hit("c1", "c", 0.1), Hit("b1", "b", 0.2),
    ]  # fmt: skip
    assert shortlist(hits) == [("a", 0), ("b", 1), ("c", 3)]
    assert shortlist(hits, most=1) == [("a", 0)]
    assert shortlist([]) == []


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9), st.floats(-1, 1))))
def test_the_shortlist_is_in_the_order_of_likeness(found: list[tuple[int, int, float]]) -> None:
    homes = {report: home for report, home, _ in found}
    hits = [Hit(report, homes[report], cosine) for report, _, cosine in found]
    listed = shortlist(hits)
    best = [max(hit.cosine for hit in hits if hit.incident == home) for home, _ in listed]
    assert best == sorted(best, reverse=True)
    counts = [count for _, count in listed]
    assert counts == sorted(counts)


def recurrence(past: str, probability: float) -> Recurrence:
    return Recurrence(past, probability, {}, {}, (), (), ())


def test_few_likely_and_undenied_ones_are_linked() -> None:
    scored = [recurrence(f"i{n}", 0.9 - n / 100) for n in range(6)]
    assert len(choose_links(scored, 0.5)) == MOST_LINKS
    assert choose_links(scored, 0.95) == []
    kept = choose_links(scored, 0.5, never={"i0"})
    assert [one.past for one in kept] == ["i1", "i2", "i3"]


def test_the_shipped_weights_have_the_signs_that_make_sense() -> None:
    scorer = load_recurrence_scorer()
    weights = dict(zip(FEATURES, scorer.weights.tolist(), strict=True))
    assert all(weights[name] >= 0 for name in RISING)
    assert all(weights[name] <= 0 for name in FALLING)
    assert 0.0 < scorer.link < 1.0
    assert scorer.manifest["reliability"]
    assert scorer.manifest["held"]


def test_more_likeness_never_makes_a_link_less_likely() -> None:
    scorer = load_recurrence_scorer()
    base = scorer.mean.copy()
    for number, name in enumerate(FEATURES):
        more = base.copy()
        more[number] += 1.0
        odds = scorer.log_odds(np.stack([base, more]))
        assert (odds[1] >= odds[0]) or name not in RISING
        assert (odds[1] <= odds[0]) or name not in FALLING


def test_an_artifact_comes_back_as_it_was_written(tmp_path: object) -> None:
    scorer = plain_recurrence()
    save_recurrence_scorer(scorer, tmp_path)
    again = load_recurrence_scorer(tmp_path)
    assert again.to_json() == scorer.to_json()


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"features": ["best"]}, {"mean": [1.0]}, {"weights": "x"}, {"link": None}],
)
def test_an_artifact_of_another_make_is_refused(tmp_path: object, change: dict) -> None:
    data = plain_recurrence().to_json() | change
    with pytest.raises((BadArtifactError, TypeError, ValueError)):
        parse_recurrence_scorer(data)
    (tmp_path / "recurrence.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadArtifactError):
        load_recurrence_scorer(tmp_path)


def test_the_evidence_adds_up_to_the_probability() -> None:
    (found,) = load_recurrence_scorer().score(measure_past(NOW, [PAST], [0], EMPTY))
    scorer = load_recurrence_scorer()
    odds = sum(found.weights.values()) + scorer.bias
    assert found.probability == pytest.approx(scorer.calibrated(odds))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("the wifi is gone again", True),
        ("schon wieder kein Netz", True),
        ("outra vez o 169", True),
        ("crawling, like Wednesday", True),
        ("the wifi is gone", False),
        ("against the wall", False),
    ],
)
def test_saying_again_is_heard(text: str, says: bool) -> None:
    assert says_again(text) is says


def test_the_reason_is_one_sentence_of_what_was_measured() -> None:
    evidence = {
        "measures": {
            "best": 0.71, "rank": float(np.log(1 / 1_283)), "same_service": 1.0,
            "other_site": 1.0, "again": 0.5,
        },
        "signatures": ["code:E-7"],
        "words": ["cabinet"],
        "service": "wifi",
        "past_reports": 1_300,
    }  # fmt: skip
    assert render_recurrence(evidence) == (
        "Both show E-7; the closest reports are 71% alike in meaning, fewer than 1 in 1000 past "
        "reports are as close; same service (wifi); shared words: cabinet; somebody says it is "
        "back (but another site)."
    )
    few = render_recurrence({**evidence, "past_reports": 40})
    assert "past reports are as close" not in few  # forty cannot show one in a thousand
    assert render_recurrence({}) == "Close in meaning as a whole."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (5, "1 min"),
        (3_000, "50 min"),
        (3 * 3_600, "3 h"),
        (47 * 3_600, "47 h"),
        (12 * DAY, "12 days"),
    ],
)
def test_a_span_is_said_in_the_unit_that_fits(seconds: float, said: str) -> None:
    assert render_span(seconds) == said
