"""What "recorder-compatible" means, point by point, against a real home-assistant_v2.db."""

import asyncio
from contextlib import closing
from dataclasses import dataclass
import json
from pathlib import Path
import sqlite3
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.db_schema import EventData
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from sqlalchemy import Engine

from custom_components.printernizer_stats.const import EVENT_USAGE
from custom_components.printernizer_stats.core.store.engine import make_engine

from ...helpers import async_act, async_settle, async_setup

# As users write it for the recorder, word for word.
RECORDER_QUERY: Final = """
    SELECT events.event_id, event_types.event_type, event_data.shared_data,
           datetime(events.time_fired_ts, 'unixepoch', 'localtime') AS fired
    FROM events
    JOIN event_types ON events.event_type_id = event_types.event_type_id
    LEFT JOIN event_data ON events.data_id = event_data.data_id
    WHERE event_types.event_type <> 'component_loaded'
    ORDER BY events.time_fired_ts DESC, events.event_id DESC
    LIMIT 100
"""
_FULL: Final = 2
# The recorder keeps these, always empty, for databases of before 2023.
_LEGACY: Final = "CHAR(0)"


@dataclass(frozen=True, kw_only=True)
class Files:
    """Our file and the recorder's, both with the same events."""

    ours: Path
    recorder: Path


@pytest.fixture
def persistent_database() -> bool:
    """Give the recorder a file instead of memory."""
    return True


@pytest.fixture
async def files(
    hass: HomeAssistant, recorder_mock: Recorder, database: Path, freezer: FrozenDateTimeFactory
) -> Files:
    """Record three events with both running."""
    freezer.move_to("2026-11-18 08:00:00+00:00")
    entry = await async_setup(hass)
    for event_type in ("file_uploaded", "file_downloaded", "file_uploaded"):
        freezer.tick(60)
        data = {"event_type": event_type, "data": {"printer_type": "octoprint"}}
        await async_act(hass, "record_event", data)
    await async_settle(hass, entry)
    await async_wait_recording_done(hass)
    return Files(ours=database, recorder=Path(get_instance(hass).db_url.removeprefix("sqlite:///")))


def _rows(file: Path, query: str, attached: Path | None = None) -> list[Any]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as conn:
        if attached is not None:
            conn.execute("ATTACH ? AS prints", (f"file:{attached}?mode=ro",))
        return conn.execute(query).fetchall()


def _local(moment: str) -> str:
    """Return a moment of UTC in the zone of the machine, as the query tells it."""
    with closing(sqlite3.connect(":memory:")) as conn:
        (local,) = conn.execute("SELECT datetime(?, 'localtime')", (moment,)).fetchone()
    return str(local)


async def test_a_recorder_query_runs_unchanged(files: Files) -> None:
    ours = await asyncio.to_thread(_rows, files.ours, RECORDER_QUERY)
    theirs = await asyncio.to_thread(_rows, files.recorder, RECORDER_QUERY)
    printer = '{"printer_type":"octoprint"}'
    assert ours[:3] == [
        (4, "file_uploaded", printer, _local("2026-11-18 08:03:00")),
        (3, "file_downloaded", printer, _local("2026-11-18 08:02:00")),
        (2, "file_uploaded", printer, _local("2026-11-18 08:01:00")),
    ]
    assert ours[3][1] == "app_start"
    fired = [json.loads(row[2])["type"] for row in theirs if row[1] == EVENT_USAGE]
    assert fired == [row[1] for row in ours]


async def test_the_recorder_has_each_of_our_events_and_an_attach_joins_them(files: Files) -> None:
    joined = await asyncio.to_thread(
        _rows,
        files.recorder,
        """
        SELECT json_extract(d.shared_data, '$.type'), prints.events.event_id
        FROM main.events e
        JOIN main.event_types t ON e.event_type_id = t.event_type_id
        JOIN main.event_data d ON e.data_id = d.data_id
        JOIN prints.events ON prints.events.time_fired_ts = json_extract(d.shared_data, '$.time')
        JOIN prints.event_types pt ON pt.event_type_id = prints.events.event_type_id
         AND pt.event_type = json_extract(d.shared_data, '$.type')
        WHERE t.event_type = 'printernizer_stats_event' ORDER BY e.event_id
        """,
        files.ours,
    )
    assert joined == [
        ("app_start", 1),
        ("file_uploaded", 2),
        ("file_downloaded", 3),
        ("file_uploaded", 4),
    ]


@pytest.mark.parametrize("table", ["events", "event_types", "event_data"])
async def test_columns_have_the_names_and_types_of_the_recorder(files: Files, table: str) -> None:
    def columns(file: Path) -> dict[str, str]:
        return {row[1]: row[2] for row in _rows(file, f"PRAGMA table_info({table})")}

    recorder = await asyncio.to_thread(columns, files.recorder)
    ours = await asyncio.to_thread(columns, files.ours)
    active = {name: kind for name, kind in recorder.items() if kind != _LEGACY}
    assert set(ours) == set(active)
    # A constant in a view has no declared type.
    declared = {name: kind for name, kind in ours.items() if kind}
    assert declared == {name: active[name] for name in declared}
    assert set(active) - set(declared) <= {"origin_idx"}


async def test_values_have_the_types_of_the_recorder(files: Files) -> None:
    names = ("event_id", "event_type_id", "data_id", "time_fired_ts", "origin_idx")
    kinds = ", ".join(f"typeof({name})" for name in names)
    query = f"SELECT DISTINCT {kinds} FROM events WHERE data_id IS NOT NULL"
    assert await asyncio.to_thread(_rows, files.ours, query) == [
        ("integer", "integer", "integer", "real", "integer")
    ]
    assert await asyncio.to_thread(_rows, files.recorder, query) == [
        ("integer", "integer", "integer", "real", "integer")
    ]


async def test_equal_payloads_are_stored_once_under_the_recorders_hash(files: Files) -> None:
    query = "SELECT hash, shared_data FROM event_data ORDER BY data_id"
    rows = await asyncio.to_thread(_rows, files.ours, query)
    assert len(rows) == 2
    for digest, shared in rows:
        assert digest == EventData.hash_shared_data_bytes(shared.encode())


async def test_the_pragmas_are_the_recorders_or_stricter(hass: HomeAssistant, files: Files) -> None:
    def pragmas(engine: Engine) -> dict[str, Any]:
        with engine.connect() as conn:
            return {
                name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "foreign_keys", "synchronous")
            }

    recorder = get_instance(hass).engine
    assert recorder is not None
    theirs = await get_instance(hass).async_add_executor_job(pragmas, recorder)
    ours = await asyncio.to_thread(pragmas, make_engine(files.ours))
    assert (ours["journal_mode"], ours["foreign_keys"]) == (theirs["journal_mode"], theirs["foreign_keys"])
    assert theirs["synchronous"] <= ours["synchronous"] == _FULL
    assert sqlite3.sqlite_version_info >= (3, 40, 1)


async def test_the_sql_integration_reads_our_file(hass: HomeAssistant, files: Files) -> None:
    sensor = {
        "name": "Uploads",
        "query": "SELECT count(*) AS uploads FROM events JOIN event_types USING (event_type_id)"
        " WHERE event_type = 'file_uploaded'",
        "column": "uploads",
        "db_url": f"sqlite:///{files.ours}",
    }
    assert await async_setup_component(hass, "sql", {"sql": [sensor]})
    await hass.async_block_till_done()
    state = hass.states.get("sensor.uploads")
    assert state is not None
    assert state.state == "2"
