"""The command line: to serve, and to look after the database and the keys."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
import re
import sys
from typing import Annotated

from packaging.version import Version
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
import typer

from aggregation.cli_data import export_rollups
from aggregation.cli_fleet import demo, simulate
from aggregation.cli_public import PUBLIC
from aggregation.keeping.backup import restore as load_backup
from aggregation.keeping.repository import Repository
from aggregation.keeping.tombstones import TombstoneJournal
from aggregation.keeping.writer import Writer
from aggregation.keys import digest, new_api_key, new_receipt_key
from aggregation.protocol.strings import public_version
from aggregation.settings import Settings, SettingsError
from aggregation.storage.engine import Database, DatabaseError, reason
from aggregation.storage.migrate import is_back, migrate as bring_to, opened
from aggregation.storage.records import KeyScope
from aggregation.weeks import iso_name

DIFFERS = 1
WRONG = 2
PURGE_CHUNK = 2000
DROPS = "The way back drops tables with all they hold, maybe API keys and the keys of receipts. Go on?"
KEY_NAME = re.compile(r"[A-Za-z0-9._-]{1,50}")

APP = typer.Typer(
    help="The aggregation service of Printernizer Usage Statistics. Without a command it serves.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
KEYS = typer.Typer(help="API keys, and the keys that sign receipts.", no_args_is_help=True)
APP.add_typer(KEYS, name="keys")
VERSIONS = typer.Typer(help="The released versions, which are counted by name.", no_args_is_help=True)
APP.add_typer(VERSIONS, name="versions")
APP.add_typer(PUBLIC, name="public")

APP.command()(simulate)
APP.command()(demo)

type NewFile = Annotated[Path, typer.Argument(help="the file to write", dir_okay=False)]
type OldFile = Annotated[Path, typer.Argument(help="the file to read", exists=True, dir_okay=False)]
type Name = Annotated[str, typer.Argument(help="the name of the key")]


class CommandError(Exception):
    """A command cannot be done; the message is one line."""


def main() -> int:
    """Run a command and return its exit code: 2 when a setting or an argument is wrong."""
    try:
        return APP(standalone_mode=False) or 0
    except (SettingsError, DatabaseError, CommandError) as error:
        return _fail(str(error))
    except SQLAlchemyError as error:
        return _fail(f"the database cannot be used ({reason(error)})")
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except typer.Abort:
        return 1
    except typer.TyperException as error:
        return _fail(error.format_message())


def _fail(message: str) -> int:
    """Say why nothing is done."""
    sys.stderr.write(f"{message}\n")
    return WRONG


@APP.callback(invoke_without_command=True)
def run(context: typer.Context) -> int:
    """Serve when nothing else is asked for."""
    return serve() if context.invoked_subcommand is None else 0


@APP.command()
def serve() -> int:
    """Serve until a signal comes."""
    from aggregation.server import serve as run_server  # noqa: PLC0415 - the others start faster without

    return run_server(Settings.load())


@APP.command()
def insight(
    once: Annotated[bool, typer.Option("--once", help="do what is due, then end: for cron")] = False,
    attached: Annotated[bool, typer.Option("--attached", hidden=True)] = False,
) -> int:
    """Work out alarms as their time comes; `serve` starts this itself unless INSIGHT is false."""
    from aggregation.insight.process_main import work  # noqa: PLC0415 - the others start faster without

    return work(Settings.load(), once=once, attached=attached)


@APP.command()
def migrate(
    to: Annotated[str, typer.Option(help="a revision, head or base")] = "head",
    sql: Annotated[str | None, typer.Option(help="print SQL for postgresql, sqlite or mssql")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before tables are dropped")] = False,
) -> None:
    """Bring the database to a revision of the schema, or print how."""
    if sql:
        from aggregation.storage.revise import print_sql  # noqa: PLC0415 - the others start faster without

        print_sql(sql, to, sys.stdout)
        return
    with _database(Settings.load()) as database:
        if not yes and is_back(database, to):
            typer.confirm(DROPS, abort=True)
        typer.echo(bring_to(database, to) or "base")


@APP.command()
def verify_rollups() -> int:
    """Recount the rollups from the reports; exit with 1 when they differ."""
    with _opened() as repository:
        found = repository.verify()
    typer.echo(f"{found.submissions} submissions, {found.rollups} rollups, {len(found.wrong)} sums wrong")
    for key, name in found.wrong[:20]:
        typer.echo(f"differs: {key.scope}={key.scope_value} week {key.week} {name}")
    return 0 if found.agrees else DIFFERS


@APP.command()
def rebuild() -> None:
    """Rebuild the sums from the reports, in pieces, also while the service runs."""
    with _opened() as repository:
        rebuilt = repository.rebuild()
    typer.echo(f"{rebuilt.submissions} submissions counted anew, {rebuilt.sums} sums corrected")


@APP.command()
def purge(
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="whatever the reports say of the time")
    ] = False,
) -> None:
    """Fold what waits, then remove what is older than the retention."""
    settings = Settings.load()
    with closing(opened(settings.database_url, settings.database_timeout)) as database:
        writer = Writer(database, retention=settings.retention)
        while writer.fold(PURGE_CHUNK):
            pass
        purged = writer.purge(_today(), trusted=clock_is_right)
    typer.echo(f"{purged.raw} reports removed, {purged.ids} lost their id")


@APP.command()
def put_aside(
    retry: Annotated[bool, typer.Option("--retry", help="have all of them folded again")] = False,
) -> None:
    """Show the reports that could not be folded, or have the service try again."""
    with _opened() as repository:
        if retry:
            typer.echo(f"{repository.take_back()} reports wait again")
            return
        for row in repository.put_aside():
            day, week = row.received_day, iso_name(row.week)
            typer.echo(f"{row.submission_id}\t{row.protocol}\t{week}\treceived {day}\t{row.error}")


@APP.command()
def backup(target: NewFile) -> None:
    """Write everything to a file, also while the service runs. It holds keys: keep it safe."""
    with _opened() as repository:
        typer.echo(f"{repository.backup(target)} rows")


@APP.command()
def restore(
    source: OldFile,
    tombstones: Annotated[Path | None, typer.Option(help="the journal of deletions")] = None,
) -> None:
    """Load a backup into an empty database, and do the deletions since then again."""
    settings = Settings.load()
    path = tombstones or settings.journal
    with _database(settings) as database:
        rows, removed = load_backup(database, source, TombstoneJournal(path) if path else None)
    typer.echo(f"{rows} rows, {removed} submissions deleted again")


@APP.command()
def forget_mirror() -> None:
    """Stop noting changes for ClickHouse; a running service that has one fills it anew."""
    with _opened() as repository:
        repository.forget_mirror()


@APP.command()
def export(
    weeks: Annotated[int, typer.Option(help="how many weeks back", min=1)] = 104,
) -> None:
    """Write the rollups as CSV: no ids, no single reports."""
    with _opened() as repository, repository.reading() as connection:
        export_rollups(connection, weeks, _today(), sys.stdout)


@VERSIONS.command("add")
def add_versions(names: Annotated[list[str], typer.Argument(help="released versions")]) -> None:
    """Name released versions: reports of them, also earlier ones, are counted by name instead of as other."""
    versions = [public_version(name.removeprefix("v")) for name in names]
    if None in versions:
        raise CommandError(f"{names[versions.index(None)]} is no version number")
    with _opened() as repository:
        count = repository.add_versions((version for version in versions if version), _today())
    typer.echo(f"{count} submissions counted anew")


@VERSIONS.command("list")
def list_versions() -> None:
    """Show the versions that are counted by name, the newest first."""
    with _opened() as repository:
        days = repository.versions()
    for version in sorted(days, key=Version, reverse=True):
        typer.echo(f"{version}\t{days[version]}")


@KEYS.command("create")
def create_key(name: Name, scope: Annotated[KeyScope, typer.Option(help="what it may do")]) -> None:
    """Make an API key and show it this once."""
    if not KEY_NAME.fullmatch(name):
        raise CommandError("the name of a key has 1 to 50 letters, digits, dots, hyphens and underscores")
    text, row = new_api_key(name, scope)
    with _opened() as repository:
        try:
            repository.add_api_key(row)
        except IntegrityError:
            raise CommandError(f"there is a key named {name}, or was") from None
    typer.echo(text)


@KEYS.command("rotate")
def rotate_key(name: Name) -> None:
    """Replace the secret of an API key and show the new one this once; the old one ends."""
    with _opened() as repository:
        scopes = {row.name: row.scope for row in repository.api_keys() if row.revoked_day is None}
        if name not in scopes:
            raise CommandError(f"no key in use is named {name}")
        text, _ = new_api_key(name, scopes[name])
        repository.rotate_api_key(name, digest(text), _today())
    typer.echo(text)


@KEYS.command("revoke")
def revoke_key(name: Name) -> None:
    """End an API key."""
    with _opened() as repository:
        revoked = repository.revoke_api_key(name, _today())
    if not revoked:
        raise CommandError(f"no key in use is named {name}")


@KEYS.command("list")
def list_keys() -> None:
    """Show all keys, never their secrets."""
    with _opened() as repository:
        keys, signers = repository.api_keys(), repository.receipt_keys()
    for key in keys:
        state = f"revoked {key.revoked_day}" if key.revoked_day else "in use"
        typer.echo(f"{key.name}\t{key.scope}\t{key.created_day}\t{state}")
    for signer in signers:
        state = f"retired {signer.retired_day}" if signer.retired_day else "in use"
        typer.echo(f"{signer.kid}\treceipts\t{signer.created_day}\t{state}")


@KEYS.command("rotate-receipts")
def rotate_receipt_key() -> None:
    """Sign new receipts with a new key; the old one is kept for the receipts it signed."""
    row = new_receipt_key()
    with _opened() as repository:
        in_use = [key.kid for key in repository.receipt_keys() if key.retired_day is None]
        repository.add_receipt_key(row)
        for kid in in_use:
            repository.retire_receipt_key(kid, _today())
    typer.echo(row.kid)


@contextmanager
def _opened() -> Generator[Repository]:
    """Give what the settings name; nothing works on it."""
    settings = Settings.load()
    with closing(Repository.open(settings.database_url, settings.database_timeout)) as repository:
        yield repository


@contextmanager
def _database(settings: Settings) -> Generator[Database]:
    """Give the database as it is."""
    with closing(Database(settings.database_url, settings.database_timeout)) as database:
        yield database


def _today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()
