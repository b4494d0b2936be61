"""Printernizer or Home Assistant restarts or answers late: no print is lost, counted twice or made up."""

from datetime import timedelta

import pytest

from .at_home import INSTANCE, Home
from .printing import async_print, ended


async def test_a_restart_in_the_middle_of_a_print_splits_nothing(home: Home) -> None:
    """Its printers are offline at first, as it connects to them."""
    home.app.show("a", "online")
    await home.async_setup("a")
    await async_print(home, range(0, 50, 5))
    home.app.status = 502
    await home.async_poll(2)
    home.app.status = 200
    home.app.show("a", "offline", temperatures=None, last_seen=None)
    await home.async_poll(2)
    await async_print(home, range(55, 100, 5))
    home.app.show("a", "online", 100)
    await home.async_poll(2)
    assert ended(home) == {"job_created": 1, "job_completed": 1}


async def test_a_print_that_ends_while_it_is_away_counts_once(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await async_print(home, range(0, 90, 5))
    home.app.body = b"<html>a proxy's page</html>"
    await home.async_poll(20)
    home.app.body = None
    home.app.show("a", "unknown", 100)
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_completed": 1}


@pytest.mark.parametrize(("seconds", "away"), [(15, False), (25, True)])
async def test_a_print_counts_once_though_answers_are_slow(home: Home, seconds: int, away: bool) -> None:
    """For 20 seconds an answer is waited for; a later one is none, and the next look is due all the same."""
    home.app.show("a", "online")
    entry = await home.async_setup("a")
    instance = entry.runtime_data.printer_manager.apps.instances[INSTANCE]
    for progress in range(0, 100, 10):
        home.app.show("a", "printing", progress)
        await home.async_slow_poll(seconds)
        assert instance.connected is not away
        await home.async_poll()
        assert instance.connected
    home.app.show("a", "unknown", 100)
    await home.async_slow_poll(seconds)
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_completed": 1}


async def test_a_look_that_is_minutes_old_is_no_look(home: Home) -> None:
    """The app goes on to answer, and looks at its printers no more."""
    home.app.show("a", "printing", 10)
    await home.async_setup("a")
    await home.async_poll(5)
    home.app.is_looking = False
    await home.async_poll(60)
    home.app.is_looking = True
    home.app.show("a", "printing", 11)
    await home.async_poll(4)
    home.app.show("a", "unknown", 20)
    await home.async_poll()
    home.app.show("a", "online")
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_cancelled": 1}
    assert home.counts["print_seconds"] < 600, "half an hour that nobody saw is no print time"


@pytest.mark.parametrize("hours", [-13, 13])
async def test_its_clock_may_say_what_it_likes(home: Home, hours: int) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await async_print(home, range(0, 50, 5))
    home.app.clock += timedelta(hours=hours)
    await async_print(home, range(50, 100, 5))
    home.app.show("a", "online", 100)
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_completed": 1}
    assert home.counts["print_seconds"] == 600


async def test_a_reload_and_a_restart_of_ours_split_nothing(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await async_print(home, range(0, 40, 5))
    assert await home.hass.config_entries.async_unload(home.entry.entry_id)
    await home.async_start()
    await async_print(home, range(40, 100, 5))
    home.app.show("a", "online", 100)
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_completed": 1}
    assert home.counts["print_seconds"] == 600


async def test_what_was_there_before_is_not_counted(home: Home) -> None:
    home.app.show("a", "unknown", 100)
    home.app.show("b", "error", 40)
    await home.async_setup("a", "b")
    await home.async_poll(5)
    assert ended(home) == {}
