"""What the process does that a keeper has to itself.

It answers one call after the other on a socket until that closes, so it outlives the service by
no more than a batch.
"""

import logging
from pathlib import Path
import socket

from aggregation.mirror.worker import Target
from aggregation.observability import configure_logging
from aggregation.storage import calls
from aggregation.storage.engine import Database
from aggregation.storage.keeper import Keeper
from aggregation.storage.records import StorageUnavailableError

LOGGER = logging.getLogger(__name__)


def serve(stream: calls.Stream) -> None:
    """Take an order, then answer calls until nobody is there any more."""
    order = calls.receive(stream)
    if not isinstance(order, calls.Order):
        return
    configure_logging(order.log_level)
    database = Database(order.url, order.timeout)
    keeper = keeper_of(order, database)
    keeper.start()
    try:
        calls.send(stream, calls.Ready())
        while call := calls.receive(stream):
            calls.send(stream, answer(keeper, call))
    except OSError:
        return
    finally:
        keeper.stop()
        database.close()


def answer(keeper: Keeper, call: calls.Call) -> calls.Answer:
    """Do what a call asks for."""
    try:
        return _done(keeper, call)
    except StorageUnavailableError:
        return calls.Failure()
    except Exception as error:
        LOGGER.exception("Nothing was written")
        return calls.Failure(type(error).__name__)


def _done(keeper: Keeper, call: calls.Call) -> calls.Answer:
    """Do what a call asks for; raises what the keeper does."""
    match call:
        case calls.Store(reports):
            return calls.Batch(keeper.store(reports))
        case calls.Find(report):
            return calls.Found(keeper.find(report))
        case calls.Delete(deletion):
            return calls.Removed(keeper.delete(deletion))
        case calls.Tell():
            return calls.Told(keeper.work)
    return calls.Failure("order")


def keeper_of(order: calls.Order, database: Database) -> Keeper:
    """Return what an order asks for."""
    return Keeper(
        database,
        Path(order.journal) if order.journal else None,
        order.retention,
        _mirror(order.clickhouse_url),
    )


def _mirror(url: str | None) -> Target | None:
    """Return the ClickHouse of a URL; its driver is loaded only where there is one."""
    if url is None:
        return None
    from aggregation.mirror.clickhouse import ClickHouse  # noqa: PLC0415 - an optional dependency

    return ClickHouse(url)


def run(number: int) -> None:
    """Serve on the socket of a file descriptor."""
    with socket.socket(fileno=number) as connection, connection.makefile("rwb") as stream:
        serve(stream)
