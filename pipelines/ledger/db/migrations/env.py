"""What Alembic runs: the steps, on the connection and in the transaction that the ledger hands over."""

from alembic import context

from pipelines.ledger.db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite rolls table definitions back like anything else; a killed upgrade leaves the old form.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
