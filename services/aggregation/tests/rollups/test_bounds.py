from typing import Any

from hypothesis import given, strategies as st
import pytest

from aggregation.rollups.bounds import (
    CARRIED_HOURS,
    ERRORS_AN_HOUR,
    FLEET,
    JOBS_AN_HOUR,
    MOST_ERRORS,
    MOST_HOURS,
    MOST_JOBS,
    MOST_PRINTERS,
    UNTOLD_PRINTERS,
    USAGE,
    bucket,
    capped_counts,
    capped_usage,
    week_errors,
    week_usage,
)
from aggregation.storage.engine import Database
from tests.made import WEEK, folded, made, sums, verified

MILLION = 1_000_000
GREEDY: dict[str, Any] = {
    "job_count": MILLION,
    "completed_count": MILLION,
    "print_hours": MILLION,
    "file_count": MILLION,
    "upload_count": MILLION,
    "uptime_hours": 744,
    "error_summary": {"store_error": MILLION, "setup_error": MILLION},
}


def row(days: int = 7, **values: Any) -> dict[str, Any]:
    """Return the columns that bounds look at."""
    empty = dict.fromkeys((*USAGE, "printer_count"))
    return {**empty, "period_start": 0, "period_end": days * 86400, **values}


def test_what_is_impossible_is_in_no_sum(storage: Database) -> None:
    folded(storage, made(printer_count=1, **GREEDY))
    found = sums(storage)
    assert found["usage:job_count"] == found["usage:completed_count"] == 168 * JOBS_AN_HOUR
    assert found["usage:print_hours"] == 168 + CARRIED_HOURS
    assert found["usage:uptime_hours"] == 192
    assert verified(storage).agrees


def test_one_home_moves_capped_sums_by_so_much_and_no_more(storage: Database) -> None:
    counts: dict[str, Any] = {"printer_count": 1000, "printer_type_counts": {"prusa": 990, "other": 10}}
    folded(storage, made(**counts, **GREEDY))
    found = sums(storage)
    assert found["capped_usage:job_count"] == found["capped_usage:completed_count"] == MOST_JOBS
    assert found["capped_usage:print_hours"] == MOST_HOURS
    assert found["capped_printers:"] == found["capped_printer_type:prusa"] == MOST_PRINTERS
    assert "capped_printer_type:other" not in found
    assert found["capped_errors:setup_error"] == MOST_ERRORS
    assert found["jobs_homes:1024"] == 1
    assert sums(storage, WEEK + 1, "received")["received_errors:1"] == MOST_ERRORS


def test_one_home_moves_plain_sums_by_a_stated_amount_whatever_it_claims(storage: Database) -> None:
    counts: dict[str, Any] = {"printer_count": 1000, "printer_type_counts": {"prusa": 990, "other": 10}}
    folded(storage, made(**counts, **GREEDY))
    found = sums(storage)
    assert found["usage:job_count"] == FLEET * 168 * JOBS_AN_HOUR
    assert found["usage:print_hours"] == FLEET * (168 + CARRIED_HOURS)
    assert found["printers:"] == found["printer_type:prusa"] == FLEET
    assert found["errors:store_error"] == found["errors:setup_error"] == 168 * ERRORS_AN_HOUR
    assert verified(storage).agrees


def test_few_errors_and_short_periods_keep_what_they_tell() -> None:
    summary = {"error_summary": {"store_error": 1, "setup_error": 0}}
    assert week_errors([row(7, **summary)]) == {"store_error": 1}
    assert week_errors([row(31, **summary)]) == {"store_error": 1}
    short = row(0, job_count=1, **summary) | {"period_end": 1800}
    assert week_errors([short]) == {"store_error": 1}
    assert week_usage([short])["job_count"] == 1


def test_home_that_does_not_tell_its_printers_may_have_many(storage: Database) -> None:
    folded(storage, made(**GREEDY))
    assert sums(storage)["usage:print_hours"] == UNTOLD_PRINTERS * (168 + CARRIED_HOURS)


def test_month_counts_as_a_week_of_it_and_overlapping_weeks_as_one(storage: Database) -> None:
    folded(storage, made("a", days=(-12, 19), job_count=310, printer_count=9))
    assert sums(storage)["usage:job_count"] == 70
    folded(
        storage,
        made("b", WEEK + 5, days=(-1, 6), job_count=7, printer_count=9),
        made("b", WEEK + 5, days=(0, 7), job_count=7, printer_count=9),
    )
    assert sums(storage, WEEK + 5)["usage:job_count"] == 7


@given(st.fixed_dictionaries({name: st.integers(0, MILLION) for name in USAGE}), st.integers(1, 31))
def test_capped_is_never_more_than_possible(values: dict[str, int], days: int) -> None:
    usage = week_usage([row(days, printer_count=3, **values)])
    capped = capped_usage(usage)
    for name in USAGE:
        assert 0 <= capped[name] <= usage[name] <= values[name]
    assert capped["job_count"] <= MOST_JOBS


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, MILLION)), st.integers(0, 50))
def test_capped_counts_are_together_at_most_so_many(counts: dict[str, int], most: int) -> None:
    capped = capped_counts(counts, most)
    assert sum(capped.values()) == min(most, sum(counts.values()))
    assert all(0 < count <= counts[name] for name, count in capped.items())


def test_what_honest_homes_report_is_not_touched() -> None:
    values = dict.fromkeys(USAGE, 0) | {"job_count": 20, "completed_count": 18, "print_hours": 90}
    assert week_usage([row(7, **values)]) == capped_usage(week_usage([row(7, **values)])) == values
    assert week_usage([row(7, **values, printer_count=0)])["print_hours"] == 90


@pytest.mark.parametrize(
    ("count", "low"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 4), (1023, 512), (10**6, 1024)]
)
def test_buckets_double(count: int, low: int) -> None:
    assert bucket(count) == low
