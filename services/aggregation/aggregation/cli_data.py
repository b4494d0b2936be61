"""Data out of the database."""

import csv
from datetime import date
from typing import TextIO

from msgspec.json import decode
from sqlalchemy import Connection, select

from aggregation.storage.schema import ROLLUPS
from aggregation.weeks import iso_name, week_of_day


def export_rollups(connection: Connection, weeks: int, today: date, target: TextIO) -> None:
    """Write the sums of the last weeks as CSV, one sum a line."""
    writer = csv.writer(target)
    writer.writerow(["week", "scope", "scope_value", "metric", "value", "total"])
    first = week_of_day(today) - weeks + 1
    statement = select(ROLLUPS).where(ROLLUPS.c.week >= first)
    ordered = statement.order_by(ROLLUPS.c.week, ROLLUPS.c.scope, ROLLUPS.c.scope_value)
    for row in connection.execute(ordered):
        for name, total in sorted(decode(row.totals, type=dict[str, int]).items()):
            metric, _, value = name.partition(":")
            writer.writerow([iso_name(row.week), row.scope, row.scope_value, metric, value, total])
