"""A home that goes over from Printernizer's own reports is no new one."""

from datetime import date, timedelta

from sqlalchemy import Connection

from custom_components.printernizer_stats.core.sharing import history, own_reports
from custom_components.printernizer_stats.core.sharing.report import Supplement
from custom_components.printernizer_stats.core.store import UsageStore

MONDAY = date(2026, 11, 16)
WEEK = timedelta(weeks=1)


def told(store: UsageStore, start: date, *seen: tuple[date, str]) -> Supplement:
    """Return what the first report says that begins on a day, after Printernizer was seen to share."""

    def supplement(conn: Connection) -> Supplement:
        for day, version in seen:
            own_reports.note(conn, version, day)
        return history.supplement(conn, "0.1.0", start, start + WEEK)

    return store.run(supplement).result()


def test_the_first_report_goes_on_from_when_it_was_seen_to_share_last(store: UsageStore) -> None:
    first = told(store, MONDAY, (MONDAY - 6 * WEEK, "2.41.0"), (MONDAY - 2 * WEEK, "2.42.0"))
    assert (first.first_report, first.weeks_since_previous_report) == (False, "3")
    assert first.previous_app_version == "2.42.0"


def test_one_that_shared_in_this_week_reported_about_the_last_one(store: UsageStore) -> None:
    first = told(store, MONDAY, (MONDAY + timedelta(days=3), "2.42.0"))
    assert (first.first_report, first.weeks_since_previous_report) == (False, "1")


def test_weeks_before_its_last_report_were_not_told_by_it(store: UsageStore) -> None:
    assert told(store, MONDAY, (MONDAY + WEEK, "2.42.0")).first_report


def test_nothing_is_noted_by_a_clock_that_cannot_be_right(store: UsageStore) -> None:
    assert told(store, MONDAY, (date(1970, 1, 1), "2.42.0")).first_report


def test_who_never_shared_is_new(store: UsageStore) -> None:
    assert told(store, MONDAY).first_report
