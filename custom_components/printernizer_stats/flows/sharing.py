"""Pages about sharing, which setting up and changing have in common."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntryBaseFlow,
    ConfigEntryState,
    ConfigFlowResult,
    OptionsFlow,
)

from .. import clock
from ..background.remote_deletion import RemoteDeletion
from ..const import (
    CONF_AGREE,
    CONF_AT_ONCE,
    CONF_CATEGORIES,
    CONF_CONSENT,
    CONF_DELETE_SENT,
    CONF_ENDPOINT,
    CONF_INCLUDE_PAST,
    CONF_PSEUDONYMOUS,
    CONF_SHARE,
    DEFAULT_ENDPOINT,
    PRIVACY_URL,
)
from ..core.dictionary import BASE, DICTIONARY
from ..core.report_intervals import utc_day
from ..core.store import STORE_ERRORS, UsageStore
from ..core.store.consent_ledger import ledger
from ..core.store.report_intervals import past_weeks
from .consent_texts import async_consent_words, async_list_decisions, async_list_fields
from .sharing_forms import async_check_sharing, categories_schema, flat, sharing_schema, ticks_schema


class SharingPages(ConfigEntryBaseFlow):
    """Switching sharing on, by category and with a last look, and off."""

    _texts: str
    """Which part of the translations the flow's texts are in."""
    _wish: dict[str, Any]

    def _saved(self) -> Mapping[str, Any]:
        """Return the options as they are."""
        return {}

    def _store(self) -> UsageStore | None:
        """Return the open store, None while there is none."""
        return None

    @abstractmethod
    def _finish(self, options: dict[str, Any]) -> ConfigFlowResult:
        """End the flow with these options about sharing."""

    async def async_step_sharing(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to share, and with whom."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._wish, error = await async_check_sharing(self.hass, user_input)
            if error is None:
                return await self._async_after_sharing()
            errors["base"] = error
        return self.async_show_form(
            step_id="sharing",
            data_schema=sharing_schema(flat(user_input) or self._saved()),
            errors=errors,
            description_placeholders={
                "privacy_url": PRIVACY_URL,
                "example": DEFAULT_ENDPOINT,
                "ledger": await self._async_ledger(),
            },
        )

    async def _async_after_sharing(self) -> ConfigFlowResult:
        if self._wish[CONF_SHARE]:
            return await self.async_step_categories()
        return self._finish(self._wish)

    async def async_step_categories(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to share beside the basics; nothing is ticked that was not agreed to before."""
        if user_input is not None:
            chosen = {BASE, *user_input[CONF_CATEGORIES]}
            self._wish[CONF_CONSENT] = {"version": DICTIONARY.version, "categories": sorted(chosen)}
            return await self.async_step_agree()
        agreed = self._saved().get(CONF_CONSENT, {}).get("categories", ())
        return self.async_show_form(
            step_id="categories",
            data_schema=categories_schema(agreed),
            description_placeholders={"fields": await async_list_fields(self.hass, DICTIONARY.report)},
            last_step=False,
        )

    async def async_step_agree(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show exactly what would be shared, and ask for the tick."""
        consent = self._wish[CONF_CONSENT]
        agreed = DICTIONARY.agreed(consent["version"], consent["categories"])
        weeks = await self._async_past_weeks()
        placeholders = {
            "fields": await async_list_fields(self.hass, agreed),
            "endpoint": self._wish[CONF_ENDPOINT],
            "pseudonymous": await self._async_pseudonymous(),
            "privacy_url": PRIVACY_URL,
            "weeks": str(weeks),
        }
        fields = [CONF_AGREE, CONF_INCLUDE_PAST] if weeks else [CONF_AGREE]
        errors = {}
        if user_input is not None:
            if user_input[CONF_AGREE]:
                shown = await self._async_shown("agree", placeholders, fields)
                answer = {**consent, **shown, "includes_past": user_input.get(CONF_INCLUDE_PAST, False)}
                return self._finish({**self._wish, CONF_CONSENT: answer})
            errors["base"] = "not_agreed"
        return self.async_show_form(
            step_id="agree",
            data_schema=ticks_schema({**dict.fromkeys(fields, False), **(user_input or {})}),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_shown(
        self, step: str, placeholders: Mapping[str, str], fields: Iterable[str]
    ) -> dict[str, str]:
        """Return hash and language of what a page with these fields says."""
        words = await async_consent_words(self.hass, self._texts)
        labels = [f"{part}.{field}" for field in fields for part in ("data", "data_description")]
        return words.shown(f"step.{step}", labels, placeholders)

    async def _async_pseudonymous(self) -> str:
        """Say what the first protocol means, where the service speaks no other."""
        if self._wish[CONF_PSEUDONYMOUS] is None:
            return ""
        words = await async_consent_words(self.hass, "selector")
        return f"\n\n{words.option('decision', CONF_PSEUDONYMOUS)}"

    async def _async_past_weeks(self) -> int:
        """Return how many weeks could be included: none when sharing is on already."""
        store = self._store()
        if store is None or self._saved().get(CONF_SHARE):
            return 0
        today = utc_day(clock.now())
        return await store.async_read(lambda conn: past_weeks(conn, today))

    async def _async_ledger(self) -> str:
        store = self._store()
        if store is None:
            return ""
        return await async_list_decisions(self.hass, await store.async_read(ledger))


class SharingSteps(SharingPages, OptionsFlow):
    """The pages about sharing, for an entry that is there."""

    _texts = "options"

    @override
    def _saved(self) -> Mapping[str, Any]:
        return self.config_entry.options

    @override
    def _store(self) -> UsageStore | None:
        return self.config_entry.runtime_data.store if self._is_loaded() else None

    @override
    def _finish(self, options: dict[str, Any]) -> ConfigFlowResult:
        return self.async_create_entry(data={**self.config_entry.options, **options})

    @override
    async def async_step_sharing(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask as in the set-up; who shares can stop also while the file cannot be read."""
        try:
            if self._is_loaded():
                await self.config_entry.runtime_data.async_catch_up()
            return await super().async_step_sharing(user_input)
        except STORE_ERRORS:
            if not self._saved().get(CONF_SHARE):
                raise
            return await self.async_step_switch_off()

    async def async_step_switch_off(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Stop sharing by the options alone; the ledger has it once the file can be written again."""
        if user_input is None:
            return self.async_show_form(step_id="switch_off", data_schema=ticks_schema({}))
        return self._finish({CONF_SHARE: False, CONF_CONSENT: await self._async_withdrawal("switch_off", ())})

    @override
    async def _async_after_sharing(self) -> ConfigFlowResult:
        if self._saved().get(CONF_SHARE) and not self._wish[CONF_SHARE]:
            return await self.async_step_leave()
        return await super()._async_after_sharing()

    async def async_step_leave(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Stop sharing, and offer to delete what was sent."""
        remote_deletion: RemoteDeletion | None = (
            self.config_entry.runtime_data.remote_deletion if self._is_loaded() else None
        )
        if user_input is not None:
            if remote_deletion is not None and user_input.get(CONF_DELETE_SENT):
                await _async_delete_sent(remote_deletion, at_once=user_input.get(CONF_AT_ONCE, False))
            consent = await self._async_withdrawal("leave", user_input)
            return self._finish({**self._wish, CONF_CONSENT: consent})
        sent = remote_deletion is not None and await remote_deletion.async_has_sent()
        ticks = {CONF_DELETE_SENT: True, CONF_AT_ONCE: False} if sent else {}
        return self.async_show_form(step_id="leave", data_schema=ticks_schema(ticks))

    async def _async_withdrawal(self, step: str, fields: Iterable[str]) -> dict[str, Any]:
        """Return the answer that names no category, to what the page said."""
        shown = await self._async_shown(step, {}, fields)
        return {"version": DICTIONARY.version, "categories": [], **shown, "includes_past": False}

    def _is_loaded(self) -> bool:
        return self.config_entry.state is ConfigEntryState.LOADED


async def _async_delete_sent(remote_deletion: RemoteDeletion, *, at_once: bool) -> None:
    """Ask for the deletion; once that is noted it goes on by itself, also when the file fails afterwards."""
    try:
        await remote_deletion.async_request(at_once=at_once)
    except STORE_ERRORS:
        if await remote_deletion.async_has_sent():
            raise
