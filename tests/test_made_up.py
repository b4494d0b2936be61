"""The past of the demo: a year, one print after the other on each printer, and every name says what it is."""

from datetime import datetime, timedelta
from pathlib import Path
import sys
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from custom_components.printernizer_stats.core.dictionary import DICTIONARY

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "script"))

from stack.__main__ import parse
from stack.made_up import MARK, PRINTERS, past

NOW: Final = datetime(2026, 11, 26, 15, tzinfo=ZoneInfo("Europe/Amsterdam"))


def test_four_printers_have_a_year_behind_them() -> None:
    events = past(PRINTERS, NOW)
    assert len(PRINTERS) == 4
    assert {event.printer for event in events} == {printer.key for printer in PRINTERS}
    days = [datetime.fromtimestamp(event.at, NOW.tzinfo) for event in events]
    assert days == sorted(days)
    assert NOW - timedelta(days=366) < days[0] < NOW - timedelta(days=350)
    assert NOW - timedelta(days=7) < days[-1] < NOW
    assert {(day.year, day.month) for day in days} >= {(2026, month) for month in range(1, 12)}


def test_a_printer_prints_one_thing_at_a_time() -> None:
    for printer in PRINTERS:
        free = 0.0
        for event in past([printer], NOW):
            if event.type.startswith("job_"):
                assert event.at - int(event.data["duration_seconds"]) >= free
                free = event.at


def test_what_is_made_up_is_what_printers_tell() -> None:
    for event in past(PRINTERS, NOW):
        assert event.data.keys() <= DICTIONARY.events[event.type].keys.keys()


def test_every_name_says_that_it_is_made_up() -> None:
    assert all(printer.name.endswith(MARK) for printer in PRINTERS)
    assert all(printer.entity_id.endswith("_demo") for printer in PRINTERS)


def test_a_demo_prints_nothing_that_could_be_checked(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--demo", "--once"])
    assert "--demo prints nothing" in capsys.readouterr().err
