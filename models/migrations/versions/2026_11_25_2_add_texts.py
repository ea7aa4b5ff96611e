"""Texts on their way out, and who asked not to get any."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_2"
down_revision = "2026_11_23_1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_thread",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("trying", sa.Uuid(), nullable=True),
        sa.Column("leased_until", models.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("leased_by", sa.String(length=128), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_try_at", models.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_text_thread_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_text_thread")),
    )
    op.create_table(
        "consent_signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "web", "sms", "api", "email", "phone", name="channel", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("signal_id", sa.String(length=128), nullable=False),
        sa.Column("at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_signal")),
        sa.UniqueConstraint(
            "channel", "address", "number", name=op.f("uq_consent_signal_channel_address_number")
        ),
        sa.UniqueConstraint(
            "channel", "signal_id", name=op.f("uq_consent_signal_channel_signal_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("consent_signal")
    op.drop_table("text_thread")
