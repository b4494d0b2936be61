"""What the process that writes tells of itself, and the room that is left, as Prometheus reads it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from math import nan
from typing import override

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage.records import Work
from aggregation.storage.space import Space

_COUNTERS = {
    "fold_transactions": ("folds", "Transactions that brought reports into the rollups"),
    "fold_reports": ("folded", "Reports that were brought into the rollups"),
    "fold_seconds": ("fold_seconds", "Time that folding took"),
    "fold_errors": ("errors", "Errors of folding and of the purge"),
    "fold_put_aside": ("put_aside", "Reports that were put aside since they cannot be folded"),
    "write_batches": ("batches", "Transactions that stored reports"),
    "write_reports": ("batched", "Reports in those transactions"),
    "write_seconds": ("batch_seconds", "Time that those transactions took"),
    "purge_pieces": ("purge_pieces", "Transactions of the retention"),
    "purge_seconds": ("purge_seconds", "Time that the retention took"),
    "purge_ids": ("purged_ids", "Reports that lost their id"),
    "purge_reports": ("purged_raw", "Reports that the retention removed"),
    "writer_restarts": ("restarts", "How often the process that writes was started again"),
}
_ROOM = {
    "database_bytes": ("database", "What the database takes"),
    "database_log_bytes": ("log", "What the log of SQLite takes"),
    "disk_free_bytes": ("free", "What is left on the disk of the database"),
}


class WorkCollector(Collector):
    """Reads both when it is asked."""

    def __init__(self, work: Callable[[], Work], space: Callable[[], Space]) -> None:
        """Take what returns them; the second may block."""
        self._work = work
        self._space = space

    @override
    def collect(self) -> Iterator[Metric]:
        work = self._work()
        for name, (field, text) in _COUNTERS.items():
            yield CounterMetricFamily(f"aggregation_{name}", text, value=getattr(work, field))
        error = GaugeMetricFamily(
            "aggregation_fold_last_error", "The kind of the last error", labels=["kind"]
        )
        if work.last_error:
            error.add_metric([work.last_error], 1)
        yield error
        yield GaugeMetricFamily(
            "aggregation_writable", "Whether the last change was written", work.is_writable
        )
        space = Space()
        with suppress(SQLAlchemyError, OSError):
            space = self._space()
        for name, (field, text) in _ROOM.items():
            found = getattr(space, field)
            yield GaugeMetricFamily(f"aggregation_{name}", text, value=nan if found is None else found)
