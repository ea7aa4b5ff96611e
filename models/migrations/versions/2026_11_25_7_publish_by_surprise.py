"""Why an incident came into the queue, how surprising it became, and who changed a policy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_7"
down_revision = "2026_11_25_6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(sa.Column("publication", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("peak", sa.JSON(), nullable=True))
    op.create_table(
        "policy_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_change")),
    )
    with op.batch_alter_table("policy_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_change_name"), ["name"], unique=False)


def downgrade() -> None:
    op.drop_table("policy_change")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_column("peak")
        batch_op.drop_column("publication")
