"""Incidents are linked to past ones that may have had the same cause."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_6"
down_revision = "2026_11_25_5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recurrence_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("past_id", sa.Uuid(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column(
            "author",
            sa.Enum(
                "model", "signature", "reporter", "staff", "policy",
                name="author", native_enum=False, length=32,
            ),
            nullable=False,
        ),
        sa.Column("actor", sa.String(length=200), nullable=True),
        sa.Column("made_at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", models.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_recurrence_link_incident_id")
        ),
        sa.ForeignKeyConstraint(
            ["past_id"], ["incident.id"], name=op.f("fk_recurrence_link_past_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recurrence_link")),
        sa.UniqueConstraint("seq", name=op.f("uq_recurrence_link_seq")),
    )  # fmt: skip
    with op.batch_alter_table("recurrence_link", schema=None) as batch_op:
        batch_op.create_index("ix_recurrence_link_past_id", ["past_id"], unique=False)
        batch_op.create_index(
            "uq_recurrence_link_live_pair",
            ["incident_id", "past_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.create_table(
        "recurrence_look",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_recurrence_look_incident_id")
        ),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_recurrence_look")),
    )


def downgrade() -> None:
    op.drop_table("recurrence_look")
    op.drop_table("recurrence_link")
