"""Canaries in every field of every capture: none is kept or told, whatever Printernizer says."""

from collections.abc import Iterator
import json
import logging
from typing import Any, Final

from homeassistant.core import Event, callback
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.printernizer_stats.const import DOMAIN, EVENT_USAGE
from custom_components.printernizer_stats.diagnostics import async_get_config_entry_diagnostics
from custom_components.printernizer_stats.printers.printernizer.ids import printer_id

from ...helpers import StatisticsService, async_act, async_settle
from ...proofs import part, tries
from .at_home import INSTANCE, Home
from .captures import captures

CANARY: Final = "Zyx7Canary"
EVERY: Final = tries(1, fast=3)
"""Of the rows of each capture, so manieth are answered."""
# What the app's answers are read for; everything else becomes a canary, and these as well in other places.
_WORDS: Final = {
    "printer_status",
    "system_event",
    "download_progress",
    "completed",
    "healthy",
    "Prusa status",
}
_STATUSES: Final = ("printing", "online", "unknown", "paused", "error", "offline")


def poisoned(node: Any, *, words: bool) -> Any:
    """Return an answer with a canary in the place of every text, and beside every one.

    With `words` the texts that decide what is read stay, so that the rest of the answer is looked at.
    """
    if isinstance(node, dict):
        return {**{key: poisoned(each, words=words) for key, each in node.items()}, CANARY: CANARY}
    if isinstance(node, list):
        return [poisoned(each, words=words) for each in node]
    if not isinstance(node, str):
        return node
    keep = words and (node in _WORDS or node in _STATUSES or node in ("prusa_core", "2.42.0"))
    return node if keep else f"{CANARY} {node}"


def answers() -> Iterator[Any]:
    """Yield the answers and the messages of every capture."""
    for rows in captures().values():
        for row in part(rows, EVERY):
            yield row["message"] if "message" in row else row["response"]


def found(text: str) -> bool:
    """Whether there is a canary in a text."""
    return CANARY.casefold() in text.casefold()


@pytest.mark.allowed_logs
@pytest.mark.parametrize("words", [True, False], ids=["read", "unreadable"])
async def test_no_canary_of_a_capture_is_kept_or_told(
    home: Home, service: StatisticsService, caplog: pytest.LogCaptureFixture, words: bool
) -> None:
    caplog.set_level(logging.DEBUG, logger=f"custom_components.{DOMAIN}")
    fired: list[Any] = []

    @callback
    def keep(event: Event[Any]) -> None:
        fired.append(event.data)

    home.hass.bus.async_listen(EVENT_USAGE, keep)
    home.app.show(CANARY, "online", name=f"{CANARY} printer")
    home.app.application = poisoned(home.app.application, words=words)
    home.app.errors = {CANARY: 1, "network": 2}
    await home.async_setup(CANARY, **{**service.options(), "printers": [printer_id(INSTANCE, CANARY)]})
    await home.async_until(lambda: home.app.sockets == 1)
    for answer in answers():
        home.app.body = json.dumps(poisoned(answer, words=words)).encode()
        await home.async_poll()
        await home.app.async_say(json.dumps(poisoned(answer, words=words)))
    home.app.body = None
    for status in ("printing",) * 4 + ("error", "printing", "unknown"):
        home.app.show(CANARY, status, 50, name=f"{CANARY} printer", file=f"{CANARY}.gcode")
        await home.async_poll()
        await home.app.async_tell(CANARY, CANARY)
    home.app.errors = {CANARY: 3, "network": 4}
    await home.async_poll(121)
    await async_settle(home.hass, home.entry)

    export = await async_act(home.hass, "export_data")
    preview = await async_act(home.hass, "preview_report")
    database = home.entry.runtime_data.store.file
    files = [database.with_name(f"{database.name}{suffix}") for suffix in ("", "-wal")]
    raw = b"".join(
        [await home.hass.async_add_executor_job(each.read_bytes) for each in files if each.exists()]
    )
    diagnostics = await async_get_config_entry_diagnostics(home.hass, home.entry)
    issues = [each for (domain, _), each in ir.async_get(home.hass).issues.items() if domain == DOMAIN]
    told = {
        "the file": raw.decode("latin-1") + raw.decode("utf-16-le", errors="ignore"),
        "the report": preview["body"],
        "the export": json.dumps(export, default=str),
        "the bus": json.dumps(fired, default=str),
        "diagnostics": json.dumps(diagnostics, default=str),
        "issues": str(issues),
        "the log": "".join(
            each.getMessage() for each in caplog.records if f"custom_components.{DOMAIN}" in each.name
        ),
    }
    assert {name for name, text in told.items() if found(text)} == set()
    assert {"job_created", "error_occurred"} <= {each["type"] for each in export["events"]}


def test_the_search_finds_canaries_and_every_capture_has_some() -> None:
    assert found(f"a {CANARY.upper()} b")
    files = captures()
    assert len(files) == 13
    for name, rows in files.items():
        assert found(json.dumps(poisoned(rows, words=True))), name
