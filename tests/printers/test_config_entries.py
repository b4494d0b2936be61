"""Printer integrations that do not come up."""

from collections.abc import Iterator
from contextlib import ExitStack

from homeassistant.config_entries import ConfigEntryState, ConfigFlow, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError, ConfigEntryNotReady
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_config_flow,
    mock_integration,
    mock_platform,
)

from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.printers.config_entries import ConfigEntrySource

pytestmark = pytest.mark.allowed_logs


class Flow(ConfigFlow):
    """The config flow of a printer integration, as far as it asks for a new login."""

    async def async_step_reauth(self, _data: object) -> ConfigFlowResult:
        """Ask."""
        return self.async_show_form(step_id="reauth")


@pytest.fixture(autouse=True)
def _flows() -> Iterator[None]:
    """Give the integrations of the tests a config flow."""
    with ExitStack() as stack:
        for domain in ("bambu_lab", "hue", "mqtt", "octoprint", "prusalink"):
            stack.enter_context(mock_config_flow(domain, Flow))
        yield


class Broken:
    """A printer integration whose set-up ends as the test says."""

    def __init__(self, hass: HomeAssistant, domain: str) -> None:
        self.error: Exception | None = None
        self._hass = hass
        mock_integration(
            hass,
            MockModule(
                domain,
                async_setup_entry=self._async_setup_entry,
                async_unload_entry=self._async_unload_entry,
            ),
            built_in=False,
        )
        mock_platform(hass, f"{domain}.config_flow")
        self.entry = MockConfigEntry(domain=domain)
        self.entry.add_to_hass(hass)

    async def _async_setup_entry(self, _hass: HomeAssistant, _entry: MockConfigEntry) -> bool:
        if self.error is not None:
            raise self.error
        return True

    async def _async_unload_entry(self, _hass: HomeAssistant, _entry: MockConfigEntry) -> bool:
        return True

    async def async_set_up(self, error: Exception | None) -> None:
        """Set the entry up, or try again."""
        self.error = error
        if self.entry.state is ConfigEntryState.NOT_LOADED:
            await self._hass.config_entries.async_setup(self.entry.entry_id)
        else:
            await self._hass.config_entries.async_reload(self.entry.entry_id)
        await self._hass.async_block_till_done()


@pytest.fixture
def counted(hass: HomeAssistant) -> Iterator[list[UsageEvent]]:
    events: list[UsageEvent] = []
    source = ConfigEntrySource(hass, events.append)
    source.async_start()
    yield events
    source.async_stop()


@pytest.mark.parametrize(
    ("error", "kind"),
    [(ConfigEntryNotReady("secret host"), "connection_error"), (ConfigEntryError("secret"), "setup_error")],
)
async def test_errors_by_their_kind(
    hass: HomeAssistant, counted: list[UsageEvent], error: Exception, kind: str
) -> None:
    await Broken(hass, "prusalink").async_set_up(error)
    (event,) = counted
    assert event.type == "error_occurred"
    assert event.data == {"error_type": kind, "component": "integration", "printer_type": "prusa"}


async def test_a_refused_login(hass: HomeAssistant, counted: list[UsageEvent]) -> None:
    await Broken(hass, "octoprint").async_set_up(ConfigEntryAuthFailed("secret"))
    assert [each.data["error_type"] for each in counted] == ["authentication_error"]


async def test_trying_again_is_no_other_error(hass: HomeAssistant, counted: list[UsageEvent]) -> None:
    broken = Broken(hass, "prusalink")
    for _ in range(3):
        await broken.async_set_up(ConfigEntryNotReady())
    assert len(counted) == 1
    await broken.async_set_up(None)
    await broken.async_set_up(ConfigEntryNotReady())
    assert len(counted) == 2


async def test_others_are_none_of_our_business(hass: HomeAssistant, counted: list[UsageEvent]) -> None:
    await Broken(hass, "mqtt").async_set_up(ConfigEntryNotReady())
    await Broken(hass, "hue").async_set_up(ConfigEntryNotReady())
    assert counted == []


async def test_what_is_broken_at_the_start_is_counted(hass: HomeAssistant) -> None:
    await Broken(hass, "bambu_lab").async_set_up(ConfigEntryNotReady())
    events: list[UsageEvent] = []
    source = ConfigEntrySource(hass, events.append)
    source.async_start()
    source.async_stop()
    source.async_stop()
    assert [each.data["printer_type"] for each in events] == ["bambu_lab"]
