"""Printers recounted: of which types, how many in a home, and how their prints end."""

from collections import Counter

from tests.dashboard.recount.tables import OUTCOMES, Record, middle_success
from tests.dashboard.recount.truth import (
    Truth,
    capped,
    of_homes,
    percents,
    shares,
    some,
)

MOST_PRINTERS = 20


def types(truth: Truth, row: Record) -> Record:
    told = [one for one in truth.at(truth.week) if one.last.get("printer_count") is not None]
    found = of_homes(told, lambda one: row["type"] in one.types)
    printers = sum(
        capped(one.last.get("printer_type_counts") or {}, MOST_PRINTERS).get(row["type"], 0) for one in told
    )
    return {"type": row["type"], "homes": found[0], **shares(found), "printers": printers}


def sizes(truth: Truth, row: Record) -> Record:
    told = [one for one in truth.at(truth.week) if one.last.get("printer_count") is not None]
    found = of_homes(told, lambda one: min(MOST_PRINTERS, one.last["printer_count"]) == int(row["printers"]))
    return {"printers": row["printers"], "homes": found[0], **shares(found)}


def prints(truth: Truth, week: int) -> Record:
    told = [one for one in truth.at(week) if one.shares_use]
    numbers = sorted(sum(row.get("job_count") or 0 for row in one.rows) for one in told)
    middle = numbers[(len(numbers) - 1) // 2] if numbers else 0
    return {
        "homes": len(told),
        "prints": sum(one.use("job_count") for one in told),
        "hours": sum(one.use("print_hours") for one in told),
        "middle_success": middle_success(told),
        "median_prints": 2 ** (middle.bit_length() - 1) if middle else 0,
    }


def by_type(truth: Truth, row: Record) -> Record:
    kind, here = row["type"], truth.at(*truth.recent)
    with_it = [one for one in here if kind in one.types]
    homes = max(sum(one.week == week for one in with_it) for week in truth.recent)
    ended = Counter[str]()
    for one in here:
        told = {name: one.added(f"{name}_by_type") for name in OUTCOMES}
        total = sum(sum(counts.values()) for counts in told.values())
        for name in OUTCOMES:
            ended[name] += told[name].get(kind, 0) * 24 // max(24, total)
    errors = some(here, lambda one: kind in one.added("errors_by_type"))
    return {
        "type": kind,
        "homes": homes,
        "prints": ended.total(),
        **shares((ended["completed"], ended.total(), homes)),
        "with_error": percents((errors, len(with_it), homes))[0],
    }
