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
from . import experiments, feature_use, own_reports
from .report import Supplement

_LONGEST_GAP: Final = 13
_AGES: Final = (
    (7, "0-1w"),
    (28, "1-4w"),
    (91, "1-3m"),
    (182, "3-6m"),
    (365, "6-12m"),
    (730, "1-2y"),
)


def note_first_day(conn: Connection, today: date) -> None:
    """Remember the day on which counting began, unless the clock cannot be right."""
    if is_possible(today) and get_setting(conn, FIRST_DAY) is None:
        set_setting(conn, FIRST_DAY, today.isoformat())


def supplement(conn: Connection, app_version: str, start: date, end: date) -> Supplement:
    """Return what protocol 2 adds to the report of the days `[start, end)`."""
    previous = _previous(conn, start) or own_reports.last(conn, start)
    before = previous[1] if previous else None
    experiment, variant = experiments.current(conn, start) or (None, None)
    return Supplement(
        first_report=previous is None,
        weeks_since_previous_report=weeks_since(previous[0], start) if previous else "none",
        previous_app_version=None if before == app_version else before,
        age_bucket=_age(conn, start),
        features=feature_use.in_use(conn, start, end),
        features_first_used=feature_use.first_used(conn, start, end),
        experiment=experiment,
        variant=variant,
    )


def weeks_since(previous: date, start: date) -> str:
    """The weeks between two reports, as far as that tells little of whose they are."""
    weeks = max(1, (monday(start) - monday(previous)).days // WEEK_DAYS)
    return str(weeks) if weeks <= _LONGEST_GAP else f"{_LONGEST_GAP + 1}+"


def age_bucket(first: date, start: date) -> str:
    """The age of the installation, in steps too coarse to recognize anyone by."""
    days = (start - first).days
    return next((name for below, name in _AGES if days < below), "2y+")


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
