"""Importing, as a person does it: by the action, and by a file that was uploaded on a page."""

from io import BytesIO
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.printernizer_stats.core.export.document import document
from custom_components.printernizer_stats.core.export.merging import Imported
from custom_components.printernizer_stats.history.data_import import async_import_upload

from ..core.export.filled import NOON, fill, open_store
from ..helpers import async_act, async_refused, async_settle, async_setup, entity_state, message


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Export another machine, with its identity."""
    store = open_store(tmp_path / "other.db")
    fill(store)
    file = tmp_path / "printernizer_stats.json"
    with store.reader() as conn:
        file.write_bytes(b"".join(document(conn, NOON, identity=True)))
    store.close()
    return file


@pytest.fixture
async def entry(hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Set up a new machine that may read the export."""
    freezer.move_to("2026-11-22 12:00:00+00:00")
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return await async_setup(hass)


async def test_the_action_brings_history_and_sensors_show_it(
    hass: HomeAssistant, entry: MockConfigEntry, exported: Path
) -> None:
    data = {"path": str(exported)}
    assert await async_act(hass, "import_data", data) == {"events": 6, "reports": 0}
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "prints_completed").state == "4"
    assert entity_state(hass, entry, "last_print_result").state == "completed"
    assert entry.runtime_data.maintenance.printers["a1"].interval_hours == 100
    assert await async_act(hass, "import_data", data) == {"events": 0, "reports": 0}
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "prints_completed").state == "4"


async def test_moving_takes_identity_and_receipts(
    hass: HomeAssistant, entry: MockConfigEntry, exported: Path
) -> None:
    moved = await async_act(hass, "import_data", {"path": str(exported), "move": True})
    assert moved == {"events": 6, "reports": 1}
    await async_settle(hass, entry)
    (report,) = (await async_act(hass, "export_data"))["reports"]
    assert report["receipt"]["submission_id"] == 7
    assert await entry.runtime_data.remote_deletion.async_has_sent() is False, (
        "its deletion was asked for there"
    )


async def test_what_cannot_be_imported_says_why(
    hass: HomeAssistant, entry: MockConfigEntry, exported: Path, tmp_path: Path
) -> None:
    stored = entry.runtime_data.coordinator.data.snapshot
    assert await async_refused(hass, "import_data", {"path": "/etc/passwd"}) == "import_path_refused"
    missing = {"path": str(tmp_path / "none.json")}
    assert await async_refused(hass, "import_data", missing) == "import_no_file"
    exported.write_text(exported.read_text()[:-9])
    assert await async_refused(hass, "import_data", {"path": str(exported)}) == "import_unreadable"
    assert entry.runtime_data.coordinator.data.snapshot == stored


@pytest.mark.allowed_logs
async def test_an_uploaded_file_is_imported_and_gone(
    hass: HomeAssistant, entry: MockConfigEntry, exported: Path, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "file_upload", {})
    client = await hass_client()
    uploads = []
    for content in (exported.read_bytes(), b"PK"):
        answer = await client.post("/api/file_upload", data={"file": BytesIO(content)})
        uploads.append((await answer.json())["file_id"])
    good, bad = uploads
    assert await async_import_upload(hass, entry, good) == Imported(events=6)
    with pytest.raises(ServiceValidationError) as refused:
        await async_import_upload(hass, entry, bad)
    assert str(refused.value) == message("import_unreadable")
    for upload in uploads:
        with pytest.raises(ServiceValidationError) as refused:
            await async_import_upload(hass, entry, upload)
        assert str(refused.value) == message("import_no_file")
