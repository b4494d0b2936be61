"""Every page of every flow has texts for all that it shows."""

from typing import Any, Final

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.repairs import ConfirmRepairFlow
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.repairs import (
    ConsentFlow,
    GonePrinterFlow,
    NewPrintersFlow,
    async_create_fix_flow,
)

from .helpers import EN, OctoPrint, async_setup
from .texts import assert_step_is_translated

# The pages that follow the one about sharing: see flows/test_sharing.
OF_CONSENT: Final = {"categories", "agree"}
# What a maintainer is asked for once a key is refused: see flows/test_maintainer.
OF_A_KEY: Final = {"reauth_confirm"}


async def test_set_up_steps_are_translated(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    OctoPrint(hass)
    first = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert_step_is_translated(first, EN["config"])
    second = await hass.config_entries.flow.async_configure(first["flow_id"], {"printers": []})
    assert_step_is_translated(second, EN["config"])
    entry = await async_setup(hass)
    third = await entry.start_reconfigure_flow(hass)
    assert_step_is_translated(third, EN["config"])
    seen = {each["step_id"] for each in (first, second, third)}
    assert seen | OF_CONSENT | OF_A_KEY == set(EN["config"]["step"])


async def async_visit(hass: HomeAssistant, shown: Any, seen: set[str]) -> None:
    """Check a page of the options and all pages behind its menu that were not seen yet."""
    assert_step_is_translated(shown, EN["options"])
    seen.add(shown["step_id"])
    for page in shown.get("menu_options", ()):
        if page in seen:
            continue
        # A menu that was left is opened anew by its own name.
        flow = await hass.config_entries.options.async_init(shown["handler"])
        if shown["step_id"] != "init":
            flow = await async_choose(hass, flow, shown["step_id"])
        await async_visit(hass, await async_choose(hass, flow, page), seen)


async def async_choose(hass: HomeAssistant, menu: Any, page: str) -> Any:
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": page})


async def test_option_steps_are_translated(hass: HomeAssistant) -> None:
    described = {"entity": "sensor.shed", "printer_type": "other", "states": {"busy": "printing"}}
    entry = await async_setup(hass, printers=[OctoPrint(hass).id], manual=[described])
    seen: set[str] = set()
    await async_visit(hass, await hass.config_entries.options.async_init(entry.entry_id), seen)

    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await async_choose(hass, await async_choose(hass, menu, "manual"), "describe")
    chosen = {"entity": "sensor.garage", "printer_type": "other"}
    words = await hass.config_entries.options.async_configure(form["flow_id"], chosen)
    await async_visit(hass, words, seen)

    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await async_choose(hass, menu, "delete")
    confirm = await hass.config_entries.options.async_configure(form["flow_id"], {"scope": "events"})
    await async_visit(hass, confirm, seen)

    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await async_choose(hass, menu, "energy")
    meter = await hass.config_entries.options.async_configure(form["flow_id"], {"printer": "sensor.shed"})
    await async_visit(hass, meter, seen)
    # The page of leaving follows only when sharing is on: see test_protocol_2; that of what was not
    # sent: see flows/test_report; that of a file that fails: see flows/test_guard.
    assert seen | OF_CONSENT | {"leave", "not_sent", "switch_off"} == set(EN["options"]["step"])


async def test_repair_steps_are_translated(hass: HomeAssistant) -> None:
    described = {"entity": "gone", "printer_type": "other", "states": {"busy": "printing"}}
    entry = await async_setup(hass, printers=[OctoPrint(hass).id], manual=[described])
    OctoPrint(hass, "def")
    fixable = [key for key, issue in EN["issues"].items() if "fix_flow" in issue]
    data = {"entry_id": entry.entry_id, "printer": "gone", "kind": "OctoPrint", "prints": 3}
    for key in fixable:
        flow = await async_create_fix_flow(hass, key, {**data})
        assert isinstance(flow, NewPrintersFlow | ConfirmRepairFlow | ConsentFlow | GonePrinterFlow)
        flow.hass, flow.handler, flow.issue_id = hass, DOMAIN, key
        assert_step_is_translated(await flow.async_step_init(), EN["issues"][key]["fix_flow"])
        if isinstance(flow, GonePrinterFlow):
            assert_step_is_translated(await flow.async_step_successor(), EN["issues"][key]["fix_flow"])
            assert_step_is_translated(await flow.async_step_sensor(), EN["issues"][key]["fix_flow"])
