"""What we owe by SMS goes out in order, each once, whatever the provider does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from incidents.consent import Signal
from incidents.identities import record_identity
from incidents.texting import Texting
from incidents.transports.sms_twilio import TwilioSms
from models.conversation import Conversation, Message
from models.database import Database
from models.ids import ConversationId, MessageId, new_id
from models.vocabulary import Channel, Direction, SendState
from tests.fakes import FakeJobs, StandingClock
from tests.standins.twilio import Twilio, new_sid

PHONE = "+4915112345678"
STOP = Signal(wanted=False, word="STOP", always_silent=True)
START = Signal(wanted=True, word="START", always_silent=True)


@dataclass
class Phone:
    """One person's thread, and the sender of our answers in it."""

    database: Database
    twilio: Twilio
    clock: StandingClock
    texting: Texting
    jobs: FakeJobs
    conversation: ConversationId
    count: int = field(default=0)

    def owe(self, text: str) -> MessageId:
        self.count += 1
        message = Message(
            id=MessageId(new_id()),
            conversation_id=self.conversation,
            number=self.count,
            direction=Direction.OUTBOUND,
            channel=Channel.SMS,
            text=text,
            payload=None,
            buttons=[],
            card=None,
            client_id=None,
            provider_message_id=None,
            reply_to=None,
            outcome=None,
            send_state=SendState.PENDING.value,
            send_reason=None,
            at=self.clock(),
        )
        with self.database.transaction() as session:
            session.add(message)
            self.jobs.owe_sms(session, message.id)
        return message.id

    def row(self, message: MessageId) -> Message:
        with self.database.reading() as session:
            return session.get_one(Message, message)

    def states(self) -> list[str | None]:
        with self.database.reading() as session:
            return list(session.scalars(select(Message.send_state).order_by(Message.number)))

    def another_process(self) -> Texting:
        return Texting(
            self.database, self.jobs, self.texting.transport, worker="other", clock=self.clock
        )


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with Twilio() as found:
        yield found


@contextmanager
def phone_on(database: Database, clock: StandingClock, twilio: Twilio) -> Iterator[Phone]:
    transport = TwilioSms(
        twilio.account_sid,
        twilio.auth_token,
        twilio.number,
        api_base=twilio.url,
        timeout=timedelta(seconds=0.5),
    )
    jobs = FakeJobs()
    conversation = ConversationId(new_id())
    with database.transaction() as session:
        identity = record_identity(session, Channel.SMS, PHONE, now=clock())
        session.add(
            Conversation(
                id=conversation,
                channel=Channel.SMS,
                identity_id=identity.id,
                token_hash=None,
                locale="en",
                time_zone=None,
                context={},
                state={},
                version=1,
                created_at=clock(),
                last_at=clock(),
            )
        )
    texting = Texting(database, jobs, transport, worker="one", clock=clock)
    yield Phone(database, twilio, clock, texting, jobs, conversation)
    transport.close()


@pytest.fixture
def phone(sqlite: Database, clock: StandingClock, twilio: Twilio) -> Iterator[Phone]:
    with phone_on(sqlite, clock, twilio) as found:
        yield found


@pytest.fixture
def anywhere(database: Database, clock: StandingClock, twilio: Twilio) -> Iterator[Phone]:
    """On SQLite, and on PostgreSQL."""
    with phone_on(database, clock, twilio) as found:
        yield found


def test_a_text_is_sent_once_however_often_its_job_wakes(phone: Phone) -> None:
    owed = phone.owe("Noted as RPT-1.")
    assert [phone.texting.send_sms(owed) for _ in range(3)] == [1, 0, 0]
    assert phone.twilio.texts_to(PHONE) == ["Noted as RPT-1."]
    assert phone.row(owed).provider_message_id == phone.twilio.sent[0]["sid"]
    assert phone.states() == [SendState.SENT]


def test_a_conversations_texts_go_out_in_order_whichever_job_wakes_first(phone: Phone) -> None:
    owed = [phone.owe(f"text {number}") for number in range(5)]
    assert phone.texting.send_sms(owed[-1]) == 5
    assert phone.twilio.texts_to(PHONE) == [f"text {number}" for number in range(5)]


def test_many_jobs_at_once_send_each_text_once_and_in_order(anywhere: Phone) -> None:
    owed = [anywhere.owe(f"text {number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(anywhere.texting.send_sms, owed))
    while due := anywhere.texting.due_messages():
        anywhere.texting.send_sms(due[0])
    assert anywhere.twilio.texts_to(PHONE) == [f"text {number}" for number in range(8)]


def test_a_failed_try_is_owed_again_after_a_growing_wait_and_the_next_text_waits(
    phone: Phone,
) -> None:
    phone.twilio.troubles.extend(["503", "429", "slow"])
    first, second = phone.owe("first"), phone.owe("second")
    waits = []
    for _ in range(3):
        assert phone.texting.send_sms(second) == 0
        message, wait = phone.jobs.sms_later[-1]
        assert message == first
        waits.append(wait)
        assert phone.texting.send_sms(first) == 0  # too early: nothing is tried
        assert phone.texting.due_messages() == []
        phone.clock.forward(seconds=wait.total_seconds())
        assert phone.texting.due_messages() == [first]
    assert waits == [timedelta(seconds=1), timedelta(seconds=2), timedelta(seconds=4)]
    assert len(phone.twilio.tries) == 3
    assert phone.row(first).send_reason is not None
    assert phone.texting.send_sms(first) == 2
    assert phone.twilio.texts_to(PHONE) == ["first", "second"]
    assert phone.row(first).send_reason is None


@pytest.mark.parametrize("trouble", ["lost answer", "garbage"])
def test_a_text_that_went_out_without_our_hearing_of_it_is_not_sent_again(
    phone: Phone, trouble: str
) -> None:
    phone.texting.send_sms(phone.owe("Thanks, noted."))
    phone.twilio.troubles.append(trouble)
    owed = phone.owe("Thanks, noted.")  # the same words as the one before
    assert phone.texting.send_sms(owed) == 0
    phone.clock.forward(seconds=2)
    assert phone.texting.send_sms(owed) == 1
    assert len(phone.twilio.sent) == 2
    assert phone.row(owed).provider_message_id == phone.twilio.sent[1]["sid"]


def test_a_process_that_dies_while_sending_is_followed_by_one_that_looks_first(
    anywhere: Phone,
) -> None:
    owed = anywhere.owe("Noted as RPT-1.")
    # What a kill between the provider's answer and our commit leaves behind.
    assert anywhere.texting._claim(anywhere.conversation, "dead") is not None
    sid = anywhere.texting.transport.send(PHONE, "Noted as RPT-1.", unsure=False)
    other = anywhere.another_process()
    assert other.send_sms(owed) == 0  # its lease still stands
    assert other.due_messages() == []
    anywhere.clock.forward(seconds=anywhere.texting.policy.lease.total_seconds())
    assert other.due_messages() == [owed]
    assert other.send_sms(owed) == 1
    assert anywhere.row(owed).provider_message_id == sid
    assert len(anywhere.twilio.sent) == 1


def test_a_restart_alone_on_its_database_does_not_wait_for_its_own_lease(phone: Phone) -> None:
    owed = phone.owe("Noted.")
    assert phone.texting._claim(phone.conversation, "dead") is not None
    phone.texting.release_leases()
    assert phone.texting.due_messages() == [owed]
    assert phone.texting.send_sms(owed) == 1


def test_a_refused_text_is_kept_with_its_reason_and_the_next_one_goes_out(phone: Phone) -> None:
    phone.twilio.troubles.append("21614")
    first, _ = phone.owe("first"), phone.owe("second")
    assert phone.texting.send_sms(first) == 2
    assert phone.states() == [SendState.FAILED, SendState.SENT]
    assert "21614" in (phone.row(first).send_reason or "")
    assert PHONE not in (phone.row(first).send_reason or "")


def test_after_a_day_of_failures_a_text_is_given_up(phone: Phone) -> None:
    phone.twilio.troubles.extend(["503"] * 100)
    owed = phone.owe("first")
    for _ in range(100):
        phone.texting.send_sms(owed)
        if phone.states() == [SendState.FAILED]:
            break
        phone.clock.forward(seconds=phone.jobs.sms_later[-1][1].total_seconds())
    assert phone.states() == [SendState.FAILED]
    assert phone.clock() - phone.row(owed).at >= phone.texting.policy.give_up_after
    assert len(phone.twilio.tries) < 40


def test_stop_withholds_what_is_owed_and_start_allows_what_comes_later(anywhere: Phone) -> None:
    first = anywhere.owe("first")
    assert anywhere.texting.hear_signal(PHONE, STOP, signal_id=new_sid())
    assert anywhere.texting.send_sms(first) == 0
    assert anywhere.texting.hear_signal(PHONE, START, signal_id=new_sid())
    assert anywhere.texting.send_sms(first) == 0
    second = anywhere.owe("second")
    assert anywhere.texting.send_sms(second) == 1
    assert anywhere.states() == [SendState.WITHHELD, SendState.SENT]
    assert anywhere.twilio.texts_to(PHONE) == ["second"]


def test_the_same_word_delivered_many_times_at_once_is_one_signal(anywhere: Phone) -> None:
    sid = new_sid()
    with ThreadPoolExecutor(6) as pool:
        silent = list(
            pool.map(lambda _: anywhere.texting.hear_signal(PHONE, STOP, signal_id=sid), range(6))
        )
    assert silent == [True] * 6
    assert anywhere.texting.hear_signal(PHONE, START, signal_id=new_sid())
    assert anywhere.texting.hear_signal(PHONE, STOP, signal_id=sid)
    assert anywhere.texting.send_sms(anywhere.owe("first")) == 1


def test_an_unknown_message_owes_nothing(phone: Phone) -> None:
    assert phone.texting.send_sms(MessageId(new_id())) == 0


class Counting:
    """Takes every text, and remembers to whom."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def send(
        self, to: str, text: str, *, unsure: bool, known: Collection[str] = (), key: str = ""
    ) -> str:
        self.taken.append(to)
        return new_sid()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(["stop", "start", "again stop", "owe", "wake"]), max_size=14))
def test_nothing_is_sent_while_the_last_word_was_stop(phone: Phone, steps: list[str]) -> None:
    transport = Counting()
    texting = Texting(phone.database, phone.jobs, transport, worker="one", clock=phone.clock)
    assert texting.hear_signal(PHONE, START, signal_id=new_sid())
    wanted, last = True, ""
    owed: list[MessageId] = []
    for step in steps:
        before = len(transport.taken)
        if step == "owe":
            owed.append(phone.owe("text"))
        elif step == "stop":
            last, wanted = new_sid(), False
            texting.hear_signal(PHONE, STOP, signal_id=last)
        elif step == "again stop" and last:  # a repeated call: it says nothing new
            texting.hear_signal(PHONE, STOP, signal_id=last)
        elif step == "start":
            texting.hear_signal(PHONE, START, signal_id=new_sid())
            wanted = True
        elif step == "wake" and owed:
            texting.send_sms(owed[-1])
        assert wanted or len(transport.taken) == before
