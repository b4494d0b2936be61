"""Commands about public numbers: weeks that wait for a person, and errata."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from typing import Annotated

from sqlalchemy import Connection
import typer

from aggregation.public.archive import add_erratum, held
from aggregation.public.noise import MissingLibraryError, discrete_laplace
from aggregation.public.publish import release as release_week
from aggregation.settings import Settings
from aggregation.storage.migrate import opened
from aggregation.weeks import week_of_name

LONGEST_ERRATUM = 400
PUBLIC = typer.Typer(help="Public numbers: weeks that are held back, and errata.", no_args_is_help=True)

type Week = Annotated[str, typer.Argument(help="an ISO week, for example 2026-W47")]


@PUBLIC.command("held")
def show_held() -> None:
    """Show the weeks that are held back, with the reasons."""
    with _writing() as connection:
        found = held(connection)
    for week, reason in sorted(found.items()):
        typer.echo(f"{week}\t{reason}")


@PUBLIC.command()
def release(week: Week) -> None:
    """Publish a week that was held back, once you have looked at it."""
    try:
        noise = discrete_laplace()
    except MissingLibraryError as error:
        raise typer.BadParameter(str(error)) from None
    with _writing() as connection:
        if not release_week(connection, _number(week), noise, _today()):
            raise typer.BadParameter(f"{week} is not held back; see: aggregation public held")
    typer.echo(f"{week} is published")


@PUBLIC.command()
def erratum(
    text: Annotated[str, typer.Argument(help="what is wrong")],
    week: Annotated[str | None, typer.Option(help="the ISO week that it is about")] = None,
) -> None:
    """Note what is wrong with what was published; it stands on the page."""
    if not text.strip() or len(text) > LONGEST_ERRATUM:
        raise typer.BadParameter(f"an erratum has 1 to {LONGEST_ERRATUM} characters")
    with _writing() as connection:
        add_erratum(connection, _number(week) if week else None, text.strip(), _today())


@contextmanager
def _writing() -> Generator[Connection]:
    """Give a transaction on the database of the settings."""
    settings = Settings.load()
    with (
        closing(opened(settings.database_url, settings.database_timeout)) as database,
        database.writing() as connection,
    ):
        yield connection


def _number(name: str) -> int:
    """Return an ISO week as a number."""
    week = week_of_name(name)
    if week is None:
        raise typer.BadParameter(f"{name} is no ISO week such as 2026-W47")
    return week


def _today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()
