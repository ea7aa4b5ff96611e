"""Of a log, the few lines that say what went wrong; and never more work than its bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.log_exceptions import find_exceptions
from classifier.log_reading import LogPolicy, find_told, read_log
from classifier.log_templates import MAX_LINE
from classifier.signatures import SignatureKind, kind_of, shown

JAVA = """2026-11-25 09:13:11,001 ERROR [exec-7] c.a.o.OrderService - Connection to db-prod-01.corp refused
java.sql.SQLRecoverableException: IO Error: The Network Adapter could not establish the connection
\tat oracle.jdbc.driver.T4CConnection.logon(T4CConnection.java:743)
\tat com.acme.order.OrderDao.load(OrderDao.java:88)
Caused by: oracle.net.ns.NetException: ORA-12170: TNS:Connect timeout occurred
\tat oracle.net.ns.NSProtocol.connect(NSProtocol.java:12)
"""
PYTHON = """Traceback (most recent call last):
  File "/opt/app/billing/run.py", line 33, in main
    total = invoice.sum()
  File "/usr/lib/python3.11/site-packages/requests/adapters.py", line 519, in send
    raise ConnectionError(e, request=request)
requests.exceptions.ConnectionError: Max retries exceeded with url: /v1/charge/88123
"""
DOTNET = """System.Data.SqlClient.SqlException (0x80131904): Timeout expired.
   at System.Data.SqlClient.SqlConnection.OnError(SqlException exception)
   at Contoso.Sales.OrderRepo.Load(Int32 id) in C:\\src\\Sales\\OrderRepo.cs:line 88
"""
NODE = """Error: connect ECONNREFUSED 10.0.3.7:5432
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1494:16)
    at async loadCart (/srv/shop/src/cart.js:22:13)
"""
GO = """panic: runtime error: invalid memory address or nil pointer dereference

goroutine 1 [running]:
runtime.gopanic(0x1234)
\t/usr/local/go/src/runtime/panic.go:838
main.(*Server).handleOrder(0xc000010000)
\t/home/ana/src/shop/main.go:17 +0x1d
"""
HOSTILE = [
    "ERROR a", "ERROR \n", "GET /aaaa ", "GET /a?a", "a.", "a.b\\", "A_", "Aa.Error", "AError: ",
    '"a ', "'", "at a.b(", "error: ", "1.", "1:", "0x", "-", "/a", "a@", "(", "[", "<", "\x00",
    "failed ", "Caused by: XException: failed\n", "“a ", "user ", "a'b", ":\\", "2026-",
]  # fmt: skip


@pytest.mark.parametrize(
    ("log", "signs"),
    [
        (
            JAVA,
            {
                "exception:NetException: tns connect timeout occurred",
                "exception:SQLRecoverableException at com.acme.order.OrderDao.load",
                "code:ORA-12170",
                "host:db-prod-01",
            },
        ),
        (
            PYTHON,
            {
                "exception:ConnectionError: max retries exceeded with url",
                "exception:ConnectionError at run.main",
            },
        ),
        (DOTNET, {"exception:SqlException at Contoso.Sales.OrderRepo.Load", "code:0x80131904"}),
        (NODE, {"exception:Error at cart.loadCart", "code:ECONNREFUSED"}),
        (GO, {"exception:panic at main.(*Server).handleOrder"}),
    ],
)
def test_exceptions_of_many_languages_are_told_by_class_message_and_own_function(
    log: str, signs: set[str]
) -> None:
    assert signs <= set(read_log(log))


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        (
            '10.1.1.1 - - "GET /api/v1/orders/8812?x=1 HTTP/1.1" 503 197',
            "http 503 /api/v1/orders/<id>",
        ),
        ("502 Bad Gateway", "error 502"),
        ("Event ID: 36874", "event 36874"),
        ("Short dump DBIF_RSQL_SQL_ERROR failed", "DBIF_RSQL_SQL_ERROR"),
        ("failed: Message no. VL150", "sap VL 150"),
        ("%LINK-3-UPDOWN: line lost", "%LINK-3-UPDOWN"),
        ("failed with -2147024891", "0x80070005"),
        ("550 5.7.1 relaying denied", "smtp 550 5.7.1"),
        ("failed SQLSTATE[HY000]", "sqlstate HY000"),
        ("net::ERR_CERT_DATE_INVALID failed", "ERR_CERT_DATE_INVALID"),
        ("Msg 18456, Level 14: Login failed", "msg 18456"),
        ("printer error 49.4C02", "error 49.4C02"),
        ("pod x CrashLoopBackOff", "CrashLoopBackOff"),
        ("open failed: errno ENOSPC", "ENOSPC"),
    ],
)
def test_codes_of_many_vendors_are_known(line: str, sign: str) -> None:
    assert f"code:{sign}" in read_log(line)


@pytest.mark.parametrize(
    "text",
    ["DO_NOT_REPLY to this mail", "SYSTEM_TIME_ZONE is set", "call me at 555 0199", "JIRA-123"],
)
def test_what_only_looks_like_a_code_is_none(text: str) -> None:
    assert list(find_told(text)) == []
    assert read_log(text) == ()


def test_a_long_log_gives_few_signatures_the_worst_first_and_never_that_all_is_well() -> None:
    lines = [
        f"2026-11-25 10:00:{n % 60:02} INFO request {n} of job alpha served well"
        for n in range(450)
    ]
    lines += [f"2026-11-25 10:01:00 WARN cache of shard beta is cold again {n}" for n in range(40)]
    lines += ["2026-11-25 10:02:00 ERROR ledger refused the posting of batch 7"]
    lines += [f"2026-11-25 10:03:00 ERROR queue gamma overflowed at {n}" for n in range(20)]
    signs = read_log("\n".join(lines))
    assert len(signs) <= LogPolicy().most
    assert [shown(one) for one in signs if kind_of(one) is SignatureKind.TEMPLATE] == [
        "ledger refused the posting of batch",
        "queue gamma overflowed at",
        "cache of shard beta is cold again",
    ]


def test_no_log_gives_more_than_its_share() -> None:
    words = ["north", "south", "east", "west", "up", "down", "left", "right", "near", "far"]
    log = "\n".join(
        f"ERROR {a} {b} failed with E{n}{a.title()}Exception: x\nERROR 0x8007{n:04X} on srv-{a}-{n}: {a} {b} {c} lost"
        for n, (a, b, c) in enumerate(zip(words, words[1:], words[2:], strict=False))
    )
    assert len(read_log(log)) <= LogPolicy().most


def test_what_a_person_quotes_from_a_screen_is_found_with_its_place() -> None:
    text = 'After lunch it said "Allocation ledger rejected batch 17: quorum lost" and froze.'
    (told,) = find_told(text)
    assert text[told.start : told.end] == "Allocation ledger rejected batch 17: quorum lost"
    assert told.value == "allocation ledger rejected batch <*> quorum lost"


@pytest.mark.parametrize(
    "text",
    [
        "the wifi failed again and nobody can work, please help us soon",
        'she said "please come over and have a look" to me',
        "ERROR in my head",
    ],
)
def test_a_persons_own_words_are_no_log_line(text: str) -> None:
    assert list(find_told(text)) == []


def test_where_the_exception_stands_is_quoted_exactly() -> None:
    text = "I get this:\nCaused by: oracle.net.ns.NetException: listener gave up\nand then nothing"
    (told,) = find_told(text)
    assert told.kind is SignatureKind.EXCEPTION
    assert told.value == "NetException: listener gave up"
    assert text[told.start : told.end].startswith("NetException")


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_million_characters_in_one_line_cost_what_its_beginning_costs(piece: str) -> None:
    """A pattern that were not linear would not come back from here before the tests' timeout."""
    line = (piece.replace("\n", " ") * 1_000_000)[:1_000_000]
    assert read_log(line) == read_log(line[:MAX_LINE])
    assert list(find_told(line)) == list(find_told(line[:MAX_LINE]))


@pytest.mark.parametrize("piece", HOSTILE)
def test_five_megabytes_of_anything_cost_what_the_bounds_allow(piece: str) -> None:
    bounds = LogPolicy(head=2_000, tail=6_000, lines=10)
    line = ("ERROR failed " + piece.replace("\n", " ") * 60)[:900] + "\n"
    text = line * (5 * 1_048_576 // len(line))
    cut = text[: bounds.head] + "\n" + text[-bounds.tail :]
    assert read_log(text, bounds) == read_log(cut, bounds)


LOGS = st.lists(
    st.one_of(
        st.text(max_size=80), st.sampled_from([*HOSTILE, *JAVA.splitlines(), *GO.splitlines()])
    ),
    max_size=30,
).map("\n".join)


@settings(max_examples=150, deadline=None)
@given(text=LOGS)
def test_any_log_is_read_and_gives_the_same_twice(text: str) -> None:
    signs = read_log(text)
    assert signs == read_log(text)
    assert len(set(signs)) == len(signs) <= LogPolicy().most


@settings(max_examples=150, deadline=None)
@given(text=LOGS)
def test_what_is_told_lies_in_the_text(text: str) -> None:
    assert all(0 <= one.start < one.end <= len(text) for one in find_told(text))
    assert all(0 <= one.line < len(text.splitlines()) for one in find_exceptions(text.splitlines()))
