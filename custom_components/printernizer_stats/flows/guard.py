"""Guard of pages: when the statistics file fails, a page says what happened and what to do."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import AbortFlow

from ..core.store import STORE_ERRORS
from ..runtime import loaded_runtime

_STEP: Final = "async_step_"

type Step = Callable[[OptionsFlow, Any], Coroutine[Any, Any, ConfigFlowResult]]

_WITHOUT_FILE: Final = ("init", "sharing", "switch_off")
"""These do not wait for the file: they do what can be done without."""


def guarded[F: OptionsFlow](flow: type[F]) -> type[F]:
    """Guard every step of a flow, its own and those that it takes over, so that no page can be forgotten."""
    for name in dir(flow):
        if name.startswith(_STEP):
            setattr(flow, name, _guarded(getattr(flow, name)))
    return flow


def _guarded(step: Step) -> Step:
    """Return the step, which ends the flow with words when the file cannot be read or written."""
    waits = step.__name__.removeprefix(_STEP) not in _WITHOUT_FILE

    @wraps(step)
    async def act(self: OptionsFlow, user_input: Any = None) -> ConfigFlowResult:
        try:
            # What is saved on a page starts everything anew, and what waits to be written would be lost then.
            if waits and (runtime := loaded_runtime(self.hass)) is not None:
                await runtime.async_catch_up()
            return await step(self, user_input)
        except STORE_ERRORS as error:
            raise AbortFlow("storage_failed") from error

    return act
