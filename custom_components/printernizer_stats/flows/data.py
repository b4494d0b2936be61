"""Options pages for what is kept at home: export, import and deletion."""

from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.selector import (
    FileSelector,
    FileSelectorConfig,
    SelectSelector,
    SelectSelectorConfig,
)
import voluptuous as vol

from ..const import CONF_AT_ONCE, DOMAIN
from ..core.store import TracesLeftError
from ..history.data_deletion import DeletionScope, async_delete_data
from ..history.data_import import async_import_upload
from ..http import EXPORT_PATH, LINK_MINUTES, PRINTS_PATH, signed_link
from ..runtime import loaded_runtime
from .page import Pages, async_reason, async_words

_FILES: Final = {
    "everything": (EXPORT_PATH, f"{DOMAIN}.json"),
    "tables": (f"{EXPORT_PATH}?format=zip", f"{DOMAIN}.zip"),
    "prints": (PRINTS_PATH, f"{DOMAIN}_prints.csv"),
    "moving": (f"{EXPORT_PATH}?identity=true", f"{DOMAIN}_with_identity.json"),
}
_FILE: Final = "file"
_MOVE: Final = "move"
_REMOTE: Final = "remote"
_SCOPE: Final = "scope"


class DataSteps(Pages):
    """Downloading and deleting what was counted."""

    _deletion: dict[str, Any]

    async def async_step_export(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer the downloads by links that are the person's own and hold for minutes only."""
        if loaded_runtime(self.hass) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            return await self.async_step_init()
        # A Markdown link would be taken for a page of the frontend; this one is opened as a download.
        links = {
            name: f'<a href="{signed_link(self.hass, path)}" target="_blank">{file}</a>'
            for name, (path, file) in _FILES.items()
        }
        return self.async_show_page("export", {**links, "minutes": str(LINK_MINUTES)})

    async def async_step_import_file(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Take up an export; with the tick go on as the installation that it is of."""
        if loaded_runtime(self.hass) is None:
            return self.async_abort(reason="not_loaded")
        errors, reason = {}, ""
        if user_input is not None:
            try:
                imported = await async_import_upload(
                    self.hass, self.config_entry, user_input[_FILE], move=user_input[_MOVE]
                )
            except ServiceValidationError as error:
                errors["base"], reason = "import_refused", await async_reason(self.hass, error)
            else:
                counted = {"events": str(imported.events), "reports": str(imported.reports)}
                return self.async_abort(reason="imported", description_placeholders=counted)
        return self.async_show_form(
            step_id="import_file",
            data_schema=vol.Schema(
                {
                    vol.Required(_FILE): FileSelector(FileSelectorConfig(accept=".json,application/json")),
                    vol.Required(_MOVE, default=False): bool,
                }
            ),
            errors=errors,
            description_placeholders={"reason": reason},
        )

    async def async_step_delete(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Choose what is to be deleted, and whether at the service too."""
        if (runtime := loaded_runtime(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            self._deletion = user_input
            return await self.async_step_delete_confirm()
        scopes = SelectSelectorConfig(options=list(DeletionScope), translation_key="delete_scope")
        fields: dict[vol.Marker, Any] = {
            vol.Required(_SCOPE, default=DeletionScope.EVENTS.value): SelectSelector(scopes)
        }
        if await runtime.remote_deletion.async_has_sent():
            fields[vol.Required(_REMOTE, default=True)] = bool
            fields[vol.Required(CONF_AT_ONCE, default=False)] = bool
        return self.async_show_form(step_id="delete", data_schema=vol.Schema(fields), last_step=False)

    async def async_step_delete_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Say what will be gone, and delete it once the person has agreed."""
        if (runtime := loaded_runtime(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            return await self._async_delete(self._deletion)
        word = await async_words(self.hass, "deletion")
        where = "there_too" if self._deletion.get(_REMOTE) else "here_only"
        return self.async_show_page(
            "delete_confirm",
            {
                "what": word(self._deletion[_SCOPE]),
                "where": word(where),
                "events": str(runtime.coordinator.data.snapshot.events_stored),
            },
        )

    async def _async_delete(self, chosen: dict[str, Any]) -> ConfigFlowResult:
        wish = {"remote": chosen.get(_REMOTE, False), "at_once": chosen.get(CONF_AT_ONCE, False)}
        try:
            deletions = await async_delete_data(
                self.hass, self.config_entry, DeletionScope(chosen[_SCOPE]), **wish
            )
        except TracesLeftError:
            return self.async_abort(reason="delete_unfinished")
        waits = any(not each["confirmed"] for each in deletions)
        return self.async_abort(reason="deletion_waits" if waits else "deleted")
