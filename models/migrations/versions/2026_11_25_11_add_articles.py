"""Short help texts, and what became of each time one was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_11"
down_revision = "2026_11_25_10"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = models.base.UtcDateTime(timezone=True)
    op.create_table(
        "article",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=True),
        sa.Column("url", sa.String(length=500), nullable=True),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_article_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("reference", name=op.f("uq_article_reference")),
    )
    op.create_table(
        "help",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("article_id", sa.Uuid(), nullable=True),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_help_conversation_id")
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_help_report_id")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_help_article_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_help_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help")),
    )
    with op.batch_alter_table("help", schema=None) as batch_op:
        for column in ("conversation_id", "report_id", "article_id"):
            batch_op.create_index(batch_op.f(f"ix_help_{column}"), [column], unique=False)


def downgrade() -> None:
    op.drop_table("help")
    op.drop_table("article")
