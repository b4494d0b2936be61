"""Statistics for get_statistics: figures of any days, of one printer or of all, in groups."""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
from sqlalchemy import Connection
import voluptuous as vol

from ..core.counters import (
    ENERGY_COST,
    ENERGY_WH,
    FAILED_PREFIX,
    FILAMENT_G,
    FILAMENT_MM,
    LONGEST_SECONDS,
    PRINT_SECONDS,
    average_seconds,
    first_day,
    group_days,
    jobs_ended,
    success_rate,
)
from ..core.models import FLEET, Counts, Outcome, Period
from ..core.store.counts import day_counts, owner_counts
from ..runtime import Runtime
from ..service_calls import invalid
from .community import async_community
from .tables import async_names

_FIRST: Final = "0"
_LAST: Final = "~"
"""Sort before and after every day."""


class Grouping(StrEnum):
    """Into what figures can be divided."""

    PRINTER = "printer"
    OUTCOME = "outcome"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


STATISTICS_SCHEMA: Final = vol.Schema(
    {
        vol.Optional("printer"): cv.string,
        vol.Optional("period"): vol.Coerce(Period),
        vol.Optional("start"): cv.date,
        vol.Optional("end"): cv.date,
        vol.Optional("grouping"): vol.Coerce(Grouping),
    }
)


async def async_statistics(
    hass: HomeAssistant, runtime: Runtime, printer: str | None, wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the figures that STATISTICS_SCHEMA asks for, of a printer by our key or of all.

    Raises a translated error for days that cannot be meant.
    """
    since, until = _days(wanted)
    grouping = wanted.get("grouping")
    names = async_names(hass, runtime)
    await runtime.store.async_flush()

    def read(conn: Connection) -> dict[str, Any]:
        owners = owner_counts(conn, since=since, until=until)
        counts = owners.get(printer or FLEET, {})
        answer = {**_whose(printer, names), **_stretch(since, until), **figures(counts)}
        match grouping:
            case None:
                return answer
            case Grouping.PRINTER:
                keys = owners.keys() - {FLEET} if printer is None else {printer}
                groups = [{**_whose(key, names), **figures(owners.get(key, {}))} for key in keys]
                groups.sort(key=lambda group: (group["name"] or "", group["printer"]))
            case Grouping.OUTCOME:
                groups = list(_outcomes(counts))
            case _:
                days = day_counts(conn, since=since, until=until, printer=printer or FLEET)
                grouped = group_days(days, Period(grouping))
                groups = [{"start": start, **figures(each)} for start, each in grouped.items()]
        return {**answer, "groups": groups}

    answer = await runtime.store.async_read(read)
    return {**answer, "community": await async_community(runtime)}


def figures(counts: Counts) -> dict[str, Any]:
    """Return counters under the names that people calculate with; cost in the user's currency."""
    return {
        "prints": jobs_ended(counts),
        **{outcome.value: counts.get(outcome.event_type, 0) for outcome in Outcome},
        "success_rate": success_rate(counts),
        "print_seconds": counts.get(PRINT_SECONDS, 0),
        "average_seconds": average_seconds(counts),
        "longest_seconds": counts.get(LONGEST_SECONDS, 0),
        "filament_mm": counts.get(FILAMENT_MM, 0),
        "filament_g": counts.get(FILAMENT_G, 0),
        **{
            f"{FAILED_PREFIX}{metric}": counts.get(f"{FAILED_PREFIX}{metric}", 0)
            for metric in (PRINT_SECONDS, FILAMENT_MM, FILAMENT_G)
        },
        "energy_wh": counts.get(ENERGY_WH, 0),
        "cost": counts.get(ENERGY_COST, 0) / 1000,
        "errors": counts.get("error_occurred", 0),
    }


def _days(wanted: Mapping[str, Any]) -> tuple[str, str]:
    """The first and the last day, YYYY-MM-DD; an empty first day stands for all time."""
    period: Period | None = wanted.get("period")
    start: date | None = wanted.get("start")
    end: date | None = wanted.get("end")
    if start is None and end is None:
        return first_day(period or Period.EVER, dt_util.now().date().isoformat()), _LAST
    if period is not None:
        raise invalid("period_and_days")
    if start is not None and end is not None and end < start:
        raise invalid("days_reversed")
    return start.isoformat() if start else _FIRST, end.isoformat() if end else _LAST


def _whose(printer: str | None, names: Mapping[str, str]) -> dict[str, str | None]:
    return {"printer": printer, "name": names.get(printer) if printer else None}


def _stretch(since: str, until: str) -> dict[str, str | None]:
    return {
        "start": since if since not in ("", _FIRST) else None,
        "end": until if until != _LAST else None,
    }


def _outcomes(counts: Counts) -> Iterator[dict[str, Any]]:
    """How many prints ended in each way, and their share in percent."""
    ended = jobs_ended(counts)
    for outcome in Outcome:
        prints = counts.get(outcome.event_type, 0)
        share = round(100 * prints / ended, 1) if ended else None
        yield {"outcome": outcome.value, "prints": prints, "share": share}
