"""Homes recounted: how many there are, how old, which come and go, and where they are."""

from unittest.mock import ANY

from tests.dashboard.recount.tables import AGE_NAMES, Record, middle_success
from tests.dashboard.recount.truth import (
    UNKNOWN,
    Told,
    Truth,
    of_homes,
    percents,
    shares,
    some,
    with_error,
)

EPOCH = 719160
"""The ordinal of 1969-12-29, the Monday that weeks are counted from."""
ON_TIME_DAYS = 8
MANY_DAYS = 1000


def once(truth: Truth, last: int, weeks: int) -> int:
    """Return the homes of some weeks, each once: by what each says of its report before."""
    first = last - weeks + 1
    return some(
        truth.at(*range(first, last + 1)),
        lambda one: one.gap == "none" or int(one.gap.removesuffix("+")) > one.week - first,
    )


def active(truth: Truth, week: int) -> Record:
    here = truth.at(week)
    return {
        "active": len(here),
        "new": some(here, lambda one: one.is_first),
        "active_4w": once(truth, week, 4),
        "active_13w": once(truth, week, 13),
    }


def four_weeks(truth: Truth, week: int) -> Record:
    here = truth.at(*range(week - 3, week + 1))
    return {
        "active": once(truth, week, 4),
        "new": some(here, lambda one: one.is_first),
        "prints": sum(one.use("job_count") for one in here),
        "middle_success": middle_success(here),
        "with_error": percents(with_error(here))[0],
    }


def flow(truth: Truth, week: int) -> Record:
    here, before = truth.at(week), truth.at(week - 1)
    gone = min(0, some(here, lambda one: one.gap == "1") - len(before))
    return {
        "new": some(here, lambda one: one.is_first),
        "returned": some(here, lambda one: one.gap not in {"none", "1"}),
        "gone": gone if truth.state(week) == "complete" else UNKNOWN,
    }


def by_days(truth: Truth, row: Record) -> Record:
    """Homes that are heard of in some days: those of 1.0 by their ids, the others by the weeks they tell."""
    today, days = truth.plan.until.toordinal(), row["days"]

    def heard(last: int) -> int:
        span = range(last - days + 1, last + 1)
        told = [(one, day.toordinal()) for one in truth.every if not one.is_apart for day in one.received]
        here = [(one, day) for one, day in told if day in span]
        ids = {one.identifier for one, _ in here if one.protocol == "1.0"}
        return len(ids) + sum(
            _is_on_time(one, day)
            and (one.gap == "none" or 7 * int(one.gap.removesuffix("+")) > day - span[0])
            for one, day in here
            if one.protocol == "2.0"
        )

    return {"days": days, "homes": heard(today), "before": heard(today - days)}


def _days_of(gap: str) -> int:
    """Return how many days a gap is at least."""
    return MANY_DAYS if gap == "none" else 7 * int(gap.removesuffix("+"))


def _is_on_time(one: Told, day: int) -> bool:
    """Whether a report came in the week after its own, as a first one counts whenever it came."""
    return day - EPOCH - 7 * (one.week + 1) <= ON_TIME_DAYS


def ages(truth: Truth, row: Record) -> Record:
    found = of_homes(truth.at(truth.week), lambda one: one.age == AGE_NAMES[row["age"]])
    return {"age": row["age"], "homes": found[0], **shares(found)}


def countries(truth: Truth, row: Record) -> Record:
    told = [one for one in truth.at(truth.week) if one.country]
    found = of_homes(told, lambda one: one.country == row["code"])
    return {"country": ANY, "code": row["code"], "homes": found[0], **shares(found)}
