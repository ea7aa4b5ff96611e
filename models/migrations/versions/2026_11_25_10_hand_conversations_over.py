"""Staff take a conversation over and give it back; who wrote; who read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import models.base

revision = "2026_11_25_10"
down_revision = "2026_11_25_9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = models.base.UtcDateTime(timezone=True)

    def word(*values: str) -> sa.Enum:
        return sa.Enum(*values, native_enum=False, length=32)

    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("actor", sa.String(length=200), nullable=True))
    op.create_table(
        "handoff",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("state", word("waiting", "held", "ended"), nullable=False),
        sa.Column("reason", word("asked", "staff"), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("taken_by", sa.String(length=200), nullable=True),
        sa.Column("taken_at", moment, nullable=True),
        sa.Column("waiting_since", moment, nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("outcome", word("given_back", "left_alone", "nobody_came"), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_handoff_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoff")),
    )
    with op.batch_alter_table("handoff", schema=None) as batch_op:
        batch_op.create_index(
            "uq_handoff_open",
            ["conversation_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index("ix_handoff_state_due_at", ["state", "due_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_handoff_conversation_id"), ["conversation_id"], unique=False
        )
    op.create_table(
        "conversation_access",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_conversation_access_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_access")),
    )
    with op.batch_alter_table("conversation_access", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_conversation_access_conversation_id"), ["conversation_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("conversation_access")
    op.drop_table("handoff")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_column("actor")
        batch_op.drop_column("author")
