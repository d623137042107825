"""Alembic's entry: `catalogue.database.migrations.running` hands over an open connection."""

from alembic import context

from catalogue.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,  # for its naming convention: migrations name no key or constraint
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
