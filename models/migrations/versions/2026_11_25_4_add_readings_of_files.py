"""What was read in files that people sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_4"
down_revision = "2026_11_25_3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment_reading",
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("signatures", sa.JSON(), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=True),
        sa.Column("suggested", sa.JSON(), nullable=False),
        sa.Column("read_at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("considered_at", models.base.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachment.id"],
            name=op.f("fk_attachment_reading_attachment_id"),
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_reading")),
    )


def downgrade() -> None:
    op.drop_table("attachment_reading")
