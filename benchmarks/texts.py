"""Texts by the thousand: signed, doubled, out of order, forged; who is heard, and how soon.

`python -m benchmarks texts [AMOUNT]` writes `benchmarks/texts.md`. The server is a
process of its own; the stand-in for the provider and the phones are in this one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

from benchmarks.kills import opened
from benchmarks.report import met, render_machine, table, write
from tests.standins.serving import Muster
from tests.standins.text_load import Counted, Load, count, wait_for_end
from tests.standins.twilio import Twilio

TEXTS: Final = 20_000
RATE: Final = 14
"""Calls a second that one process keeps up with, hearing and answering included, on two cores."""
PER_PHONE: Final = 8
ACKNOWLEDGED: Final = 200.0
_PATIENCE: Final = 3600.0


def main(amount: int = TEXTS, rate: int = RATE) -> None:
    machine = render_machine()
    with tempfile.TemporaryDirectory(prefix="muster-texts-") as folder, Twilio() as twilio:
        lines = measure(Path(folder), twilio, amount, rate)
    write("texts", f"python -m benchmarks texts {amount}", machine, "Texts", lines)


def measure(folder: Path, twilio: Twilio, amount: int, rate: int) -> list[str]:
    muster = Muster(
        folder / "var",
        {
            "MUSTER_TWILIO_ACCOUNT_SID": twilio.account_sid,
            "MUSTER_TWILIO_AUTH_TOKEN": twilio.auth_token,
            "MUSTER_TWILIO_FROM": twilio.number,
            "MUSTER_TWILIO_API_BASE": twilio.url,
            "MUSTER_LOG_LEVEL": "WARNING",
        },
    )
    muster.prepare()
    muster.start()
    assert muster.process is not None
    server = psutil.Process(muster.process.pid)
    load = Load(twilio, muster.url, amount, max(amount // PER_PHONE, 1))
    before = sum(server.cpu_times()[:2])
    began = time.perf_counter()
    answers = load.run(muster.url, rate)
    with opened(muster) as database:
        behind = wait_for_end(database, _PATIENCE, lambda said: print(said, file=sys.stderr))
        wall = time.perf_counter() - began
        found = count(database, twilio, load.sids)
    spent = sum(server.cpu_times()[:2]) - before
    muster.stop()
    forged = sum(answers.forged.values())
    doubled = sum(answers.signed.values()) - amount
    high = answers.quantile(0.99)
    what = (
        f"{amount} texts of {load.phones} phones, {doubled} of them delivered twice, "
        f"{load.reordered:.0%} out of order, and {forged} forged calls; {len(load.calls)} calls "
        f"at {rate} a second (reached: {len(load.calls) / answers.wall:.1f}), over four "
        "connections. Each text is acknowledged when it is written down, heard by one job and "
        "answered by another."
    )
    calls = (
        f"Answers to signed calls: {_statuses(answers.signed)}; to forged ones: "
        f"{_statuses(answers.forged)}."
    )
    pace = (
        f"{found.heard} texts heard, {found.answered} answers taken by the provider; the last "
        f"{behind:.0f} s after the last call, so {amount / wall:.1f} texts a second from call to "
        f"answer. The server spent {spent / amount * 1e3:.0f} ms of processor time on each."
    )
    return [
        "",
        what,
        *table(
            ("acknowledgement", "ms", "wanted", "met"),
            (
                ("median", f"{answers.quantile(0.5):.0f}", "", ""),
                ("p95", f"{answers.quantile(0.95):.0f}", "", ""),
                ("p99", f"{high:.0f}", f"{ACKNOWLEDGED:.0f}", met(high, ACKNOWLEDGED)),
                ("longest", f"{answers.quantile(1):.0f}", "", ""),
            ),
        ),
        *table(("what may not be", "seen", "wanted", "met"), _faults(found, answers.forged)),
        calls,
        pace,
    ]


def _faults(found: Counted, forged: dict[int, int]) -> list[tuple[str, str, str, str]]:
    believed = found.forged_accepted + sum(n for status, n in forged.items() if status != 403)
    faults = (
        ("forged texts accepted", believed),
        ("texts lost", found.lost),
        ("double replies", found.double_replies),
        ("answers out of order", found.out_of_order),
        ("answers not sent", found.unsent),
    )
    return [(name, str(seen), "0", met(seen, 0)) for name, seen in faults]


def _statuses(counted: dict[int, int]) -> str:
    return ", ".join(f"{status}: {n}" for status, n in sorted(counted.items())) or "none"
