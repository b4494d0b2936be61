"""What a client of protocol 2.0 tells of its past, and is derived for one of 1.0.

An installation of 1.0 has one id for ever, so its past is the rows stored before. A row
that comes late changes the facts of those after it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

type Entry = Mapping[str, Any]
"""A row of `submissions` (or the columns below) by column name."""
type Facts = dict[str, Any]

FACTS = (
    "first_report",
    "weeks_since_previous_report",
    "previous_app_version",
    "age_bucket",
    "days_since_received",
    "weeks_since_error",
    "told_from",
)
COUNTED_AS = ("app_version_as", "previous_version_as", "printernizer_as")
"""How the versions of a row are counted: see `values.KnownVersions`."""
TIMELINE = (
    "id",
    "installation_id",
    "week",
    "period_start",
    "period_end",
    "protocol",
    "received_day",
    "app_version",
    "printernizer_version",
    "error_summary",
    *FACTS,
    *COUNTED_AS,
)
"""The columns that facts are derived from."""
LAST_RECEIVED = "last_received"
"""In an entry: the last day on which the installation was heard of before, if it was."""
DERIVED_PROTOCOL = "1.0"


def derive(entries: Iterable[Entry]) -> dict[int, Facts]:
    """Return the facts of all rows of one installation of protocol 1.0, by id.

    The first row there is keeps facts it has: what came before it may be purged by now.
    """
    rows = sorted(entries, key=itemgetter("week", "period_start"))
    facts: dict[int, Facts] = {}
    previous: tuple[Entry, Facts] | None = None
    for _, members in groupby(rows, key=itemgetter("week")):
        group = list(members)
        shared = _after(group, *previous) if previous else _first(group)
        facts |= {row["id"]: dict(shared) for row in group}
        previous = group[-1], shared
    _receipts(rows, facts)
    _tell_once(rows, facts)
    return facts


def is_told_again(entry: Entry) -> bool:
    """Tell whether most of a period was told before: then nothing of it counts."""
    if entry["told_from"] is None:
        return False
    return bool(2 * (entry["period_end"] - entry["told_from"]) < entry["period_end"] - entry["period_start"])


def stored_facts(entry: Entry) -> Facts:
    """Return the facts that a row holds."""
    return {name: entry[name] for name in FACTS}


def _first(group: Sequence[Entry]) -> Facts:
    """Return the facts of the first week of an installation."""
    for row in group:
        if _is_known(row):
            return stored_facts(row)
    return {
        "first_report": True,
        "weeks_since_previous_report": "none",
        "previous_app_version": None,
        "age_bucket": "0",
        "weeks_since_error": _since_error(group, None),
    }


def _after(group: Sequence[Entry], before: Entry, known: Facts) -> Facts:
    """Return the facts of a week after another one."""
    weeks = group[0]["week"] - before["week"]
    return {
        "first_report": False,
        "weeks_since_previous_report": str(weeks),
        "previous_app_version": before["app_version"],
        "age_bucket": str(int(known["age_bucket"]) + weeks),
        "weeks_since_error": _since_error(group, known["weeks_since_error"], weeks),
    }


def _since_error(group: Sequence[Entry], before: int | None, weeks: int = 0) -> int | None:
    """Return the weeks since the last one with an error; None where there was none that is known."""
    if any(any((row["error_summary"] or {}).values()) for row in group):
        return 0
    return None if before is None else before + weeks


def _receipts(rows: Sequence[Entry], facts: Mapping[int, Facts]) -> None:
    """Add the days since the installation was last heard of. What is known stays as it is."""
    known = [row for row in rows if _is_known(row)]
    for row in known:
        facts[row["id"]]["days_since_received"] = row["days_since_received"]
    last = max(_heard(rows, known), default=None)
    for row in sorted(rows, key=itemgetter("received_day", "id")):
        if not _is_known(row):
            days = None if last is None else max(0, (row["received_day"] - last).days)
            facts[row["id"]]["days_since_received"] = days
            last = max(last or row["received_day"], row["received_day"])


def _tell_once(rows: Iterable[Entry], facts: Mapping[int, Facts]) -> None:
    """Add from when on each row tells what none before it has told, in Unix seconds.

    Printernizer's own client sends the last seven days whenever it sends, so that a retry after an answer
    that was lost tells most of them again. What is told again leaves no gap behind it.
    """
    ordered = sorted(rows, key=itemgetter("period_start", "id"))
    covered: int = ordered[0]["told_from"] or 0 if ordered else 0
    for row in ordered:
        told = {**row, "told_from": max(row["period_start"], covered)}
        facts[row["id"]]["told_from"] = told["told_from"]
        if not is_told_again(told):
            covered = max(covered, row["period_end"])


def _heard(rows: Sequence[Entry], known: Sequence[Entry]) -> Iterator[date]:
    """Yield the days on which the installation was heard of before."""
    yield from (row["received_day"] for row in known)
    yield from (row[LAST_RECEIVED] for row in rows if row.get(LAST_RECEIVED))


def _is_known(row: Entry) -> bool:
    """Tell whether a row has been given facts before."""
    return row["age_bucket"] is not None
