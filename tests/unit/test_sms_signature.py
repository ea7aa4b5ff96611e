"""Whether a call came from Twilio: signed by its library, checked by its library."""

from __future__ import annotations

import pytest
from starlette.datastructures import ImmutableMultiDict

from incidents.transports.sms_twilio import signature_fits
from tests.standins.twilio import PATH, Twilio

PUBLIC = "https://muster.example.org"


def fits(
    form: dict[str, str], headers: dict[str, str], *, token: str, url: str = PUBLIC + PATH
) -> bool:
    return signature_fits(
        token,
        url,
        ImmutableMultiDict(form),
        signature=headers["x-twilio-signature"],
        settings=headers.get("x-twilio-webhooks-signature-settings", ""),
    )


@pytest.mark.parametrize("algorithm", [None, "HMAC_SHA1", "HMAC_SHA256"])
@pytest.mark.parametrize("text", ["wifi down", "", "a+b & c=d %20", "kein WLAN \u2013 Büro 😀"])
def test_a_rightly_signed_call_is_believed(algorithm: str | None, text: str) -> None:
    twilio = Twilio()
    form = twilio.form("+4930111", text)
    headers = twilio.sign(form, PUBLIC, algorithm=algorithm)
    assert fits(form, headers, token=twilio.auth_token)


def test_a_call_is_not_believed_with_other_words_url_token_or_algorithm() -> None:
    twilio = Twilio()
    form = twilio.form("+4930111", "wifi down")
    headers = twilio.sign(form, PUBLIC)
    token = twilio.auth_token
    assert not fits({**form, "Body": "wifi up"}, headers, token=token)
    assert not fits({**form, "Extra": "field"}, headers, token=token)
    assert not fits(form, headers, token="another token")
    assert not fits(form, headers, token=token, url="http://10.0.0.7:8000" + PATH)
    assert not fits(form, {**headers, "x-twilio-signature": ""}, token=token)
    assert not fits(form, {**headers, "x-twilio-signature": "ü" * 28}, token=token)
    for named in ("algorithm=HMAC_SHA256", "algorithm=NONE", "algorithm=md5"):
        settings = {"x-twilio-webhooks-signature-settings": named}
        assert not fits(form, {**headers, **settings}, token=token)


def test_a_port_in_the_public_address_makes_no_difference() -> None:
    twilio = Twilio()
    form = twilio.form("+4930111", "wifi down")
    headers = twilio.sign(form, PUBLIC + ":443")
    assert fits(form, headers, token=twilio.auth_token)
