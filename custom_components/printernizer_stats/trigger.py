"""Triggers: a print ended, maintenance became due, a report was sent."""

from typing import Any, ClassVar, Final, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET, STATE_ON
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import (
    EntityTargetStateTriggerBase,
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.event_type import EventType
import voluptuous as vol

from .automation_targets import BINARY_SENSORS, async_own_entities, async_targeted_printers
from .background.feature_use import AUTOMATIONS, async_note_use
from .background.report_scheduler import SIGNAL_REPORT_SENT
from .const import EVENT_USAGE
from .core.models import FLEET, Outcome
from .core.sharing.outbox import StoredReport
from .history.tables import async_names, print_row
from .runtime import loaded_runtime

_NO_OPTIONS: Final[dict[Any, Any]] = {vol.Optional(CONF_OPTIONS): {}}
_PRINT_SCHEMA: Final = vol.Schema({vol.Optional(CONF_TARGET): cv.TARGET_FIELDS, **_NO_OPTIONS})
_REPORT_SCHEMA: Final = vol.Schema(_NO_OPTIONS)
_ON: Final[set[str]] = {STATE_ON}
_USAGE: Final[EventType[dict[str, Any]]] = EventType(EVENT_USAGE)


class _PrintTrigger(Trigger):
    """Fires when a print ends in one way; without a target, on any printer.

    It listens to the bus, so that it costs nothing until a print ends and outlives a reload of the entry.
    """

    _outcome: ClassVar[Outcome]

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", _PRINT_SCHEMA(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        super().__init__(hass, config)
        self._target = config.target

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def is_end(data: dict[str, Any]) -> bool:
            return bool(data["type"] == self._outcome.event_type)

        @callback
        def fire(event: Event[dict[str, Any]]) -> None:
            if async_targeted_printers(self._hass, self._target) & {FLEET, event.data["printer"]}:
                async_note_use(self._hass, AUTOMATIONS)
                row = self._row(event.data)
                run_action({"print": row}, f"print {self._outcome} on {row['name']}", event.context)

        return self._hass.bus.async_listen(_USAGE, fire, event_filter=is_end)

    def _row(self, data: dict[str, Any]) -> dict[str, Any]:
        """The print as a row of the action get_prints."""
        runtime = loaded_runtime(self._hass)
        names = async_names(self._hass, runtime) if runtime else {}
        return print_row(
            {
                **data,
                "ended_ts": data["time"],
                "printer_key": data["printer"],
                "result": self._outcome.value,
            },
            names,
        )


class _PrintCompleted(_PrintTrigger):
    _outcome = Outcome.COMPLETED


class _PrintFailed(_PrintTrigger):
    _outcome = Outcome.FAILED


class _PrintCancelled(_PrintTrigger):
    _outcome = Outcome.CANCELLED


class _MaintenanceDue(EntityTargetStateTriggerBase):
    """Fires when a printer becomes due for maintenance."""

    _domain_specs = BINARY_SENSORS
    _to_states = _ON

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_own_entities(self._hass, super().entity_filter(entities), "maintenance_due")


class _ReportSent(Trigger):
    """Fires when the statistics service took a weekly report."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", _REPORT_SCHEMA(config))

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def fire(report: StoredReport) -> None:
            async_note_use(self._hass, AUTOMATIONS)
            sent = {"start": report.start, "end": report.end, "sha256": report.sha256}
            run_action({"report": sent}, f"report of {report.start} sent")

        return async_dispatcher_connect(self._hass, SIGNAL_REPORT_SENT, fire)


_TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "print_completed": _PrintCompleted,
    "print_failed": _PrintFailed,
    "print_cancelled": _PrintCancelled,
    "maintenance_due": _MaintenanceDue,
    "report_sent": _ReportSent,
}


async def async_get_triggers(_hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return _TRIGGERS
