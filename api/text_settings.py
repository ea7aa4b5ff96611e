"""The settings of texts, and which of them fit together."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from incidents.text_policy import parse_quiet_hours

_SHORTEST: Final = 32


class TextSettings(BaseSettings):
    """One way for texts, or none."""

    twilio_account_sid: str = Field(default="", description="Twilio account; turns SMS on.")
    twilio_auth_token: SecretStr | None = Field(
        default=None, description="Twilio's token: verifies what comes in, signs in for sending."
    )
    twilio_from: str = Field(default="", description="The number that texts come from, E.164.")
    twilio_api_base: str = Field(
        default="", description="Address of a stand-in for Twilio's API, for rehearsals."
    )
    text_gateway_url: str = Field(
        default="",
        description="Where texts are posted to a gateway of your own, instead of Twilio.",
    )
    text_gateway_secret: SecretStr | None = Field(
        default=None, description="Signs what goes to that gateway and comes from it: `whsec_...`."
    )
    quiet_hours: str = Field(
        default="22:00-07:00",
        description="When updates by text wait, by the clock of the person's site; where that is "
        "not known, of the zone named here (`22:00-07:00 Europe/Berlin`). Answers do not wait. "
        "`off` for never.",
    )

    @field_validator("quiet_hours")
    @classmethod
    def _are_hours(cls, value: str) -> str:
        parse_quiet_hours(value)
        return value

    def check_texts(self) -> None:
        """One way for texts, whole.

        Raises:
            ValueError: Something is missing, or there are two ways.

        """
        if self.twilio_account_sid and not (self.twilio_auth_token and self.twilio_from):
            msg = "MUSTER_TWILIO_ACCOUNT_SID needs MUSTER_TWILIO_AUTH_TOKEN and MUSTER_TWILIO_FROM"
            raise ValueError(msg)
        if self.twilio_auth_token and not self.twilio_account_sid:
            msg = "MUSTER_TWILIO_AUTH_TOKEN needs MUSTER_TWILIO_ACCOUNT_SID"
            raise ValueError(msg)
        if self.twilio_account_sid and self.text_gateway_url:
            msg = (
                "MUSTER_TWILIO_ACCOUNT_SID and MUSTER_TEXT_GATEWAY_URL: an answer must come from "
                "the number that was texted; name one of them"
            )
            raise ValueError(msg)
        self._check_gateway()

    def _check_gateway(self) -> None:
        secret = self.text_gateway_secret
        if bool(self.text_gateway_url) != (secret is not None):
            msg = "MUSTER_TEXT_GATEWAY_URL and MUSTER_TEXT_GATEWAY_SECRET need each other"
            raise ValueError(msg)
        if secret is None:
            return
        if urlsplit(self.text_gateway_url).scheme not in {"http", "https"}:
            msg = "MUSTER_TEXT_GATEWAY_URL must be an http or https address"
            raise ValueError(msg)
        value = secret.get_secret_value()
        if not value.startswith("whsec_") or len(value) < _SHORTEST:
            msg = "MUSTER_TEXT_GATEWAY_SECRET must be whsec_ and 24 to 64 random bytes in base64"
            raise ValueError(msg)
