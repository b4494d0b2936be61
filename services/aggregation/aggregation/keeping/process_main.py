"""What the process does that a writer has to itself.

It answers one call after the other on a socket until that closes, so it outlives the service by
no more than a batch.
"""

from contextlib import suppress
import logging
from pathlib import Path
import socket

from aggregation.garbage import collect_rarely
from aggregation.keeping import wire
from aggregation.keeping.writer import Writer
from aggregation.mirror.worker import Target
from aggregation.observability import configure_logging
from aggregation.storage.engine import Database
from aggregation.storage.records import StorageUnavailableError

LOGGER = logging.getLogger(__name__)


def serve(stream: wire.Stream) -> None:
    """Take an order, then answer calls until nobody is there any more."""
    order = wire.receive(stream)
    if not isinstance(order, wire.Order):
        return
    configure_logging(order.log_level)
    database = Database(order.url, order.timeout)
    writer = writer_of(order, database)
    writer.start()
    try:
        with suppress(OSError):
            wire.send(stream, wire.Ready())
            while call := wire.receive(stream):
                wire.send(stream, answered(writer, call))
    finally:
        writer.stop()
        database.close()


def answered(writer: Writer, call: wire.Call) -> wire.Answer:
    """Do what a call asks for; return its answer."""
    try:
        return _done(writer, call)
    except StorageUnavailableError:
        return wire.Failure()
    except Exception as error:
        LOGGER.exception("Nothing was written")
        return wire.Failure(type(error).__name__)


def _done(writer: Writer, call: wire.Call) -> wire.Answer:
    """Do what a call asks for; raises what the writer does."""
    match call:
        case wire.Store(reports):
            return wire.Batch(writer.store(reports))
        case wire.Prove(proofs):
            return wire.Judged([proof.judged() for proof in proofs])
        case wire.Find(report):
            return wire.Found(writer.find(report))
        case wire.Delete(deletion):
            return wire.Removed(writer.delete(deletion))
        case wire.Tell():
            return wire.Told(writer.work)
    return wire.Failure("order")


def writer_of(order: wire.Order, database: Database) -> Writer:
    """Return what an order asks for."""
    return Writer(
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
    collect_rarely()
    with socket.socket(fileno=number) as connection, connection.makefile("rwb") as stream:
        serve(stream)
