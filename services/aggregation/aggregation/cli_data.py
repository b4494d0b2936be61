"""Data out of the database."""

import csv
from datetime import date
from typing import TextIO

from sqlalchemy import Connection, select

from aggregation.storage.schema import BY_WEEK
from aggregation.weeks import iso_name, week_of_day

_ORDER = ("week", "scope", "scope_value", "metric", "value")


def export_rollups(connection: Connection, weeks: int, today: date, target: TextIO) -> None:
    """Write the sums of the last weeks as CSV, one sum a line."""
    writer = csv.writer(target)
    writer.writerow([*_ORDER, "total"])
    first = week_of_day(today) - weeks + 1
    order = [BY_WEEK.c[name] for name in _ORDER]
    statement = select(*order, BY_WEEK.c.total).where(BY_WEEK.c.week >= first).order_by(*order)
    for week, *others in connection.execution_options(yield_per=1000).execute(statement):
        writer.writerow([iso_name(week), *others])
