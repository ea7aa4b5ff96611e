"""Why a report is where it is, in one sentence that anybody understands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.reasons import render_reason

JOINED: dict[str, Any] = {
    "decision": "join",
    "probability": 0.914,
    "calibrated": True,
    "threshold": 0.6,
    "service": "wifi",
    "site": "berlin",
    "words": ["wlan", "floor"],
    "minutes_since_last": 3.2,
    "measures": {"same_service": 1.0, "same_site": 1.0, "max": 0.7, "same_signature": 0.0},
}


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        ({"decision": "told"}, "The reporter said it is the same problem."),
        ({"decision": "signature", "signature": "0x8007"}, "Both show 0x8007."),
        ({"decision": "signature", "signature": "code:ORA-12170"}, "Both show ORA-12170."),
        ({"decision": "signature", "signature": "host:srv-sql-01"}, "Both name srv-sql-01."),
        (
            {
                "decision": "signature",
                "signature": "template:930baf52ad6c connection to <*> refused",
            },
            "Both show the same log line `connection to <*> refused`.",
        ),
        (
            {"decision": "signature", "signature": "exception:NetException: timed out"},
            "Both show the same exception `NetException: timed out`.",
        ),
        (
            {"decision": "join", "probability": 0.9, "signature": "code:ORA-12170"},
            "Likely the same: both show ORA-12170.",
        ),
        (
            {"decision": "join", "probability": 0.9, "calibrated": True, "signature": "code:E1"},
            "Likely the same (90%): both show E1.",
        ),
        (
            {"decision": "join", "probability": 0.3, "calibrated": True, "signature": "code:E1"},
            "The best fit (30% likely the same): both show E1.",
        ),
        (
            {"decision": "open", "probability": 0.31, "threshold": 0.6},
            "The closest was not close enough.",
        ),
        (
            {"decision": "unread"},
            "Recorded before it could be read; it stands alone until then.",
        ),
        ({"decision": "open"}, "Nothing like it was open."),
        (
            {"decision": "open", "probability": 0.31, "threshold": 0.6, "calibrated": True},
            "The closest was 31% likely the same; 60% is needed.",
        ),
        (
            JOINED,
            (
                "Likely the same (91%): same service (wifi); same site (berlin); "
                "shared words: wlan, floor; close in meaning; 3 min after the last."
            ),
        ),
        (JOINED | {"measures": {}, "words": []}, "Likely the same (91%): 3 min after the last."),
        ({"decision": "staff", "sentence": "Ana moved it here."}, "Ana moved it here."),
    ],
)
def test_each_decision_has_its_sentence(evidence: dict[str, Any], sentence: str) -> None:
    assert render_reason(evidence) == sentence


@given(
    st.sampled_from(["told", "signature", "unread", "open", "join", "staff", None]),
    st.none() | st.floats(0, 1),
    st.lists(st.text(max_size=9), max_size=9),
)
def test_any_evidence_gives_one_line(decision: Any, probability: Any, words: list[str]) -> None:
    evidence = {"decision": decision, "probability": probability, "words": words}
    assert isinstance(render_reason(evidence), str)
