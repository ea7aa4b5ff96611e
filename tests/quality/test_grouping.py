"""The shipped weights, with the real encoder, on labelled streams and on outages not learnt from.

`training_data/` was learnt from, so its floors guard against decline, not more; the outages
below were not, though one number (what a wrong join costs) was chosen by them.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from classifier.catalogue import Catalogue
from classifier.encoding import Encoder
from classifier.facts import FactFinder
from classifier.pair_scorer import load_scorer
from classifier.reading import Reader
from incidents.grouping import GroupingPolicy
from incidents.grouping_quality import count_bonds
from incidents.quality_sets import read_stream
from incidents.replay import ReadRow, Replay, StreamRow, parse_stream, read_rows, replay_stream
from incidents.rivals import try_rivals
from incidents.scoring import score_groups, score_rivals
from tests.conftest import ROOT

# Ten people's words for one outage, two minutes apart, and three strangers among them.
OUTAGES: dict[str, list[tuple[str, str]]] = {
    "email": [
        ("Outlook has been stuck on 'trying to connect' since about 9, nothing comes in", "london"),
        ("can't send or receive any mail", "chicago"),
        ("emails are not going out, they all sit in the outbox", "berlin"),
        ("is exchange down? my mailbox won't open on the web either", "pune"),
        ("no new messages in my inbox since this morning, colleagues have the same", "london"),
        ("Keine E-Mails mehr seit einer Stunde, Postfach lädt nicht", "berlin"),
        ("webmail gives error 503 after I sign in", "rotterdam"),
        ("customers say our mails bounce, nothing arrives", "chicago"),
        ("outlook keeps asking me to reconnect then shows disconnected", "pune"),
        ("mail is dead. phone app too", "lisbon"),
    ],
    "vpn": [
        ("VPN won't connect from home, it hangs at 'connecting'", "london"),
        ("I can't get into remote access this morning", "berlin"),
        ("GlobalProtect says gateway not responding", "chicago"),
        ("working from home and cannot reach anything at the office, the tunnel fails", "lisbon"),
        ("vpn down??", "pune"),
        ("tried three times to connect to the VPN, always times out", "rotterdam"),
        ("Home office: no VPN, so no shared drives and no SAP", "berlin"),
        ("remote access gateway unreachable for my whole team, 6 people", "london"),
        ("VPN Verbindung bricht sofort ab", "berlin"),
        ("the vpn client spins forever after I approve the sign-in", "chicago"),
    ],
    "sap": [
        ("SAP is not opening, I get a message that the server is not reached", "rotterdam"),
        ("cannot log into SAP since 10 o'clock, it just hangs", "rotterdam"),
        ("sap gui: partner not reached", "berlin"),
        ("We can't post goods receipts, SAP is down for the whole warehouse", "rotterdam"),
        ("SAP times out when I open an order", "london"),
        ("is there a problem with the ERP? nothing loads", "pune"),
        ("SAP geht nicht, Verbindung abgebrochen", "berlin"),
        ("I was thrown out of SAP and can't get back in", "chicago"),
        ("ERP offline, invoices due today", "lisbon"),
        ("all of us in accounting lost SAP at the same time", "london"),
    ],
    "wifi": [
        ("wifi is gone on the second floor", "berlin"),
        ("my laptop doesn't find the office wireless anymore", "berlin"),
        ("no internet at my desk since 20 minutes", "berlin"),
        ("WLAN weg, ganze Abteilung offline", "berlin"),
        ("can't connect to HF-Staff, it keeps asking for the password", "berlin"),
        ("whole team kicked off the wi-fi in the middle of a call", "berlin"),
        ("wireless is very flaky, disconnects every minute, Berlin office", "berlin"),
        ("is the network down in Berlin?", "berlin"),
        ("connected to the wifi but nothing loads", "berlin"),
        ("phone and laptop both lost the wifi, third floor", "berlin"),
    ],
    "payments": [
        ("customers cannot pay by card in the shop", "london"),
        ("checkout fails with a payment error", "london"),
        ("the webshop refuses every credit card since noon", "berlin"),
        ("card payments time out", "chicago"),
        ("orders are stuck at the payment step", "london"),
        ("payment page just spins, we are losing sales", "london"),
        ("stripe says request failed for all transactions", "pune"),
        ("Kunden können nicht bezahlen, Kasse bricht ab", "berlin"),
        ("three customers called that paying doesn't work", "rotterdam"),
        ("nobody can complete a purchase on the site", "chicago"),
    ],
}
STRANGERS = {
    "email": ["Need a second monitor for my desk please", "I forgot my password",
              "The projector in room 4 has a green line"],
    "vpn": ["My laptop battery only lasts an hour", "Could I get access to the finance folder?",
            "please reset my pin"],
    "sap": ["where do I find the travel policy", "my keyboard is missing the letter e",
            "Zoom wants an update and I have no admin rights"],
    "wifi": ["Headset crackles in calls", "please order toner for the printer on floor 2",
             "My password has expired"],
    "payments": ["I need a new SIM card", "My chair is broken", "Where can I park at the office?"],
}  # fmt: skip
PASSWORDS = [
    "I forgot my password", "My password expired over the weekend", "please unlock my account",
    "Locked out of my laptop, wrong password too often", "password reset please",
    "Kennwort vergessen", "can't remember my pin for the login", "my account is locked",
    "Need a new password after my holiday", "esqueci a minha senha",
]  # fmt: skip


@pytest.fixture(scope="module")
def encoder(reader: Reader) -> Encoder:
    return reader.encoder


@pytest.fixture(scope="module")
def finder(catalogue: Catalogue) -> FactFinder:
    return FactFinder(catalogue)


def told(name: str) -> list[StreamRow]:
    """The outage's reports, a stranger after the third, the sixth and the ninth."""
    rows = [(text, site, name) for text, site in OUTAGES[name]]
    site = rows[0][1]
    for place, text in zip((9, 6, 3), STRANGERS[name], strict=True):
        rows.insert(place, (text, site, None))
    return [
        StreamRow(f"{name}{n}", 120.0 * n, text, group, f"p{n}", site=site)
        for n, (text, site, group) in enumerate(rows)
    ]


def grouped(rows: list[ReadRow], encoder: Encoder, history: list[ReadRow] | None = None) -> Replay:
    scorer = load_scorer()
    return replay_stream(
        rows, scorer, GroupingPolicy.of(scorer), encoder_id=encoder.id, history=history or []
    )


@pytest.fixture(scope="module")
def stream(encoder: Encoder, finder: FactFinder) -> list[ReadRow]:
    return read_rows(parse_stream(ROOT / "training_data" / "stream.jsonl"), encoder, finder)


@pytest.mark.parametrize("name", list(OUTAGES))
@pytest.mark.parametrize("old", [False, True], ids=["new installation", "after two days"])
def test_ten_differently_worded_reports_of_one_outage_meet_and_strangers_do_not(
    name: str, old: bool, encoder: Encoder, finder: FactFinder, stream: list[ReadRow]
) -> None:
    rows = read_rows(told(name), encoder, finder)
    history = [each for each in stream if each.row.t < 2 * 86_400] if old else []
    found = grouped(rows, encoder, history)
    sizes = Counter(g for each, g in zip(rows, found.groups, strict=True) if each.row.group)
    home, together = sizes.most_common(1)[0]
    strangers = [
        each.row.text
        for each, group in zip(rows, found.groups, strict=True)
        if group == home and not each.row.group
    ]
    assert together >= 9
    assert len(strangers) <= 1
    assert found.alarms[0].group == home


def test_mondays_forgotten_passwords_stay_alone(encoder: Encoder, finder: FactFinder) -> None:
    rows = [
        StreamRow(f"m{n}", 300.0 * n, text, None, f"p{n}", site="london")
        for n, text in enumerate(PASSWORDS)
    ]
    found = grouped(read_rows(rows, encoder, finder), encoder)
    assert max(Counter(found.groups).values()) <= 2
    assert found.alarms == ()


def test_two_outages_at_the_same_time_stay_two(encoder: Encoder, finder: FactFinder) -> None:
    rows = sorted([*told("vpn"), *told("payments")], key=lambda row: row.t)
    read = read_rows(rows, encoder, finder)
    found = grouped(read, encoder)
    homes = {
        name: Counter(
            g for each, g in zip(read, found.groups, strict=True) if each.row.group == name
        ).most_common(1)[0][0]
        for name in ("vpn", "payments")
    }
    assert homes["vpn"] != homes["payments"]


def test_the_shipped_stream_is_grouped_better_than_by_cosine_or_shared_words(
    stream: list[ReadRow], encoder: Encoder
) -> None:
    gold = [each.row.group for each in stream]
    ours = score_groups(gold, grouped(stream, encoder).groups)
    rivals = score_rivals(
        gold,
        [each.row.t for each in stream],
        [each.row.text for each in stream],
        np.stack([each.vector for each in stream]),
    )
    assert ours.f1 > 0.45
    assert ours.precision > 0.7
    assert ours.detected >= 7
    assert all(ours.f1 > rival.score.f1 for rival in rivals)


def test_no_simple_method_groups_the_shipped_stream_better_not_even_with_its_future_known(
    stream: list[ReadRow], encoder: Encoder
) -> None:
    gold = [each.row.group for each in stream]
    ours = score_groups(gold, grouped(stream, encoder).groups).f1
    for rival in try_rivals(stream, every=3):
        best = rival.groups[rival.best(gold, 0, len(gold))]
        assert ours > score_groups(gold, best).f1, rival.name


def test_what_comes_back_after_days_is_another_incident_and_about_half_of_what_looks_alike_stays_apart(
    encoder: Encoder, finder: FactFinder
) -> None:
    told, bonds = read_stream(ROOT / "training_data" / "ten_days.jsonl")
    rows = read_rows(told, encoder, finder)
    groups = grouped(rows, encoder).groups
    gold = [row.group for row in told]
    back = count_bonds(gold, groups, bonds.recurrences)
    assert back["apart"] == back["asked"] == 7
    alike = count_bonds(gold, groups, bonds.lookalikes)
    assert alike["asked"] == 13
    assert alike["apart"] >= 6


def test_on_a_quiet_desk_nearly_every_outage_is_found_and_strangers_are_few(
    encoder: Encoder, finder: FactFinder
) -> None:
    rows = read_rows(parse_stream(ROOT / "training_data" / "outages.jsonl"), encoder, finder)
    score = score_groups([each.row.group for each in rows], grouped(rows, encoder).groups)
    assert score.detected >= 12
    assert score.precision > 0.6


def test_a_restricted_wave_meets_itself_and_nothing_open(
    stream: list[ReadRow], encoder: Encoder
) -> None:
    found = grouped(stream, encoder)
    restricted = {g for each, g in zip(stream, found.groups, strict=True) if each.row.restricted}
    open_ones = {g for each, g in zip(stream, found.groups, strict=True) if not each.row.restricted}
    phishing = Counter(
        g for each, g in zip(stream, found.groups, strict=True)
        if each.row.group == "payslip-phishing"
    )  # fmt: skip
    assert not restricted & open_ones
    assert phishing.most_common(1)[0][1] >= 10
