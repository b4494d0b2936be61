"""What was agreed to, when the dictionary has grown since."""

from typing import Any

import pytest

from aggregation.dictionary import DICTIONARY
from aggregation.protocol import rules
from aggregation.protocol.rules import v2_violations

NEWER = "usage_stats.file_count"
WEEK = 7 * 24 * 3600
VALUES: dict[str, Any] = {
    "period.start": 0,
    "period.end": WEEK,
    "history.first_report": True,
    "history.weeks_since_previous_report": "none",
    "history.previous_app_version": None,
    "consent.categories": ["base", "usage"],
    "consent.version": 1,
}


@pytest.fixture(autouse=True)
def grown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the second version of the dictionary have one more field."""
    monkeypatch.setitem(rules._SINCE, NEWER, 2)
    monkeypatch.setattr(rules, "DICTIONARY", DICTIONARY.model_copy(update={"version": 2}))


@pytest.mark.parametrize(
    ("sent", "agreed", "refused"),
    [({}, 1, []), ({NEWER: 1}, 1, [NEWER]), ({NEWER: 1}, 2, []), ({}, 2, [])],
)
def test_nothing_newer_than_the_consent(sent: dict[str, int], agreed: int, refused: list[str]) -> None:
    report = {**VALUES, **sent, "consent.version": agreed}
    assert [each.path for each in v2_violations(report, now=WEEK)] == refused
