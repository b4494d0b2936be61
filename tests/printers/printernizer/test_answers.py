"""Whatever Printernizer answers: what is missing or no answer harms nothing, and nothing of it is kept."""

import json
from typing import Any

from homeassistant.config_entries import ConfigEntryState
import pytest

from .at_home import Home
from .printing import async_print, ended


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


async def test_only_errors_that_are_certainly_new_count(home: Home) -> None:
    """It tells those of the last day: what was there before, or may have gone meanwhile, is not counted."""
    home.app.errors = {"network": 3}
    await home.async_setup()
    for errors in ({"network": 5, "ui": 1}, {"network": 2, "ui": 1}, {"network": 4}):
        home.app.errors = errors
        await home.async_poll(121)
    assert home.counts["error_type.connection_error"] == 4
    assert home.counts["error_type.other_error"] == 1


def test_nothing_of_an_answer_is_in_a_look() -> None:
    """What stands for a file or a machine is a fingerprint."""
    from custom_components.printernizer_stats.printers.printernizer import decoding  # noqa: PLC0415

    from .standin import row  # noqa: PLC0415

    made: dict[str, Any] = row("a-serial-number", "printing", 10, file="secret.gcode")
    (listed,) = decoding.printers({"printers": [made]})
    told = repr(listed) + json.dumps([*listed.traits.serials, *listed.traits.hosts, listed.sighting.file])
    for secret in ("a-serial-number", "secret", "192.0.2", "REDACTED", "Printer a"):
        assert secret not in told
