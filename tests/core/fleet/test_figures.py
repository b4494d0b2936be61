"""Answers for maintainers: read by form and length only, and everything else refused in one way."""

from contextlib import suppress
from datetime import date
from typing import Any, Final

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.fleet.figures import (
    MOST_TEXT,
    FleetAnswerError,
    alarms,
    figures,
    text,
)

from ...maintained import alarm

SUMMARY: Final = {"latest_submission_at": "2026-11-26T00:00:00"}
HOMES: Final = {"active_30d": 900, "growth_7d_percent": -3.5, "trend": [{"total": 10}, {"total": 25}]}
VERSIONS: Final = {"latest_version": "1.4.0", "adoption_rate_latest": 61.5}
_JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_FIELDS: Final = [
    "id",
    "title",
    "state",
    "times",
    "opened",
    "last",
    "affected_homes",
    "weeks",
    "sentences",
    "active_30d",
    "growth_7d_percent",
    "trend",
    "total",
    "latest_version",
    "adoption_rate_latest",
    "latest_submission_at",
]
_ANSWERS: Final = st.dictionaries(st.sampled_from(_FIELDS), _JSON) | _JSON


def test_figures_are_those_of_the_answers() -> None:
    found = figures(SUMMARY, HOMES, VERSIONS, alarms([alarm(), alarm(2, "ended")]))
    assert (found.active, found.new, found.growth) == (900, 15, -3.5)
    assert (found.newest_version, found.newest_share) == ("1.4.0", 61.5)
    assert found.last_report == date(2026, 11, 26)
    assert [each.number for each in found.open_alarms] == [1]


def test_a_service_without_a_report_tells_so() -> None:
    found = figures({"latest_submission_at": None}, HOMES, VERSIONS | {"latest_version": None}, [])
    assert (found.last_report, found.newest_version) == (None, None)


@pytest.mark.parametrize("state", ["acknowledged", "regressed", "open"])
def test_what_has_not_ended_is_open(state: str) -> None:
    (found,) = alarms([alarm(state=state)])
    assert found.is_open


def test_a_text_is_that_of_the_last_week_and_of_a_length() -> None:
    weeks = [{"sentences": ["Old."]}, {"sentences": ["A\nB", "C" * 900]}]
    told = text({"weeks": weeks})
    assert told.startswith("A B C")
    assert len(told) == MOST_TEXT
    assert text({"weeks": []}) == ""


@pytest.mark.parametrize(
    "wrong",
    [{"id": -1}, {"id": True}, {"title": 7}, {"state": "asleep"}, {"opened": "2026-46"}, {"times": 1.5}],
)
def test_an_alarm_with_a_field_of_another_form_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(FleetAnswerError):
        alarms([alarm() | wrong])


@pytest.mark.parametrize(
    "wrong",
    [
        {"trend": []},
        {"active_30d": "many"},
        {"growth_7d_percent": float("nan")},
        {"trend": [{"total": None}]},
    ],
)
def test_figures_of_another_form_are_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(FleetAnswerError):
        figures(SUMMARY, HOMES | wrong, VERSIONS, [])


@given(answer=_ANSWERS, other=_ANSWERS)
def test_no_answer_raises_anything_else(answer: Any, other: Any) -> None:
    for read in (
        lambda: figures(answer, other, answer, []),
        lambda: figures(SUMMARY, HOMES, answer, []),
        lambda: alarms(answer),
        lambda: alarms([answer, other]),
        lambda: text(answer),
    ):
        with suppress(FleetAnswerError):
            read()
