"""A year on a clock that is moved: 52 requests, evenly spread, and never two in an hour.

The clock moves by half a week; PRINTERNIZER_FULL_PROOFS=1 makes it single days. In `script/test --fast` the
year is a quarter, and has fewer failures.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
import json
from random import Random

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.core.sharing.schedule import (
    WEEK_SECONDS,
    after_failure,
    next_slot,
)

from ..helpers import StatisticsService, async_act, async_pass, async_settle, async_setup, entity_state
from ..proofs import tries

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
HOMES = 10_000
HOUR = 3600
STEPS_A_WEEK = tries(2, full=7)
WEEKS = tries(52, fast=13)
MOMENTS = tries(200, fast=80)
ATTEMPTS = tries(10, fast=3)
"""More than these are made in so many moments: one comes a day after another at the latest."""


def chi_square(seen: Counter[int], expected: dict[int, float]) -> float:
    """How far counts are from what is expected."""
    return sum((seen[place] - wanted) ** 2 / wanted for place, wanted in expected.items())


def _due(hass: HomeAssistant, entry: MockConfigEntry) -> datetime:
    return datetime.fromisoformat(entity_state(hass, entry, "next_submission").state)


async def _async_pass_until_due(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    wait = _due(hass, entry) - datetime.now(UTC)
    await async_pass(hass, entry, freezer, seconds=wait.total_seconds() + 1)


async def _async_pass_until(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, end: datetime
) -> None:
    """Let time go by, and send at the moments at which it is due."""
    while _due(hass, entry) < end:
        await _async_pass_until_due(hass, entry, freezer)
    await async_pass(hass, entry, freezer, seconds=(end - datetime.now(UTC)).total_seconds())


@pytest.mark.timeout(1200)
async def test_a_year_is_52_requests(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    freezer.move_to(MONDAY)
    entry = await async_setup(hass, **service.options())
    for step in range((2 + WEEKS) * STEPS_A_WEEK):
        if step == 2 * STEPS_A_WEEK:
            service.asked = 0
            service.received.clear()
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})
        await _async_pass_until(hass, entry, freezer, MONDAY + (step + 1) * timedelta(days=7) / STEPS_A_WEEK)
    assert (service.asked, len(service.received)) == (WEEKS, WEEKS)
    bodies = [json.loads(body) for body in service.received]
    assert {body["usage_stats"]["upload_count"] for body in bodies} == {STEPS_A_WEEK}, "each once"
    periods = [(body["period"]["start"], body["period"]["end"]) for body in bodies]
    assert [end for _, end in periods[:-1]] == [start for start, _ in periods[1:]], "no gap, no overlap"


@pytest.mark.timeout(1200)
async def test_never_two_attempts_in_an_hour(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    """Whatever the service answers, and however often Home Assistant starts anew."""
    random = Random(5)
    freezer.move_to(MONDAY + timedelta(hours=12))
    entry = await async_setup(hass, **service.options())
    for _ in range(2):
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})
        await async_pass(hass, entry, freezer, days=7)
    service.status = 500
    await _async_pass_until_due(hass, entry, freezer)
    attempts = [datetime.now(UTC)]
    for _ in range(MOMENTS):
        service.status = random.choice([500, 502, 401, 404, 429, 503])
        service.headers = {"Retry-After": "7200"} if service.status in (429, 503) else {}
        if random.random() < 0.3:
            assert await hass.config_entries.async_reload(entry.entry_id)
            await async_settle(hass, entry)
        before = service.asked
        await async_pass(hass, entry, freezer, minutes=random.choice([5, 16, 50, 300]))
        if service.asked > before:
            assert service.asked == before + 1
            wait = timedelta(hours=2 if service.headers else 1)
            assert _due(hass, entry) - datetime.now(UTC) >= wait - timedelta(seconds=1)
            attempts.append(datetime.now(UTC))
    assert len(attempts) > ATTEMPTS
    gaps = [later - earlier for earlier, later in pairwise(attempts)]
    assert min(gaps) >= timedelta(hours=1)


def test_many_homes_come_evenly_over_the_week() -> None:
    random = Random(2026)
    begin = MONDAY.timestamp()
    came = Counter(
        int(next_slot(begin + random.uniform(0, WEEK_SECONDS), random) - begin - WEEK_SECONDS) // HOUR
        for _ in range(HOMES)
    )
    expected = dict.fromkeys(range(168), HOMES / 168)
    assert set(came) <= expected.keys()
    assert chi_square(came, expected) < 229.5, "0.1 % for 167 degrees of freedom"


def test_many_homes_come_back_evenly_after_a_failure() -> None:
    """Any time from an hour up to the ceiling is as likely."""
    random = Random(2026)
    came = Counter(int(after_failure(0, 9, None, random)) // HOUR for _ in range(HOMES))
    expected = dict.fromkeys(range(1, 24), HOMES / 23)
    assert set(came) <= expected.keys()
    assert chi_square(came, expected) < 48.3, "0.1 % for 22 degrees of freedom"
