"""Twilio, as far as we use it: the stand-in that operators rehearse with."""

from __future__ import annotations

from incidents.transports.sms_standin import PATH, Twilio, new_sid

__all__ = ["PATH", "Twilio", "new_sid"]
