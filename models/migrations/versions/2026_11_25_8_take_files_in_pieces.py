"""Files in pieces, files that wait for a scanner, what was seen in one, and who read raw words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_8"
down_revision = "2026_11_25_7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trouble", sa.String(length=300), nullable=True))
    with op.batch_alter_table("attachment_reading", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("seen", sa.String(length=300), server_default="", nullable=False)
        )
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=True),
        sa.Column("at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_upload_attachment_id")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_upload_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("upload", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_upload_conversation_id"), ["conversation_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_upload_at"), ["at"], unique=False)
    op.create_table(
        "text_access",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("via", sa.String(length=16), nullable=False),
        sa.Column("at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_text_access_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_access")),
    )
    with op.batch_alter_table("text_access", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_text_access_report_id"), ["report_id"], unique=False)


def downgrade() -> None:
    op.drop_table("text_access")
    op.drop_table("upload")
    with op.batch_alter_table("attachment_reading", schema=None) as batch_op:
        batch_op.drop_column("seen")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_column("trouble")
