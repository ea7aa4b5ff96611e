"""Category and priority by staff, examples that can be taken back, and artifacts in force."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_3"
down_revision = "2026_11_25_2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "staff_priority",
                sa.Enum(
                    "P1", "P2", "P3", "P4", "P5", name="priority", native_enum=False, length=32
                ),
                nullable=True,
            )
        )
        batch_op.add_column(
            sa.Column(
                "staff_category",
                sa.Enum(
                    "access",
                    "network",
                    "email",
                    "collaboration",
                    "business_application",
                    "hardware",
                    "printing",
                    "telephony",
                    "commerce",
                    "security",
                    "data",
                    "other",
                    name="category",
                    native_enum=False,
                    length=32,
                ),
                nullable=True,
            )
        )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.add_column(sa.Column("undoes", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_feedback_undoes"), "feedback", ["undoes"], ["id"]
        )
    op.create_table(
        "promotion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("artifact", sa.String(length=100), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("previous", sa.String(length=100), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
        sa.UniqueConstraint("seq", name=op.f("uq_promotion_seq")),
    )
    op.create_table(
        "held_report",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_held_report_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_held_report")),
    )


def downgrade() -> None:
    op.drop_table("held_report")
    op.drop_table("promotion")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_feedback_undoes"), type_="foreignkey")
        batch_op.drop_column("undoes")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_column("staff_category")
        batch_op.drop_column("staff_priority")
