"""Texts are kept until they are heard; how far ours came; quiet hours and silence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_9"
down_revision = "2026_11_25_8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = models.base.UtcDateTime(timezone=True)
    with op.batch_alter_table("text_thread", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet_until", moment, nullable=True))
        batch_op.add_column(sa.Column("auto_file_at", moment, nullable=True))
        batch_op.create_index(
            batch_op.f("ix_text_thread_auto_file_at"), ["auto_file_at"], unique=False
        )
    op.create_table(
        "text_inbound",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_message_id", sa.String(length=128), nullable=False),
        sa.Column("sender", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("series", sa.String(length=128), nullable=True),
        sa.Column("part", sa.Integer(), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("said_at", moment, nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("head_id", sa.Uuid(), nullable=True),
        sa.Column("leased_until", moment, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("heard_at", moment, nullable=True),
        sa.Column("trouble", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_inbound")),
        sa.UniqueConstraint(
            "provider_message_id", name=op.f("uq_text_inbound_provider_message_id")
        ),
    )
    with op.batch_alter_table("text_inbound", schema=None) as batch_op:
        batch_op.create_index(
            "ix_text_inbound_sender_heard_at", ["sender", "heard_at"], unique=False
        )
        batch_op.create_index(
            "ix_text_inbound_heard_at_due_at", ["heard_at", "due_at"], unique=False
        )
    op.create_table(
        "text_status",
        sa.Column("provider_message_id", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("provider_message_id", name=op.f("pk_text_status")),
    )


def downgrade() -> None:
    op.drop_table("text_status")
    op.drop_table("text_inbound")
    with op.batch_alter_table("text_thread", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_text_thread_auto_file_at"))
        batch_op.drop_column("auto_file_at")
        batch_op.drop_column("quiet_until")
