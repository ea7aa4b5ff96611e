"""Sending through Twilio's own library to a stand-in on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from incidents.transports.port import OptedOutError, TransportError
from incidents.transports.sms_twilio import TwilioSms
from tests.standins.twilio import Twilio

PHONE = "+4915112345678"


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    with Twilio() as found:
        yield found


@pytest.fixture
def sms(twilio: Twilio) -> Iterator[TwilioSms]:
    found = TwilioSms(
        twilio.account_sid,
        twilio.auth_token,
        twilio.number,
        api_base=twilio.url,
        timeout=timedelta(seconds=0.5),
    )
    yield found
    found.close()


def test_a_text_arrives_with_our_number_and_plain_signs(sms: TwilioSms, twilio: Twilio) -> None:
    sid = sms.send(PHONE, "Noted \u2013 it\u2019s RPT-7K2F4Q-M", unsure=False)
    (sent,) = twilio.sent
    assert sent["sid"] == sid
    assert sent["from"] == twilio.number
    assert sent["body"] == "Noted - it's RPT-7K2F4Q-M"
    assert twilio.looks == []


@pytest.mark.parametrize(
    "trouble", ["500", "503", "429", "slow", "lost answer", "garbage", "21611"]
)
def test_what_may_pass_is_tried_again_later(sms: TwilioSms, twilio: Twilio, trouble: str) -> None:
    twilio.troubles.append(trouble)
    with pytest.raises(TransportError) as failure:
        sms.send(PHONE, "Noted", unsure=False)
    assert not failure.value.permanent


@pytest.mark.parametrize("number", ["21211", "21614", "21408", "63999"])
def test_what_more_tries_cannot_change_is_given_up_with_its_reason(
    sms: TwilioSms, twilio: Twilio, number: str
) -> None:
    twilio.troubles.append(number)
    with pytest.raises(TransportError) as failure:
        sms.send(PHONE, "Noted", unsure=False)
    assert failure.value.permanent
    assert number in str(failure.value)
    assert "4915112345678" not in str(failure.value)


def test_refused_credentials_are_not_the_texts_fault(twilio: Twilio) -> None:
    other = TwilioSms(twilio.account_sid, "wrong", twilio.number, api_base=twilio.url)
    with pytest.raises(TransportError, match="MUSTER_TWILIO_AUTH_TOKEN") as failure:
        other.send(PHONE, "Noted", unsure=False)
    other.close()
    assert not failure.value.permanent


def test_a_number_that_opted_out_is_told_apart(sms: TwilioSms, twilio: Twilio) -> None:
    twilio.opted_out.add(PHONE)
    with pytest.raises(OptedOutError):
        sms.send(PHONE, "Noted", unsure=False)


def test_a_text_whose_answer_was_lost_is_found_and_not_sent_twice(
    sms: TwilioSms, twilio: Twilio
) -> None:
    twilio.troubles.append("lost answer")
    with pytest.raises(TransportError):
        sms.send(PHONE, "Noted \u2013 RPT-1", unsure=False)
    assert sms.send(PHONE, "Noted \u2013 RPT-1", unsure=True) == twilio.sent[0]["sid"]
    assert len(twilio.sent) == 1


def test_the_same_words_of_an_earlier_message_are_not_taken_for_this_one(
    sms: TwilioSms, twilio: Twilio
) -> None:
    first = sms.send(PHONE, "Thanks, noted.", unsure=False)
    second = sms.send(PHONE, "Thanks, noted.", unsure=True, known={first})
    assert second != first
    assert len(twilio.sent) == 2


def test_nothing_is_sent_while_it_is_unknown_whether_it_went_out(
    sms: TwilioSms, twilio: Twilio
) -> None:
    twilio.list_troubles.append("503")
    with pytest.raises(TransportError) as failure:
        sms.send(PHONE, "Noted", unsure=True)
    assert not failure.value.permanent
    assert twilio.sent == []


def test_a_long_text_goes_out_whole(sms: TwilioSms, twilio: Twilio) -> None:
    sms.send(PHONE, "x" * 200, unsure=False)
    assert twilio.texts_to(PHONE) == ["x" * 200]
    assert twilio.sent[0]["num_segments"] == "2"
