from datetime import date
from typing import Any

from aggregation.rollups.facts import TIMELINE, derive
from aggregation.weeks import iso_name, monday, report_week, week_of, week_of_day
from tests.made import seconds

DAY = date(2026, 11, 17)


def entry(number: int, week: int, version: str = "1", **known: Any) -> dict[str, Any]:
    begin = week * 10 + number
    start: dict[str, Any] = {"id": number, "week": week, "period_start": begin, "period_end": begin + 1}
    start |= {"app_version": version}
    return dict.fromkeys(TIMELINE) | start | {"installation_id": "a", "received_day": DAY} | known


def test_weeks() -> None:
    week = week_of_day(date(2026, 11, 18))
    assert (monday(week), iso_name(week)) == (date(2026, 11, 16), "2026-W47")
    assert week_of(seconds(date(2026, 11, 16))) == week_of(seconds(date(2026, 11, 23)) - 1) == week
    assert week_of(0) == week_of_day(date(1970, 1, 1)) == 0


def test_week_of_a_report_is_where_its_middle_is() -> None:
    sunday, next_sunday = seconds(date(2026, 11, 15)), seconds(date(2026, 11, 22))
    assert monday(report_week(sunday, next_sunday)) == date(2026, 11, 16)
    start, end = seconds(date(2026, 11, 16)), seconds(date(2026, 11, 23))
    assert monday(report_week(start, end)) == monday(report_week(start, start + 86400)) == date(2026, 11, 16)
    assert monday(report_week(end - 86400, end)) == date(2026, 11, 16)


def test_first_and_following_weeks() -> None:
    facts = derive([entry(2, 13, "2"), entry(1, 10, "1"), entry(3, 13, "3")])
    assert facts[1] == {
        "first_report": True,
        "weeks_since_previous_report": "none",
        "previous_app_version": None,
        "age_bucket": "0",
        "days_since_received": None,
        "weeks_since_error": None,
        "told_from": 101,
    }
    later = {
        "first_report": False,
        "weeks_since_previous_report": "3",
        "previous_app_version": "1",
        "age_bucket": "3",
        "days_since_received": 0,
        "weeks_since_error": None,
    }
    assert facts[2] == later | {"told_from": 132}
    assert facts[3] == later | {"told_from": 133}


def test_first_row_keeps_what_was_known_before_its_past_was_purged() -> None:
    known = {
        "first_report": False,
        "weeks_since_previous_report": "2",
        "previous_app_version": "0",
        "age_bucket": "40",
        "days_since_received": 14,
        "weeks_since_error": 3,
        "told_from": 507,
    }
    facts = derive([entry(7, 50, "1", **known), entry(8, 51, "2", received_day=date(2026, 11, 24))])
    assert facts[7] == known
    assert (facts[8]["age_bucket"], facts[8]["days_since_received"]) == ("41", 7)
    assert facts[8]["weeks_since_error"] == 4


def test_weeks_since_an_error_count_from_the_last_one() -> None:
    bad, fine = {"print_failed": 2}, {"print_failed": 0}
    rows = [entry(1, 1), entry(2, 2, error_summary=bad), entry(3, 4, error_summary=fine), entry(4, 5)]
    assert [facts["weeks_since_error"] for facts in derive(rows).values()] == [None, 0, 2, 3]


def test_receipts_are_seen_once_a_day() -> None:
    rows = [entry(number, number) for number in range(1, 4)]
    assert [facts["days_since_received"] for facts in derive(rows).values()] == [None, 0, 0]
