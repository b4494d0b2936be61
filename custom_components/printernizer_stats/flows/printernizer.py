"""The sub-entry of an instance of Printernizer: found by the Supervisor as an add-on, else by its address."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.hassio import is_hassio
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ..printers.printernizer.client import AwayError, BusyError, Client, RefusedError, async_session
from ..printers.printernizer.decoding import AnswerError
from ..printers.printernizer.server import (
    CONF_MODE,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USER,
    CONF_VERIFY,
    MODES,
    PORT,
    AddressError,
    Server,
    normalized,
)

_TITLE: Final = "Printernizer"
_ADDON: Final = "printernizer"
_STOP_SHARING: Final = "stop_sharing"
_FAILURES: Final = (AwayError, BusyError, RefusedError, AnswerError)
_ERRORS: Final[dict[type[Exception], str]] = {
    AwayError: "app_away",
    BusyError: "app_busy",
    RefusedError: "app_refuses",
    AnswerError: "no_printernizer",
}
_PASSWORD: Final = TextSelector(
    TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="current-password")
)


class PrinternizerFlow(ConfigSubentryFlow):
    """Asks for the address, tries it, and offers to be the only one that shares."""

    _data: dict[str, Any]

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add an instance."""
        return await self._async_ask("user", user_input, async_guess(self.hass))

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Change an instance; a password that is not typed again stays."""
        return await self._async_ask("reconfigure", user_input, self._get_reconfigure_subentry().data)

    async def async_step_sharing(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Say that the app shares by itself, and offer to switch that off there."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if not user_input[_STOP_SHARING] or await self._async_stop_sharing():
                return self._finish()
            errors["base"] = "still_shares"
        return self.async_show_form(
            step_id="sharing",
            data_schema=vol.Schema({vol.Required(_STOP_SHARING, default=False): bool}),
            errors=errors,
        )

    async def _async_ask(
        self, step: str, typed: dict[str, Any] | None, before: Mapping[str, Any]
    ) -> SubentryFlowResult:
        errors: dict[str, str] = {}
        if typed is not None:
            try:
                self._data = self._checked(typed, before)
                shares = await self._async_shares()
            except AddressError:
                errors[CONF_URL] = "address"
            except _FAILURES as error:
                errors["base"] = _ERRORS[type(error)]
            else:
                if self._is_twice():
                    return self.async_abort(reason="already_configured")
                return await self.async_step_sharing() if shares else self._finish()
        shown = {key: value for key, value in (typed or before).items() if key != CONF_PASSWORD}
        return self.async_show_form(
            step_id=step,
            data_schema=self.add_suggested_values_to_schema(_schema(), shown),
            errors=errors,
            description_placeholders={"example": f"http://printernizer.local:{PORT}"},
        )

    def _checked(self, typed: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """Return what to keep of what was typed; raises AddressError."""
        data = {**typed, CONF_URL: normalized(typed[CONF_URL])}
        if typed.get(CONF_USER) and CONF_PASSWORD not in typed and CONF_PASSWORD in before:
            data[CONF_PASSWORD] = before[CONF_PASSWORD]
        return data

    async def _async_shares(self) -> bool | None:
        """Return whether the app that answers there shares by itself; raises what `Client` raises."""
        with _client(self.hass, self._data) as client:
            version = await client.async_version()
            shares = await client.async_shares()
        entry = self._get_entry()
        if shares and version is not None and entry.state is ConfigEntryState.LOADED:
            entry.runtime_data.note_app_shares(version)
        return shares

    async def _async_stop_sharing(self) -> bool:
        try:
            with _client(self.hass, self._data) as client:
                return await client.async_stop_sharing()
        except _FAILURES:
            return False

    def _is_twice(self) -> bool:
        """Whether that address is an instance already."""
        mine = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
        others = (each for each in self._get_entry().subentries.values() if each is not mine)
        return any(each.data.get(CONF_URL) == self._data[CONF_URL] for each in others)

    def _finish(self) -> SubentryFlowResult:
        if self.source == SOURCE_RECONFIGURE:
            subentry = self._get_reconfigure_subentry()
            return self.async_update_and_abort(self._get_entry(), subentry, data=self._data)
        return self.async_create_entry(title=_TITLE, data=self._data)


@callback
def async_guess(hass: HomeAssistant) -> dict[str, Any]:
    """Return where the app may be: the add-on, if the Supervisor knows one; nobody is asked for it."""
    if not is_hassio(hass):
        return {CONF_MODE: "docker"}
    from homeassistant.components.hassio import (  # noqa: PLC0415  # loaded only where there is a Supervisor
        HassioNotReadyError,
        get_addons_list,
        hostname_from_addon_slug,
    )

    try:
        slugs = [str(each["slug"]) for each in get_addons_list(hass)]
    except HassioNotReadyError, KeyError:
        slugs = []
    for slug in slugs:
        if slug.rpartition("_")[2] == _ADDON:
            host = hostname_from_addon_slug(slug)
            return {CONF_URL: f"http://{host}:{PORT}", CONF_MODE: "homeassistant"}
    return {CONF_MODE: "homeassistant"}


def _schema() -> vol.Schema:
    modes = SelectSelector(SelectSelectorConfig(options=list(MODES), translation_key="deployment_mode"))
    return vol.Schema(
        {
            vol.Required(CONF_URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
            vol.Required(CONF_MODE): modes,
            vol.Optional(CONF_USER): str,
            vol.Optional(CONF_PASSWORD): _PASSWORD,
            vol.Required(CONF_VERIFY, default=True): bool,
        }
    )


@contextmanager
def _client(hass: HomeAssistant, data: Mapping[str, Any]) -> Iterator[Client]:
    """Give a client for one conversation."""
    server = Server.of(data)
    session = async_session(hass, server)
    try:
        yield Client(session, server)
    finally:
        session.detach()
