"""A report says whom it is about; a conversation can be gone on with from another device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_13"
down_revision = "2026_11_25_12"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("report_text", schema=None) as batch_op:
        batch_op.add_column(sa.Column("behalf", sa.String(length=200), nullable=True))
    op.create_table(
        "conversation_token",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_conversation_token_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_conversation_token")),
    )
    with op.batch_alter_table("conversation_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conversation_token_conversation_id"), ["conversation_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("conversation_token")
    with op.batch_alter_table("report_text", schema=None) as batch_op:
        batch_op.drop_column("behalf")
