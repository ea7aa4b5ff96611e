"""Alembic's entry: our tables only; DBOS keeps its own beside them."""

from __future__ import annotations

from alembic import context

from models.everything import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=True,
    include_name=lambda name, kind, _: kind != "table" or name in METADATA.tables,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
