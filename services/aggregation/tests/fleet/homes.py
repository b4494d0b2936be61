"""Plans of small fleets in which everything awkward happens."""

from datetime import date
from typing import Any

from aggregation.fleet.course import Course, Sent, courses
from aggregation.fleet.plan import Plan

UNTIL = date(2026, 11, 25)


def awkward(**changes: Any) -> Plan:
    """Return a plan with more of everything that is rare."""
    values: dict[str, Any] = {
        "homes": 60,
        "weeks": 30,
        "until": UNTIL,
        "seed": 7,
        "app_share": 0.5,
        "silence": 0.15,
        "late": 0.08,
        "deleting": 0.25,
        "made_up": 0.1,
        "again": 0.03,
        "replaced": 0.03,
        "cut": 0.03,
    }
    return Plan(**(values | changes))


def fleet(plan: Plan) -> list[Course]:
    """Return all homes of a plan."""
    return list(courses(plan))


def in_order(found: list[Course]) -> list[Sent]:
    """Return all that was sent, in the order in which it came."""
    return sorted((sent for course in found for sent in course.sent), key=lambda each: each.received)
