"""The settings of hand-offs: how long people wait for people, and what they are told of them."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings

from incidents.handoffs import HandoffPolicy, StaffShown


class HandoffSettings(BaseSettings):
    """Everything has a default."""

    handoff_minutes: int = Field(
        default=15,
        ge=1,
        le=24 * 60,
        description="After so many minutes a person who asked for a person is told that nobody was "
        "free, and one who waits for the member of staff who took over gets the assistant back.",
    )
    staff_shown: StaffShown = Field(
        default=StaffShown.FIRST_NAME,
        description="What people are told of the member of staff who writes to them: `first_name`, "
        "`name`, or `nobody`.",
    )

    def handoff_policy(self) -> HandoffPolicy:
        """As the domain takes it."""
        wait = timedelta(minutes=self.handoff_minutes)
        return HandoffPolicy(patience=wait, silence=wait, shown=self.staff_shown)
