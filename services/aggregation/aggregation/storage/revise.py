"""Alembic's commands; importing it takes longer than reading which revision a database has."""

from pathlib import Path
from typing import Any, Final, TextIO

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, target: str) -> None:
    """Go on to a revision, or to the newest: head."""
    command.upgrade(_config(connection=connection), target)


def downgrade(connection: Connection, target: str) -> None:
    """Go back to a revision, or to an empty database: base."""
    command.downgrade(_config(connection=connection), target)


def print_sql(dialect: str, target: str, output: TextIO) -> None:
    """Write the SQL that makes an empty database of a kind into a revision."""
    settings = _config(dialect=dialect)
    settings.output_buffer = output
    command.upgrade(settings, target, sql=True)


def _config(**attributes: Any) -> Config:
    """Return the configuration with what `env.py` is given."""
    settings = Config()
    settings.set_main_option("script_location", MIGRATIONS.as_posix().replace("%", "%%"))
    settings.attributes.update(attributes)
    return settings
