"""Everything awkward that Printernizer can do: no print is lost, counted twice or made up by it."""

from datetime import timedelta
import json
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import issue_registry as ir
import pytest

from .at_home import INSTANCE, Home

ENDS = ("job_completed", "job_failed", "job_cancelled")


def ended(home: Home) -> dict[str, int]:
    """Return how many prints ended how, and how many began."""
    return {name: count for name in ("job_created", *ENDS) if (count := home.counts.get(name, 0))}


async def async_print(home: Home, progress: range, printer: str = "a") -> None:
    """Print on, one look after the other."""
    for each in progress:
        home.app.show(printer, "printing", each)
        await home.async_poll()


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


async def test_too_many_requests_are_no_absence(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await async_print(home, range(0, 50, 5))
    home.app.status, home.app.headers = 429, {"Retry-After": "300"}
    await home.async_poll()
    asked = len(home.app.asked)
    home.freezer.tick(timedelta(seconds=240))
    await home.async_idle()
    assert len(home.app.asked) == asked, "it waits as long as it was told to"
    home.app.status = 200
    home.freezer.tick(timedelta(seconds=60))
    await home.async_poll()
    home.app.show("a", "online", 100)
    await home.async_poll(2)
    assert ended(home) == {"job_created": 1, "job_completed": 1}
    assert home.counts.get("printer_disconnected", 0) == 0


async def test_two_requests_a_minute_are_all_it_is_asked(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    before = len(home.app.asked)
    await home.async_poll(118)
    asked = home.app.asked[before:]
    assert len(asked) == 118
    assert set(asked) == {"GET /api/v1/printers"}
    assert home.app.cookies == 0, "the cookies that it sets are not kept"
    await home.async_poll(4)
    about = [each for each in home.app.asked[before:] if each != "GET /api/v1/printers"]
    assert len(about) == 5, "and once an hour it is asked about itself"


@pytest.mark.parametrize(
    "missing", ["name", "printer_type", "current_job", "temperatures", "last_seen", "connection_config"]
)
async def test_a_print_counts_though_a_field_is_missing(home: Home, missing: str) -> None:
    home.app.show("a", "online")
    home.app.leave_out = {missing}
    await home.async_setup("a")
    await async_print(home, range(0, 100, 10))
    home.app.show("a", "online", 100)
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_completed": 1}


@pytest.mark.parametrize("missing", ["id", "status"])
async def test_a_printer_without_an_id_or_a_status_is_out_of_sight(home: Home, missing: str) -> None:
    home.app.show("a", "printing", 10)
    home.app.leave_out = {missing}
    await home.async_setup("a")
    await home.async_poll(3)
    assert ended(home) == {}


@pytest.mark.parametrize(
    "said",
    [b"", b"[]", b"null", b"{}", b'{"printers": 7}', b'{"printers": [7, null, {}]}', b"\xff\xfe", b"1e999"],
)
async def test_answers_that_are_none_harm_nothing(home: Home, said: bytes) -> None:
    home.app.show("a", "printing", 40)
    await home.async_setup("a")
    await home.async_poll(4)
    home.app.body = said
    await home.async_poll(3)
    home.app.body = None
    home.app.show("a", "online", 100)
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_completed": 1}
    assert home.entry.state is ConfigEntryState.LOADED


async def test_the_word_of_the_socket_tells_a_stop_from_an_end(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_until(lambda: home.app.subscribed == ["a"])
    await async_print(home, range(0, 50, 5))
    home.app.show("a", "unknown", 45)
    home.app.look()
    await home.app.async_tell("a", "Stopped")
    await home.async_poll(2)
    assert ended(home) == {"job_created": 1, "job_cancelled": 1}
    assert home.counts.get("job_paused", 0) == 0


async def test_a_printer_that_wants_attention_is_paused_and_goes_on(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_until(lambda: home.app.subscribed == ["a"])
    await async_print(home, range(0, 50, 5))
    home.app.show("a", "unknown", 45)
    home.app.look()
    await home.app.async_tell("a", "Attention")
    await home.async_poll(20)
    await async_print(home, range(50, 100, 5))
    home.app.show("a", "unknown", 100)
    await home.async_poll(2)
    assert ended(home) == {"job_created": 1, "job_completed": 1}
    assert home.counts["print_seconds"] <= 660, "the pause is no print time"


async def test_a_socket_that_closes_is_opened_anew(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_until(lambda: home.app.sockets == 1)
    await home.app.async_hang_up()
    await home.async_until(lambda: home.app.sockets == 0)
    await home.async_poll()
    await home.async_until(lambda: home.app.subscribed == ["a", "a"])


@pytest.mark.parametrize("noise", ["", "no JSON", "[]", '{"type": 7}', '{"type": "printer_status"}', "\x00"])
async def test_noise_on_the_socket_harms_nothing(home: Home, noise: str) -> None:
    home.app.show("a", "printing", 10)
    await home.async_setup("a")
    await home.async_until(lambda: home.app.subscribed == ["a"])
    await home.app.async_say(noise)
    await home.async_poll(4)
    home.app.show("a", "online", 100)
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_completed": 1}


async def test_a_download_counts_once_however_often_it_is_told(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_until(lambda: home.app.sockets == 1)
    for file, status in (("1", "downloading"), ("1", "completed"), ("1", "completed"), ("2", "failed")):
        data = {"download_id": f"/home/secret/{file}", "status": status, "progress": 100}
        await home.app.async_say({"type": "system_event", "event_type": "download_progress", "data": data})
    await home.async_until(lambda: home.recorded("error_occurred") == 1)
    await home.async_idle()
    assert home.counts["file_downloaded"] == 1
    assert home.counts["error_type.file_download_failed"] == 1


async def test_only_errors_that_are_certainly_new_count(home: Home) -> None:
    """It tells those of the last day: what was there before, or may have gone meanwhile, is not counted."""
    home.app.errors = {"network": 3}
    await home.async_setup()
    for errors in ({"network": 5, "ui": 1}, {"network": 2, "ui": 1}, {"network": 4}):
        home.app.errors = errors
        await home.async_poll(121)
    assert home.counts["error_type.connection_error"] == 4
    assert home.counts["error_type.other_error"] == 1


async def test_a_printer_that_is_online_for_ever_is_told_of(
    home: Home, issue_registry: ir.IssueRegistry
) -> None:
    home.app.show("a", "online", temperatures=None, last_seen="now")
    await home.async_setup("a")
    await home.async_poll(19)
    assert not issue_registry.issues
    await home.async_poll(2)
    (issue,) = issue_registry.issues.values()
    assert (issue.translation_key, issue.translation_placeholders) == ("app_unasked", {"count": "1"})
    home.app.show("a", "online")
    await home.async_poll()
    assert not issue_registry.issues


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


async def test_a_refused_password_is_told_until_it_is_right(
    home: Home, issue_registry: ir.IssueRegistry
) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    home.app.credentials = "Basic Zm9vOmJhcg=="
    await home.async_poll(2)
    assert [each.translation_key for each in issue_registry.issues.values()] == ["app_refused"]
    home.app.credentials = None
    await home.async_poll()
    assert not issue_registry.issues


async def test_its_absence_is_logged_once_and_is_no_error(
    home: Home, caplog: pytest.LogCaptureFixture, issue_registry: ir.IssueRegistry
) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    home.app.status = 500
    await home.async_poll(20)
    home.app.status = 200
    await home.async_poll(2)
    said = [each.getMessage() for each in caplog.records if "Printernizer " in each.getMessage()]
    assert said == [
        "Printernizer cannot be reached; it is asked again every 30 seconds",
        "Printernizer is back",
    ]
    assert home.entry.state is ConfigEntryState.LOADED
    assert not issue_registry.issues
    assert home.counts.get("error_occurred", 0) == 0


async def test_without_a_sub_entry_there_is_no_instance(home: Home) -> None:
    await home.async_setup()
    home.hass.config_entries.async_remove_subentry(home.entry, INSTANCE)
    await home.async_idle()
    asked = len(home.app.asked)
    home.freezer.tick(timedelta(hours=2))
    await home.async_idle()
    assert len(home.app.asked) == asked
    assert home.entry.runtime_data.printer_manager.apps.instances == {}
    await home.async_until(lambda: home.app.sockets == 0)


async def test_a_printer_that_it_no_longer_has_is_gone(home: Home, issue_registry: ir.IssueRegistry) -> None:
    home.app.show("a", "online")
    home.app.show("b", "online")
    await home.async_setup("a", "b")
    home.app.printers = [each for each in home.app.printers if each["id"] == "b"]
    await home.async_poll(9)
    assert not issue_registry.issues
    await home.async_poll(12)
    assert [each.translation_key for each in issue_registry.issues.values()] == ["printer_gone"]


async def test_new_printers_are_offered(home: Home, issue_registry: ir.IssueRegistry) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    home.app.show("b", "online")
    await home.async_poll()
    (issue,) = issue_registry.issues.values()
    assert (issue.translation_key, issue.translation_placeholders) == ("new_printers", {"count": "1"})


def test_nothing_of_an_answer_is_in_a_look() -> None:
    """What stands for a file or a machine is a fingerprint."""
    from custom_components.printernizer_stats.printers.printernizer import decoding  # noqa: PLC0415

    from .standin import row  # noqa: PLC0415

    made: dict[str, Any] = row("a-serial-number", "printing", 10, file="secret.gcode")
    (listed,) = decoding.printers({"printers": [made]})
    told = repr(listed) + json.dumps([*listed.traits.serials, *listed.traits.hosts, listed.sighting.file])
    for secret in ("a-serial-number", "secret", "192.0.2", "REDACTED", "Printer a"):
        assert secret not in told
