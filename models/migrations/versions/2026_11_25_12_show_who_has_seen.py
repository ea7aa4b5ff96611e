"""Uploads have their sender's name for them; who has seen what; what was seen in a file is shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_12"
down_revision = "2026_11_25_11"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = models.base.UtcDateTime(timezone=True)
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        for name in ("person_saw", "staff_saw", "news"):
            batch_op.add_column(sa.Column(name, sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("staff_typing_at", moment, nullable=True))
    with op.batch_alter_table("attachment_reading", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shown_at", moment, nullable=True))
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.add_column(sa.Column("client_id", sa.String(length=128), nullable=True))
        batch_op.create_unique_constraint(
            batch_op.f("uq_upload_conversation_id_client_id"), ["conversation_id", "client_id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_upload_conversation_id_client_id"), type_="unique")
        batch_op.drop_column("client_id")
    with op.batch_alter_table("attachment_reading", schema=None) as batch_op:
        batch_op.drop_column("shown_at")
    with op.batch_alter_table("conversation", schema=None) as batch_op:
        for name in ("staff_typing_at", "news", "staff_saw", "person_saw"):
            batch_op.drop_column(name)
