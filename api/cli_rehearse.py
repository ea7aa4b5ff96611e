"""`muster rehearse-sms`: a stand-in for Twilio on this machine, and you are the phones."""

from __future__ import annotations

import argparse
import mimetypes
import random
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.settings import BadSettingsError, resolve_settings
from incidents.text_inbound import E164

if TYPE_CHECKING:
    from incidents.transports.sms_standin import Twilio

_PHONE: Final = "+4930901820"
_PORT: Final = 8025
_ACCOUNT: Final = "AC" + "5" * 32
_TOKEN: Final = "rehearsal"  # noqa: S105 - of nobody's account
_NUMBER: Final = "+15005550006"
_WAYS: Final = ("sent", "delivered")


def add_commands(commands: Any) -> None:
    rehearse = commands.add_parser(
        "rehearse-sms", help="a stand-in for Twilio: type texts, read the answers"
    )
    rehearse.add_argument("--port", type=int, default=_PORT, help="where the stand-in listens")
    rehearse.add_argument("--server", help="where it listens (MUSTER_PUBLIC_BASE_URL)")
    for name, what in (
        ("duplicate", "share of texts that are delivered twice"),
        ("reorder", "share of texts that are delivered after the next one"),
        ("forge", "share of texts that are delivered a second time by a forger"),
        ("errors", "share of answers that the stand-in refuses with 429 or 503"),
    ):
        rehearse.add_argument(f"--{name}", type=float, default=0.0, metavar="SHARE", help=what)
    rehearse.add_argument(
        "--delay", type=float, default=0.0, metavar="SECONDS", help="before a text is delivered"
    )
    rehearse.set_defaults(run=_rehearse)


def _rehearse(chosen: argparse.Namespace) -> None:
    from incidents.transports.sms_standin import Twilio

    settings = resolve_settings()
    token = settings.twilio_auth_token
    twilio = Twilio(
        account_sid=settings.twilio_account_sid or _ACCOUNT,
        auth_token=token.get_secret_value() if token else _TOKEN,
        number=settings.twilio_from or _NUMBER,
        port=chosen.port,
    )
    public = settings.base_url
    with _listening(twilio):
        sys.stdout.write(render_intro(twilio, public))
        line = Line(twilio, (chosen.server or public).rstrip("/"), public, chosen)
        listener = threading.Thread(target=line.tell_answers, daemon=True)
        listener.start()
        for said in sys.stdin:
            line.say(said.rstrip("\n"))
        line.finish()


def _listening(twilio: Twilio) -> Twilio:
    try:
        return twilio.start()
    except OSError as error:
        raise BadSettingsError(
            f"Port {twilio.port} is taken ({error.strerror}). Name another: --port 8026."
        ) from error


def render_intro(twilio: Twilio, public: str) -> str:
    """What to set for the server, and what to type."""
    return (
        "Start the server with these, in another terminal:\n\n"
        f"  MUSTER_TWILIO_ACCOUNT_SID={twilio.account_sid} \\\n"
        f"  MUSTER_TWILIO_AUTH_TOKEN={twilio.auth_token} \\\n"
        f"  MUSTER_TWILIO_FROM={twilio.number} \\\n"
        f"  MUSTER_TWILIO_API_BASE={twilio.url} muster demo\n\n"
        f"Texts go to {public}. Type: [+NUMBER] WORDS [@FILE ...]; end with Ctrl-D.\n"
    )


@dataclass
class Line:
    """Between the keyboard and the server, with the faults that were asked for."""

    twilio: Twilio
    server: str
    public: str
    faults: argparse.Namespace
    seed: int = 0
    held: list[dict[str, str]] = field(default_factory=list)
    told: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - which fault comes when
        self._timers: list[threading.Timer] = []
        self._ended = threading.Event()

    def say(self, typed: str) -> None:
        """Deliver what was typed, in its turn."""
        if not typed.strip():
            return
        try:
            form = self._form(typed)
        except OSError as error:
            sys.stderr.write(f"{error.filename}: {error.strerror}\n")
            return
        if self.chance.random() < self.faults.errors:
            self.twilio.troubles.append(self.chance.choice(["429", "503"]))
        if self.chance.random() < self.faults.reorder:
            self.held.append(form)
            return
        waiting, self.held = self.held, []
        for one in (form, *waiting):
            self._deliver_after(one)

    def finish(self) -> None:
        """Deliver what is held back still, and wait for it."""
        for one in self.held:
            self._deliver_after(one)
        for timer in self._timers:
            timer.join()
        self._ended.wait(1.0)  # answers under way are worth a moment
        self._ended.set()

    def tell_answers(self) -> None:
        """Write each answer as it is taken, and say how far it came."""
        while not self._ended.is_set():
            try:
                self.twilio.wait_for(self.told + 1, within=0.5)
            except TimeoutError:
                continue
            one = self.twilio.sent[self.told]
            self.told += 1
            count = one["num_segments"]
            sys.stdout.write(f"  to {one['to']} ({count} segment): {one['body']}\n")
            sys.stdout.flush()
            for status in _WAYS:
                self._post_status(one["sid"], status)

    def _form(self, typed: str) -> dict[str, str]:
        words = typed.split()
        sender = words.pop(0) if E164.fullmatch(words[0]) else _PHONE
        files = [self._file(Path(one[1:])) for one in words if one.startswith("@")]
        text = " ".join(one for one in words if not one.startswith("@"))
        more = self.twilio.media_fields(files) if files else {}
        return self.twilio.form(sender, text, **more)

    def _file(self, path: Path) -> tuple[str, str]:
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return self.twilio.add_media(path.read_bytes(), kind), kind

    def _deliver_after(self, form: dict[str, str]) -> None:
        timer = threading.Timer(self.faults.delay, self._deliver, (form,))
        self._timers.append(timer)
        timer.start()

    def _deliver(self, form: dict[str, str]) -> None:
        times = 2 if self.chance.random() < self.faults.duplicate else 1
        status = self._post(form, times=times)
        sys.stdout.write(f"  from {form['From']}: answered {status}\n")
        if self.chance.random() < self.faults.forge:
            forged = {**form, "Body": f"{form['Body']} (forged)"}
            headers = self.twilio.sign(form, self.public)
            sys.stdout.write(f"  forged: answered {self._post(forged, headers=headers)}\n")
        sys.stdout.flush()

    def _post(
        self, form: dict[str, str], *, times: int = 1, headers: dict[str, str] | None = None
    ) -> str:
        import httpx

        try:
            return str(
                self.twilio.post(
                    form, to=self.server, public=self.public, times=times, headers=headers
                ).status_code
            )
        except httpx.HTTPError as error:
            return f"nothing ({type(error).__name__}); is the server up?"

    def _post_status(self, sid: str, status: str) -> None:
        import httpx

        try:
            self.twilio.tell_status(sid, status, to=self.server, public=self.public)
        except httpx.HTTPError:
            sys.stderr.write(f"The server did not take the status {status}.\n")
