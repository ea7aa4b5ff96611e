"""Pictures that come with a text: all of them are kept, or it is said which were not."""

from __future__ import annotations

import io
from datetime import timedelta

import httpx
import pytest
from PIL import Image
from sqlalchemy import select
from starlette.testclient import TestClient

from api.wiring import Installation
from incidents.transports.port import TransportError
from incidents.transports.sms_media import TWILIO_STORES, SmsMedia
from models.report import Attachment, Report, ReportAddition
from models.texting import TextInbound
from tests.fakes import StandingClock
from tests.integration.sms_fixtures import (
    OUTAGE,
    PHONE,
    PUBLIC,
    client,
    hear_later,
    hear_owed,
    house,
    inbound,
    send_owed,
    twilio,
)
from tests.standins.twilio import Twilio

__all__ = ["client", "house", "twilio"]


def picture(colour: str = "red") -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(kept, "PNG")
    return kept.getvalue()


def files(house: Installation) -> list[tuple[Attachment, str | None]]:
    with house.database.reading() as session:
        return [
            (file, reference)
            for file, reference in session.execute(
                select(Attachment, Report.reference)
                .outerjoin(Report, Report.id == Attachment.report_id)
                .order_by(Attachment.at, Attachment.id)
            )
        ]


def send(
    twilio: Twilio, client: TestClient, text: str, *media: tuple[str, str], sid: str | None = None
) -> None:
    fields = twilio.media_fields(media)
    answer = twilio.deliver(PHONE, text, to=client, public=PUBLIC, sid=sid, **fields)
    assert answer.status_code == 200


def test_every_picture_of_a_text_is_fetched_with_the_account_and_belongs_to_the_report(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    media = [(twilio.add_media(picture(one)), "image/png") for one in ("red", "green", "blue")]
    send(twilio, client, OUTAGE, *media)
    send_owed(house)
    kept = files(house)
    assert len(kept) == 3
    assert len({reference for _, reference in kept}) == 1
    assert kept[0][1] is not None
    assert len(twilio.sent) == 1


def test_a_picture_without_words_waits_for_them_and_one_after_the_report_is_added_to_it(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    send(twilio, client, "", (twilio.add_media(picture()), "image/png"))
    send_owed(house)
    assert files(house)[0][1] is None
    send(twilio, client, OUTAGE)
    send_owed(house)
    (first,) = files(house)
    assert first[1] is not None
    send(twilio, client, " ", (twilio.add_media(picture("blue")), "image/png"))
    send_owed(house)
    assert [reference for _, reference in files(house)] == [first[1]] * 2
    assert "added" in twilio.texts_to(PHONE)[-1]


def test_who_sends_only_a_picture_and_then_nothing_has_reported_it_after_a_while(
    client: TestClient, house: Installation, twilio: Twilio, clock: StandingClock
) -> None:
    send(twilio, client, "", (twilio.add_media(picture()), "image/png"))
    send_owed(house)
    assert house.texts is not None
    clock.forward(minutes=29)
    assert house.texts.hearing.hear_silence() == 0
    clock.forward(minutes=2)
    assert house.texts.hearing.hear_silence() == 1
    assert house.texts.hearing.hear_silence() == 0
    assert files(house)[0][1] is not None


def test_a_picture_that_is_not_there_yet_is_had_a_moment_later_and_the_report_waits(
    client: TestClient, house: Installation, twilio: Twilio, clock: StandingClock
) -> None:
    twilio.media_troubles.extend(["404", "503"])
    send(twilio, client, OUTAGE, (twilio.add_media(picture()), "image/png"))
    assert inbound(house) == 0
    hear_later(house, clock)
    send_owed(house)
    ((file, reference),) = files(house)
    assert (file.media_type, reference is not None) == ("image/png", True)
    assert len(twilio.media_asked) == 3
    assert len(twilio.sent) == 1


def test_a_picture_that_never_comes_is_said_to_the_person_and_to_staff_and_the_rest_is_kept(
    client: TestClient, house: Installation, twilio: Twilio, clock: StandingClock
) -> None:
    twilio.media_troubles.extend(["503"] * 40)
    url = twilio.add_media(picture())
    send(twilio, client, OUTAGE, (url, "image/png"))
    hear_owed(house)
    hear_later(house, clock)
    send_owed(house)
    assert inbound(house) == 1
    recorded, lost = twilio.texts_to(PHONE)
    assert "RPT-" in recorded
    assert "could not keep 1 of 1 files" in lost
    with house.database.reading() as session:
        (addition,) = session.scalars(select(ReportAddition)).all()
    assert addition.kind == "file_lost"
    assert "503" in addition.text


@pytest.mark.parametrize(
    ("content", "media_type", "why"),
    [
        (b"BEGIN:VCARD", "text/x-vcard", "kind"),
        (b"<html>no picture</html>", "image/png", "."),
        (b"", "image/png", "empty"),
    ],
)
def test_what_is_not_taken_is_said_and_what_came_with_it_is_kept(
    client: TestClient,
    house: Installation,
    twilio: Twilio,
    content: bytes,
    media_type: str,
    why: str,
) -> None:
    good = (twilio.add_media(picture()), "image/png")
    send(twilio, client, OUTAGE, (twilio.add_media(content, media_type), media_type), good)
    send_owed(house)
    assert len(files(house)) == 1
    lost = twilio.texts_to(PHONE)[-1]
    assert "1 of 2 files" in lost
    assert why in lost


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/latest/meta-data",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://api.twilio.com.evil.example/x",
        "https://media.twiliocdn.com@evil.example/x",
        "http://media.twiliocdn.com/x",
        "https://s3-external-1.amazonaws.com/another-bucket/x",
        "https://s3-external-1.amazonaws.com/media.twiliocdn.com/../another-bucket/x",
        "https://[",
    ],
)
def test_a_file_is_had_from_the_provider_and_from_nowhere_else(
    client: TestClient, house: Installation, twilio: Twilio, url: str
) -> None:
    send(twilio, client, OUTAGE, (url, "image/png"))
    send_owed(house)
    assert inbound(house) == 1
    assert files(house) == []
    assert "could not keep" in twilio.texts_to(PHONE)[-1]


def test_stop_is_obeyed_with_a_picture_beside_it(
    client: TestClient, house: Installation, twilio: Twilio
) -> None:
    send(twilio, client, "STOP", (twilio.add_media(picture()), "image/png"))
    send(twilio, client, OUTAGE)
    send_owed(house)
    assert (inbound(house), twilio.tries) == (1, [])


def test_a_file_over_the_limit_is_not_read_to_its_end(twilio: Twilio) -> None:
    media = SmsMedia(twilio.url, twilio.account_sid, twilio.auth_token)
    url = twilio.add_media(b"x" * 5000)
    assert len(media.fetch(url, most=5000)) == 5000
    with pytest.raises(TransportError, match="larger") as failure:
        media.fetch(url, most=4999)
    media.close()
    assert failure.value.permanent


def test_the_accounts_secret_does_not_follow_a_redirect_to_a_strange_host(twilio: Twilio) -> None:
    stranger = SmsMedia("http://127.0.0.1:9", "user", "secret", timeout=timedelta(seconds=1))
    with pytest.raises(TransportError, match="keeps its files"):
        stranger.fetch(twilio.add_media(picture()), most=100_000)
    stranger.close()
    assert twilio.media_asked == []


def test_a_provider_may_send_us_on_to_its_stores_where_the_secret_stays_behind() -> None:
    asked: list[tuple[str, bool]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), "authorization" in request.headers))
        if request.url.host == "api.twilio.com":
            return httpx.Response(307, headers={"location": "https://mms.twiliocdn.com/a?sig=1"})
        return httpx.Response(200, content=b"picture")

    client = httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=False)
    media = SmsMedia("https://api.twilio.com", "AC1", "secret", stores=TWILIO_STORES, client=client)
    assert media.fetch("https://api.twilio.com/2010-04-01/Media/ME1", most=100) == b"picture"
    media.close()
    assert asked == [
        ("https://api.twilio.com/2010-04-01/Media/ME1", True),
        ("https://mms.twiliocdn.com/a?sig=1", False),
    ]


def test_a_job_that_dies_after_the_turn_answers_once_and_keeps_each_file_once(
    client: TestClient, house: Installation, twilio: Twilio, clock: StandingClock
) -> None:
    send(twilio, client, OUTAGE, (twilio.add_media(picture()), "image/png"))
    assert house.texts is not None
    hearing = house.texts.hearing
    taken = hearing.box.take_next(PHONE)
    assert taken is not None
    assert hearing.media is not None
    hearing.media.fetch(hearing.desk.thread_of(PHONE), [one for _, _, one in taken.media])
    assert hearing.box.take_next(PHONE) is None  # somebody else holds it
    clock.forward(seconds=121)
    with house.database.reading() as session:
        (row,) = session.scalars(select(TextInbound)).all()
    assert hearing.box.due_texts() == [row.id]
    send_owed(house)
    assert (inbound(house), len(files(house)), len(twilio.sent)) == (1, 1, 1)
