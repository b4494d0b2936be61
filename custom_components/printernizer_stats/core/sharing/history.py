"""History in a report of protocol 2, worked out at home so that the service need not follow anyone."""

from datetime import date
import json
from typing import Final

from sqlalchemy import Connection, select

from ...const import WEEK_DAYS
from ..report_intervals import is_possible
from ..store.settings import FIRST_DAY, get_setting, set_setting
from ..store.tables import usage_intervals, usage_reports
from ..week import monday
from .report import Supplement

_GAPS: Final = ((1, "1"), (4, "2-4"), (13, "5-13"))
_AGES: Final = ((7, "0-1w"), (28, "1-4w"), (182, "1-6m"))


def note_first_day(conn: Connection, today: date) -> None:
    """Remember the day on which counting began, unless the clock cannot be right."""
    if is_possible(today) and get_setting(conn, FIRST_DAY) is None:
        set_setting(conn, FIRST_DAY, today.isoformat())


def supplement(conn: Connection, app_version: str, start: date) -> Supplement:
    """Return what protocol 2 adds to the report of an interval that begins with `start`."""
    previous = _previous(conn, start)
    before = previous[1] if previous else None
    return Supplement(
        first_report=previous is None,
        weeks_since_previous_report=weeks_since(previous[0], start) if previous else "none",
        previous_app_version=None if before == app_version else before,
        age_bucket=_age(conn, start),
    )


def weeks_since(previous: date, start: date) -> str:
    """The weeks between two reports, in steps too coarse to recognize anyone by."""
    weeks = (monday(start) - monday(previous)).days // WEEK_DAYS
    return next((name for most, name in _GAPS if weeks <= most), "14+")


def age_bucket(first: date, start: date) -> str:
    """The age of the installation, in steps too coarse to recognize anyone by."""
    days = (start - first).days
    return next((name for below, name in _AGES if days < below), "6m+")


def _age(conn: Connection, start: date) -> str:
    first = get_setting(conn, FIRST_DAY)
    return age_bucket(date.fromisoformat(first) if first else start, start)


def _previous(conn: Connection, start: date) -> tuple[date, str] | None:
    """The start and the version of the latest report before this one."""
    row = conn.execute(
        select(usage_intervals.c.start_day, usage_reports.c.body)
        .join_from(usage_reports, usage_intervals)
        .where(usage_intervals.c.start_day < start.isoformat())
        .order_by(usage_reports.c.report_id.desc())
    ).first()
    if row is None:
        return None
    version = str(json.loads(row.body)["installation"]["app_version"])
    return date.fromisoformat(row.start_day), version
