"""What Alembic runs: on a connection that it is given, or to print SQL for a kind of database."""

from alembic import context

from aggregation.storage.schema import METADATA

connection = context.config.attributes.get("connection")
if connection is None:
    context.configure(
        dialect_name=context.config.attributes["dialect"],
        target_metadata=METADATA,
        as_sql=True,
        literal_binds=True,
        mssql_batch_separator="",
    )
    if context.get_context().dialect.name == "mssql":
        # Without a server to ask, types of its first versions would be taken.
        context.get_context().dialect.server_version_info = (15, 0)
else:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
with context.begin_transaction():
    context.run_migrations()
