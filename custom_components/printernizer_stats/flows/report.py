"""Options pages for what leaves the house: its fields, the next report, and those that were sent."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
import json
import os
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from sqlalchemy import Connection
import voluptuous as vol

from ..const import PRIVACY_URL
from ..core.dictionary import DICTIONARY, Field
from ..core.sharing import outbox, service_info
from ..core.sharing.explain import difference
from ..core.sharing.outbox import StoredReport
from ..core.sharing.receipts import Evidence, evidence
from ..core.sharing.report import PROTOCOL_1, PROTOCOLS, Report
from ..core.sharing.settings import SharingSettings
from ..runtime import Runtime, loaded_runtime
from .page import Pages, Words, async_reason, async_words, table

_SHOWN_REPORTS: Final = 26
_SEND: Final = "send"
_PROTOCOL: Final = "schema_version"
_BREAK: Final = "\N{ZERO WIDTH SPACE}"
_PIECE: Final = re.compile(r"[^._]+[._]?")
_RUN: Final = 12


class ReportSteps(Pages):
    """Looking at reports, and sending the next one now; every page leads back to the menu."""

    _shown_sha256: str

    async def async_step_collected(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show every field of a report, by category."""
        if user_input is not None:
            return await self.async_step_init()
        word, name = await async_words(self.hass, "report"), await async_words(self.hass, "category")
        sharing = self._sharing()
        agreed = sharing.consent.categories if sharing.share and sharing.consent else ()
        tables = fields_by_category(word, name, agreed, await self._async_protocols(sharing.endpoint))
        return self.async_show_page("collected", {**self._where(word), "tables": tables})

    async def async_step_preview(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the exact bytes that would be sent now, and send them if the person says so."""
        if (runtime := loaded_runtime(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            return await (self._async_send(runtime) if user_input.get(_SEND) else self.async_step_init())
        await runtime.async_catch_up()
        preview = await runtime.report_scheduler.async_preview()
        shown = preview.next
        self._shown_sha256 = shown.sha256
        word = await async_words(self.hass, "report")
        fields: dict[vol.Marker, Any] = {}
        if self._sharing().share and (preview.can_submit or preview.waiting):
            fields = {vol.Required(_SEND, default=False): bool}
        return self.async_show_form(
            step_id="preview",
            data_schema=vol.Schema(fields),
            description_placeholders={
                **self._where(word),
                "comparison": comparison(word, preview.earlier, shown),
                "body": shown.body.decode(),
                "size": str(len(shown.body)),
                "sha256": shown.sha256,
                "days": _days(shown),
            },
        )

    async def async_step_not_sent(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Go from the reason why nothing was sent back to what would be sent now."""
        return await self.async_step_preview()

    async def async_step_reports(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show what was sent, and what the service said of it."""
        if (runtime := loaded_runtime(self.hass)) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            return await self.async_step_init()
        endpoint = self._sharing().endpoint
        proven = await runtime.store.async_read(lambda conn: _proven(conn, endpoint))
        word = await async_words(self.hass, "report")
        rows = [_report_row(word, *each) for each in reversed(proven[-_SHOWN_REPORTS:])]
        head = [word(each) for each in ("days", "report_state", "answered", "receipt")]
        shown = table(head, rows) if rows else word("no_reports")
        return self.async_show_page(
            "reports", {**self._where(word), "count": str(len(proven)), "table": shown}
        )

    async def _async_send(self, runtime: Runtime) -> ConfigFlowResult:
        """Send what was shown and nothing else, and show what became of it."""
        try:
            await runtime.report_scheduler.async_submit_now(self._shown_sha256)
        except ServiceValidationError as error:
            return self.async_show_page("not_sent", {"reason": await async_reason(self.hass, error)})
        return await self.async_step_reports()

    async def _async_protocols(self, endpoint: str) -> tuple[str, ...]:
        """Return the protocol that the next report is of; all of them while nobody knows."""
        if (runtime := loaded_runtime(self.hass)) is None:
            return PROTOCOLS
        agreed = self._sharing().pseudonymous
        expected = await runtime.store.async_read(
            lambda conn: service_info.expected(conn, endpoint, pseudonymous=agreed)
        )
        return (expected.protocol,)

    def _sharing(self) -> SharingSettings:
        return SharingSettings.of(self.config_entry.options, os.environ)

    def _where(self, word: Words) -> dict[str, str]:
        """Whether anything goes anywhere, and where to."""
        sharing = self._sharing()
        state = "sharing_on" if sharing.share else "sharing_paused" if sharing.paused else "sharing_off"
        return {"sharing": word(state), "endpoint": sharing.endpoint, "privacy_url": PRIVACY_URL}


def fields_by_category(word: Words, name: Words, agreed: Collection[str], protocols: Collection[str]) -> str:
    """Return, as Markdown, whether each category is shared, and a table of its fields in these protocols."""
    head = [word(each) for each in ("field", "value", "unit", "purpose")]
    tables = []
    for category in DICTIONARY.categories:
        rows = [
            [f"`{path}`", _value(word, declared), declared.unit or "", word(_purpose_key(path))]
            for path, declared in _fields_of(protocols).items()
            if declared.category == category
        ]
        shared = word("shared" if category in agreed else "not_shared")
        tables.append(f"**{name(category)}** ({shared}): {word(category)}\n\n{table(head, rows)}")
    return "\n\n".join(tables)


def _fields_of(protocols: Collection[str]) -> dict[str, Field]:
    """What a report of one of these protocols can hold, by path; which of them it is of is the first."""
    declared = DICTIONARY.report[_PROTOCOL]
    if len(protocols) == 1:
        version = replace(declared, constant=max(protocols))
    else:
        version = replace(declared, type="enum", words=frozenset(protocols), constant=None)
    return {
        path: version if path == _PROTOCOL else declared
        for path, declared in DICTIONARY.report.items()
        if declared.protocol in (PROTOCOL_1, *protocols)
    }


def _purpose_key(path: str) -> str:
    return path.replace(".", "-")


def _value(word: Words, declared: Field) -> str:
    """Say what a field can hold."""
    kind = word(f"type_{declared.type}")
    if declared.constant is not None:
        return f"{kind} {declared.constant}"
    if declared.type == "enum" and not declared.words:
        return word("type_none")
    words = ", ".join(sorted(declared.words))
    if declared.item is not None:
        return f"{kind} {words}: {_value(word, declared.item)}"
    if words:
        return f"{kind}: {words}"
    if declared.type == "int":
        return f"{kind}, {declared.minimum}-{declared.maximum}"
    return kind


def comparison(word: Words, earlier: StoredReport | None, shown: Report | StoredReport) -> str:
    """Return, as Markdown, every value of a report beside those of the one before; what is new is bold."""
    now = _values(shown.body)
    if earlier is None:
        head = [word("field"), word("this_report")]
        return table(head, [[_path(path), value] for path, value in now.items()])
    before = _values(earlier.body)
    rows = [
        [
            _path(path),
            before.get(path, ""),
            value if before.get(path) == (value := now.get(path, "")) else f"**{value or '-'}**",
        ]
        for path in sorted(before.keys() | now.keys())
    ]
    return table([word("field"), f"{word('report_of')} {_days(earlier)}", word("this_report")], rows)


def _path(path: str) -> str:
    """A path as code that may go on in the next line, or the values beside it are cut off."""
    return f"`{_BREAK.join(_PIECE.findall(path))}`"


def _values(body: bytes) -> dict[str, str]:
    """Every value of a report by its path, as JSON that may go on in the next line."""
    return {each.path: _breakable(json.dumps(each.new)) for each in difference(None, body)}


def _breakable(text: str) -> str:
    """A text without a run of more than so many characters; these are to be read, not to be copied."""
    return re.sub(rf"(\S{{{_RUN}}})(?=\S)", rf"\1{_BREAK}", text)


def _proven(conn: Connection, endpoint: str) -> list[tuple[StoredReport, Evidence]]:
    """Every report with what its receipt proves, by the keys of the service that it was sent to."""
    return [
        (each, evidence(service_info.load(conn, each.endpoint or endpoint), each))
        for each in outbox.all_reports(conn)
    ]


def _days(report: Report | StoredReport) -> str:
    """The first and the last day that a report counts; its own end is the day after."""
    last = date.fromisoformat(str(report.end)) - timedelta(days=1)
    return f"{report.start} - {last}"


def _report_row(word: Words, report: StoredReport, proof: Evidence) -> list[str]:
    answered = ""
    if report.answered_at is not None:
        answered = dt_util.as_local(datetime.fromtimestamp(report.answered_at, UTC)).date().isoformat()
    return [_days(report), word(f"state_{report.state}"), answered, word(f"receipt_{proof}")]
