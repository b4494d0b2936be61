"""Tables of what no entity shows: prints, two weeks side by side, what went wrong. Pure."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from ..core.counters import ERROR_PREFIX, FILAMENT_G, FILAMENT_MM, PRINT_SECONDS, jobs_ended
from ..core.models import Counts, Outcome
from .cards import LEFT, RIGHT, Card, table
from .home import Home
from .texts import Texts, harmless

_RESULT_ICONS: Final = {
    Outcome.COMPLETED: "mdi:check-circle-outline",
    Outcome.FAILED: "mdi:alert-circle-outline",
    Outcome.CANCELLED: "mdi:cancel",
}
_NOTHING: Final = "–"  # noqa: RUF001 - a dash, as Home Assistant shows for no value


def last_prints(home: Home, texts: Texts) -> list[Card]:
    """Return the latest prints, one a row."""
    if not home.prints:
        return []
    columns = {"print": LEFT, "result": LEFT, "duration": RIGHT, "filament": RIGHT}
    return [table(_named(columns, texts), (_print(row, texts) for row in home.prints))]


def _named(columns: Mapping[str, str], texts: Texts) -> dict[str, str]:
    return {texts(f"column_{name}"): side for name, side in columns.items()}


def _print(row: Mapping[str, Any], texts: Texts) -> list[str]:
    name = harmless(row["name"] or texts("former_printer"))
    result = row["result"]
    seconds = row["duration_seconds"]
    return [
        f"<b>{name}</b><br>{row['ended']}",
        f'<ha-icon icon="{_RESULT_ICONS[result]}"></ha-icon> {texts.result(result)}',
        _NOTHING if seconds is None else texts.duration(seconds),
        _filament(row, texts, texts.grams),
    ]


def _filament(amounts: Mapping[str, Any], texts: Texts, weight: Callable[[int], str]) -> str:
    """The weight where it is known, else the length."""
    if amounts.get(FILAMENT_G):
        return weight(amounts[FILAMENT_G])
    if amounts.get(FILAMENT_MM):
        return texts.meters(amounts[FILAMENT_MM])
    return _NOTHING


def two_weeks(home: Home, texts: Texts) -> list[Card]:
    """Return this week against last week, up to the same day and as a whole."""
    weeks = (home.weeks.this, home.weeks.last_by_now, home.weeks.last)
    if not any(jobs_ended(week) for week in weeks):
        return []
    columns = {"this_week": RIGHT, "last_week_by_now": RIGHT, "last_week": RIGHT}
    lines = (
        [texts(name), *(show(week) for week in weeks)] for name, show in _week_rows(home.fleet.counts, texts)
    )
    return [table({"": LEFT, **_named(columns, texts)}, lines)]


def _week_rows(known: Counts, texts: Texts) -> Iterator[tuple[str, Callable[[Counts], str]]]:
    """What weeks are compared by: the name of a text, and how a week's value is shown."""
    yield "row_prints", lambda week: str(jobs_ended(week))
    for outcome in Outcome:
        yield f"row_{outcome}", partial(_count, outcome)
    yield "row_time", lambda week: texts.duration(week.get(PRINT_SECONDS, 0))
    if FILAMENT_G in known or FILAMENT_MM in known:
        yield "row_filament", lambda week: _filament(week, texts, texts.kilograms)


def _count(outcome: Outcome, week: Counts) -> str:
    return str(week.get(outcome.event_type, 0))


def errors(home: Home, texts: Texts) -> list[Card]:
    """Return the errors by their kind, most frequent first."""
    counts = {
        metric.removeprefix(ERROR_PREFIX): amount
        for metric, amount in home.fleet.counts.items()
        if metric.startswith(ERROR_PREFIX)
    }
    if not counts:
        return []
    columns = {"error": LEFT, "this_month": RIGHT, "ever": RIGHT}
    lines = (
        [
            texts.option("error_type", kind),
            str(home.month.get(f"{ERROR_PREFIX}{kind}", 0)),
            str(amount),
        ]
        for kind, amount in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    )
    return [table(_named(columns, texts), lines)]
