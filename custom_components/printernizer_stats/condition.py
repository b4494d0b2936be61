"""Conditions: a printer prints, is due for maintenance or succeeds often enough; sharing is on."""

from typing import Any, Final, Unpack, cast, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET, PERCENTAGE, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    ATTR_BEHAVIOR,
    BEHAVIOR_ALL,
    BEHAVIOR_ANY,
    Condition,
    ConditionCheckParams,
    ConditionConfig,
    EntityNumericalConditionBase,
    EntityStateConditionBase,
)
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .automation_targets import BINARY_SENSORS, SENSORS, async_own_entities, async_targeted_printers
from .background.feature_use import AUTOMATIONS, async_note_use
from .core.models import FLEET
from .core.sharing.status import Status
from .runtime import loaded_runtime

_ON: Final[set[str | bool]] = {STATE_ON}
_BEHAVIOR: Final = {vol.Required(ATTR_BEHAVIOR, default=BEHAVIOR_ANY): vol.In([BEHAVIOR_ANY, BEHAVIOR_ALL])}
_PRINTING_SCHEMA: Final = vol.Schema(
    {vol.Optional(CONF_TARGET): cv.TARGET_FIELDS, vol.Required(CONF_OPTIONS, default=dict): _BEHAVIOR}
)
_SHARING_SCHEMA: Final = vol.Schema({vol.Optional(CONF_OPTIONS): {}})


class _IsPrinting(Condition):
    """Whether a print is under way, a paused one too; without a target, on any printer."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", _PRINTING_SCHEMA(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        super().__init__(hass, config)
        options: dict[str, Any] = config.options or {}
        self._target = config.target
        self._combine = all if options[ATTR_BEHAVIOR] == BEHAVIOR_ALL else any

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        async_note_use(self._hass, AUTOMATIONS)
        if (runtime := loaded_runtime(self._hass)) is None:
            return False
        targeted = async_targeted_printers(self._hass, self._target)
        printers = [key for key in runtime.printers if targeted & {FLEET, key}]
        return bool(printers) and self._combine(map(runtime.tracker.async_is_printing, printers))


class _IsMaintenanceDue(EntityStateConditionBase):
    """Whether a printer is due for maintenance."""

    _domain_specs = BINARY_SENSORS
    _states = _ON

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_own_entities(self._hass, super().entity_filter(entities), "maintenance_due")


class _IsSuccessRate(EntityNumericalConditionBase):
    """Whether the share of completed prints is above, below or between."""

    _domain_specs = SENSORS
    _valid_unit = PERCENTAGE

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return async_own_entities(self._hass, super().entity_filter(entities), "success_rate")


class _IsSharing(Condition):
    """Whether weekly reports are shared."""

    @classmethod
    @override
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        return cast("ConfigType", _SHARING_SCHEMA(config))

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        async_note_use(self._hass, AUTOMATIONS)
        runtime = loaded_runtime(self._hass)
        return runtime is not None and runtime.report_scheduler.state.status is not Status.OFF


_CONDITIONS: Final[dict[str, type[Condition]]] = {
    "is_printing": _IsPrinting,
    "is_maintenance_due": _IsMaintenanceDue,
    "is_success_rate": _IsSuccessRate,
    "is_sharing": _IsSharing,
}


async def async_get_conditions(_hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by name."""
    return _CONDITIONS
