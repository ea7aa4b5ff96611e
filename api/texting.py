"""Texts, put together from the settings: who sends, who hears; and one way in for all providers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from api.settings import Settings
from assistant.desk import Desk
from assistant.texts import TextHearing
from incidents.attachments import AttachmentStore
from incidents.consent import parse_signal
from incidents.jobs_port import Jobs
from incidents.text_inbound import BroughtText, TextBox
from incidents.text_media import TextMedia
from incidents.text_policy import TextPolicy, parse_quiet_hours
from incidents.texting import Texting
from incidents.transports.port import SmsTransport
from incidents.transports.sms_media import TWILIO_STORES, SmsMedia
from models.clock import Clock
from models.database import Database

_TWILIO: Final = "https://api.twilio.com"
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Texts:
    """Sending and hearing; both or neither."""

    sending: Texting
    hearing: TextHearing

    def release_leases(self) -> None:
        """Forget who was at work. Only where this process is alone (SQLite, at start)."""
        self.sending.release_leases()
        self.hearing.box.release_leases()

    def sweep(self, heard_kept: timedelta) -> None:
        """Look for missed wake-ups and for silence; forget what was heard that long ago."""
        box = self.hearing.box
        unheard, unsent = list(box.due_texts()), list(self.sending.due_messages())[:_AT_ONCE]
        if unheard or unsent:
            with box.database.transaction() as session:
                for text_id in unheard:
                    box.jobs.owe_hearing(session, text_id)
                for message_id in unsent:
                    box.jobs.owe_sms(session, message_id)
        self.hearing.hear_silence()
        box.forget_heard(heard_kept)


def build_texts(
    settings: Settings,
    database: Database,
    jobs: Jobs,
    desk: Desk,
    files: AttachmentStore,
    clock: Clock,
    closers: list[Callable[[], None]],
) -> Texts | None:
    """Texts over the provider that the settings name; None where they name none."""
    found = _provider(settings, closers)
    if found is None:
        return None
    transport, media = found
    policy = TextPolicy(quiet=parse_quiet_hours(settings.quiet_hours))
    box = TextBox(database, jobs, clock, policy)
    worker = f"texts-{secrets.token_hex(6)}"
    return Texts(
        Texting(database, jobs, transport, worker, clock, texts=policy),
        TextHearing(box, desk, TextMedia(media, files)),
    )


def hear_brought(
    texts: Texts, brought: BroughtText, *, network_says: str = "", network_helps: bool
) -> None:
    """Take a text that its provider signed: a carrier's word is obeyed now, the rest is kept.

    Args:
        texts: Where it is sent and heard.
        brought: The text.
        network_says: The provider's own reading of a carrier's word.
        network_helps: Whether the provider answers a request for help itself.

    """
    signal = parse_signal(brought.text, network_says=network_says)
    alone = brought.series is None and not brought.media
    no_more = brought.series is None and signal is not None and signal.wanted is False
    if signal is not None and (alone or no_more):
        if signal.wanted is None:
            if not network_helps:
                texts.hearing.owe_help(brought.sender, brought.id)
            return
        if texts.sending.hear_signal(brought.sender, signal, signal_id=brought.id):
            return
    if brought.text.strip() or brought.media:
        texts.hearing.box.record_text(brought)


def _provider(
    settings: Settings, closers: list[Callable[[], None]]
) -> tuple[SmsTransport, SmsMedia] | None:
    if settings.twilio_account_sid and settings.twilio_auth_token is not None:
        from incidents.transports.sms_twilio import TwilioSms

        account = settings.twilio_account_sid
        token = settings.twilio_auth_token.get_secret_value()
        reachable = settings.https or bool(settings.twilio_api_base)
        twilio = TwilioSms(
            account,
            token,
            settings.twilio_from,
            api_base=settings.twilio_api_base or None,
            status_to=f"{settings.base_url}/channels/sms/twilio/status" if reachable else None,
        )
        home = _origin(settings.twilio_api_base or _TWILIO)
        media = SmsMedia(home, account, token, stores=TWILIO_STORES)
        closers += [twilio.close, media.close]
        return twilio, media
    if settings.text_gateway_url and settings.text_gateway_secret is not None:
        from incidents.transports.sms_gateway import GatewaySms

        gateway = GatewaySms(
            settings.text_gateway_url, settings.text_gateway_secret.get_secret_value()
        )
        media = SmsMedia(_origin(settings.text_gateway_url))
        closers += [gateway.close, media.close]
        return gateway, media
    return None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
