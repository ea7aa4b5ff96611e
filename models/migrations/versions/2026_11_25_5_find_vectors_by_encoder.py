"""Vectors of an earlier encoder are found without reading every report."""

from __future__ import annotations

from alembic import op

revision = "2026_11_25_5"
down_revision = "2026_11_25_4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_report_encoder_id"), ["encoder_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_report_encoder_id"))
