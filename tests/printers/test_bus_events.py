"""Bus events and actions of printer integrations: outcomes, errors, files, and whose they are."""

from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
import pytest

from custom_components.printernizer_stats.core.models import Observation, PrinterState, UsageEvent
from custom_components.printernizer_stats.printers.bus_events import BusEventSource

from ..house import House, async_house

MAC = "00:00:5e:00:53:01"


class Heard:
    """What the source reported."""

    def __init__(self, hass: HomeAssistant, **houses: House) -> None:
        self.seen: list[tuple[str, Observation]] = []
        self.files: list[UsageEvent] = []
        self.source = BusEventSource(hass, lambda key, seen: self.seen.append((key, seen)), self.files.append)
        self.source.async_start({key: house.printer for key, house in houses.items()})

    @property
    def states(self) -> list[tuple[str, PrinterState | None, bool]]:
        return [(key, each.state, each.fault) for key, each in self.seen]


def bambu(hass: HomeAssistant, serial: str) -> House:
    house = async_house(hass, "bambu_lab", serial)
    house.show(f"{serial}_print_status", "running")
    return house


@pytest.mark.parametrize(
    ("word", "state", "fault"),
    [
        ("event_print_finished", PrinterState.COMPLETED, False),
        ("event_print_failed", PrinterState.FAILED, False),
        ("event_print_canceled", PrinterState.CANCELLED, False),
        ("event_print_error", None, True),
        ("event_printer_error", None, True),
    ],
)
async def test_bambu_events(hass: HomeAssistant, word: str, state: PrinterState, *, fault: bool) -> None:
    house = bambu(hass, "01P00A")
    heard = Heard(hass, one=house)
    house.fire({"event_type": "bambu_lab_event", "type": word, "error": "a text with a name"})
    await hass.async_block_till_done()
    assert heard.states == [("one", state, fault)]
    assert "a text" not in str(heard.seen)


async def test_events_of_others_are_not_heard(hass: HomeAssistant) -> None:
    one, two = bambu(hass, "01P00A"), bambu(hass, "01P00B")
    heard = Heard(hass, one=one)
    two.fire({"event_type": "bambu_lab_event", "type": "event_print_failed"})
    one.fire({"event_type": "bambu_lab_event", "type": "event_print_started"})
    one.fire({"event_type": "bambu_lab_event", "type": "event_print_error_cleared"})
    hass.bus.async_fire("bambu_lab_event", {"type": "event_print_failed"})
    hass.bus.async_fire("bambu_lab_event", {})
    await hass.async_block_till_done()
    assert heard.seen == []


async def test_each_printer_hears_its_own_events(hass: HomeAssistant) -> None:
    one, two = bambu(hass, "01P00A"), bambu(hass, "01P00B")
    heard = Heard(hass, one=one, two=two)
    two.fire({"event_type": "bambu_lab_event", "type": "event_print_failed"})
    one.fire({"event_type": "bambu_lab_event", "type": "event_print_canceled"})
    await hass.async_block_till_done()
    assert [key for key, _ in heard.seen] == ["two", "one"]


async def test_flashforge_names_its_printer_by_the_serial_of_the_entry(hass: HomeAssistant) -> None:
    house = async_house(hass, "flashforge", "SNFF01")
    house.show("SNFF01_status", "printing")
    heard = Heard(hass, one=house)
    house.fire({"event_type": "flashforge_print_finished", "file": "a name.gcode"})
    hass.bus.async_fire("flashforge_error", {"device_id": "SNFF02"})
    house.fire({"event_type": "flashforge_error"})
    await hass.async_block_till_done()
    assert heard.states == [("one", PrinterState.COMPLETED, False), ("one", None, True)]


@pytest.mark.parametrize("domain", ["anycubic_cloud", "anycubic_ha_integration"])
async def test_anycubic_upload(hass: HomeAssistant, domain: str) -> None:
    house = async_house(hass, domain, MAC)
    house.show(f"{MAC}-job_state", "finished")
    heard = Heard(hass, one=house)
    house.fire({"event_type": domain, "type": "print_cloud_start", "event_data": {"file_name": "x"}})
    house.fire({"event_type": domain, "type": "another"})
    await hass.async_block_till_done()
    (file,) = heard.files
    assert (file.type, file.printer, file.data) == ("file_uploaded", "one", {"printer_type": "anycubic"})
    assert heard.seen == []


async def test_a_bambu_upload_counts_once_however_often_it_tells(hass: HomeAssistant, freezer: Any) -> None:
    heard = Heard(hass, one=bambu(hass, "01P00A"))
    for _ in range(2):
        for percent in range(0, 100, 10):
            hass.bus.async_fire("bambu_upload_progress", {"progress": percent})
            await hass.async_block_till_done()
            freezer.tick(10)
        freezer.tick(120)
    assert [each.type for each in heard.files] == ["file_uploaded"] * 2
    assert [each.printer for each in heard.files] == [None] * 2


async def test_an_upload_by_an_action(hass: HomeAssistant) -> None:
    async def upload(_call: ServiceCall) -> None:
        """Accept."""

    for service in ("upload_file", "start_print"):
        hass.services.async_register("flashforge", service, upload)
    house = async_house(hass, "flashforge", "SNFF01")
    house.show("SNFF01_status", "ready")
    heard = Heard(hass, one=house)
    await hass.services.async_call("flashforge", "upload_file", {"file": "a name.gcode"}, blocking=True)
    await hass.services.async_call("flashforge", "start_print", {}, blocking=True)
    (file,) = heard.files
    assert (file.type, file.data) == ("file_uploaded", {"printer_type": "flashforge"})


async def test_stopped_is_deaf(hass: HomeAssistant) -> None:
    house = bambu(hass, "01P00A")
    heard = Heard(hass, one=house)
    heard.source.async_stop()
    house.fire({"event_type": "bambu_lab_event", "type": "event_print_failed"})
    hass.bus.async_fire("bambu_upload_progress", {})
    await hass.async_block_till_done()
    assert (heard.seen, heard.files) == ([], [])
    assert "bambu_lab_event" not in hass.bus.async_listeners()
