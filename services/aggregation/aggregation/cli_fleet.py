"""Commands that simulate: a fleet of made-up homes into a new database, and the service shown with one."""

from contextlib import closing, suppress
from datetime import UTC, datetime, time
import os
from pathlib import Path
from signal import SIGINT, SIGTERM, signal
from socket import create_connection
import sys
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep
from typing import Annotated
import webbrowser

import typer

from aggregation.fleet.loading import Loaded, NotEmptyError, load
from aggregation.fleet.plan import Plan
from aggregation.insight.history import work_through
from aggregation.insight.schedule import noise_of
from aggregation.keys import new_api_key
from aggregation.settings import Settings
from aggregation.storage.engine import Database
from aggregation.storage.keys import add_api_key
from aggregation.storage.migrate import opened
from aggregation.storage.records import KeyScope

type Homes = Annotated[int, typer.Option(help="how many homes there are in the end", min=1)]
type Weeks = Annotated[int, typer.Option(help="for how many weeks, to the last whole one", min=1)]
type Seed = Annotated[int, typer.Option(help="the same seed makes the same fleet")]
type Processes = Annotated[int, typer.Option(help="that simulate; the fleet is the same", min=1)]

PROCESSES = os.process_cpu_count() or 1
ALARM_WEEKS = 26
"""So many weeks of a demonstration are looked through for alarms."""
LISTENING_TRIES, LISTENING_SECONDS = 300, 0.2
NOT_EMPTY = "there are reports in the database; simulated ones do not go beside them"


def simulate(
    homes: Homes = 1000,
    weeks: Weeks = 60,
    seed: Seed = 1,
    until: Annotated[
        datetime | None,
        typer.Option(help="the day on which it is looked at, today if not told", formats=["%Y-%m-%d"]),
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="a file for what each home did, as lines of JSON", dir_okay=False)
    ] = None,
    processes: Processes = PROCESSES,
    alarm_weeks: Annotated[int, typer.Option(help="so many weeks are looked through for alarms", min=0)] = 0,
) -> int:
    """Fill a new database with the reports of simulated homes, sums included."""
    settings = Settings.load()
    plan = Plan(homes=homes, weeks=weeks, seed=seed, until=(until or datetime.now(UTC)).date())
    with closing(opened(settings.database_url, settings.database_timeout)) as database:
        try:
            loaded = load(database, plan, processes=processes, truth=truth)
        except NotEmptyError:
            sys.stderr.write(f"{NOT_EMPTY}\n")
            return 2
        if alarm_weeks:
            moment = datetime.combine(plan.until, time(), UTC)
            work_through(database, moment, min(alarm_weeks, weeks), noise_of(settings))
    typer.echo(_said(loaded, plan))
    return 0


def demo(
    homes: Homes = 3000,
    weeks: Weeks = 60,
    seed: Seed = 1,
    processes: Processes = PROCESSES,
    *,
    browser: Annotated[bool, typer.Option(help="open the dashboard in a browser")] = True,
) -> int:
    """Serve a database of simulated homes that is gone afterwards, say where to look, and open it."""
    from aggregation.server import serve  # noqa: PLC0415 - the others start faster without

    for number in (SIGINT, SIGTERM):
        signal(number, _leave)  # the server ends itself by the signal it got: nothing would be tidied up
    plan = Plan(homes=homes, weeks=weeks, seed=seed, until=datetime.now(UTC).date())
    with TemporaryDirectory(prefix="aggregation-demo-") as folder:
        url = f"sqlite:///{Path(folder, 'demo.db')}"
        settings = Settings.load().model_copy(update={"database_url": url})
        with closing(opened(url, settings.database_timeout)) as database:
            typer.echo(_said(load(database, plan, processes=processes), plan))
            work_through(database, datetime.now(UTC), min(ALARM_WEEKS, weeks), noise_of(settings))
            key = _reading_key(database)
        address = f"http://{settings.host}:{settings.port}"
        typer.echo(f"{address}/dashboard\nkey: {key}\nfor everybody: {address}/public")
        sys.stdout.flush()
        if browser:
            Thread(target=_open_when_served, args=(settings, f"{address}/dashboard"), daemon=True).start()
        return serve(settings)


def _open_when_served(settings: Settings, address: str) -> None:
    """Open an address once something listens there; a browser that takes the terminal is left alone."""
    for _ in range(LISTENING_TRIES):
        with suppress(OSError), create_connection((settings.host, settings.port), LISTENING_SECONDS):
            break
        sleep(LISTENING_SECONDS)
    with suppress(webbrowser.Error):
        found = webbrowser.get()
        if type(found) is not webbrowser.GenericBrowser:
            found.open(address)


def _leave(*_: object) -> None:
    """End as if nothing were left to do."""
    raise SystemExit(0)


def _said(loaded: Loaded, plan: Plan) -> str:
    """Return what was made, in a line."""
    made = f"{loaded.reports} reports of {loaded.homes} simulated homes"
    return f"{made} over {plan.weeks} weeks, seed {plan.seed}"


def _reading_key(database: Database) -> str:
    """Make a key that may read, and return it."""
    text, row = new_api_key("demo", KeyScope.READ)
    with database.writing() as connection:
        add_api_key(connection, row)
    return text
