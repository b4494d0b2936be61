"""The past: what would have been found in the weeks that are known, with levels before they are saved."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from aggregation.alerts.causes import grouped
from aggregation.alerts.judge import MOST_WEEKS, judge
from aggregation.alerts.observe import dense, observations
from aggregation.alerts.watch import with_levels
from aggregation.judging.shares import FEWEST_WEEKS
from aggregation.weeks import iso_name

LONGEST = 104


@dataclass(frozen=True, slots=True)
class Past:
    """A week in which something would have been found."""

    week: str
    """The ISO week."""
    causes: list[str]
    mailed: list[str]
    """Those that would have been worth a mail."""


def would_have_fired(
    connection: Connection, last: int, weeks: int, levels: Mapping[str, float]
) -> list[Past]:
    """Return the weeks up to one in which causes would have been found; releases are left out."""
    found = observations(connection, last - weeks - MOST_WEEKS, last)
    rules, past = with_levels(levels), []
    for week in range(max(last - weeks + 1, min(found, default=last) + FEWEST_WEEKS), last + 1):
        until = {number: each for number, each in found.items() if number <= week}
        causes = grouped(judge(dense(until, week), week, rules))
        if causes:
            strong = [each.cause for each in causes if each.is_strong]
            past.append(Past(iso_name(week), [each.cause for each in causes], strong))
    return past
