"""A service does not choose the protocol: the first needs an agreement that says what it means."""

from datetime import UTC, datetime
import hashlib
import json

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.printernizer_stats.const import DEFAULT_ENDPOINT, DOMAIN
from custom_components.printernizer_stats.core.sharing import endpoint, outbox, service_info
from custom_components.printernizer_stats.core.sharing.settings import SharingSettings
from custom_components.printernizer_stats.flows import sharing_forms

from ..background.test_report_scheduler import refused
from ..forms import async_open_options, page_text, sharing
from ..helpers import (
    AGREED,
    CLIENT_KEY,
    EN,
    StatisticsService,
    async_act,
    async_pass,
    async_settle,
    async_setup,
    entity_state,
)
from ..second_service import SecondService

SHARED = {"share": True, "consent": AGREED, "client_key": CLIENT_KEY}
MEANING = EN["selector"]["decision"]["options"]["pseudonymous"]


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 10, 14, 9, tzinfo=UTC))


def _issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, "protocol_1")


async def _record(hass: HomeAssistant) -> None:
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})


async def test_a_service_that_says_it_knows_only_protocol_1_gets_nothing(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    """As one that wants a number, or a proxy that answers 404 during a deployment."""
    entry = await async_setup(hass, **SHARED, url=service.url)
    await _record(hass)
    with refused("submission_unagreed"):
        await async_act(hass, "submit_now")
    for _ in range(21):
        await async_pass(hass, entry, freezer, days=1)
    assert service.asked == 0
    assert entity_state(hass, entry, "submission_status").state == "unagreed"
    assert _issue(hass) is not None
    exported = await async_act(hass, "export_data")
    assert exported["reports"] == [], "nothing was made for it either"
    assert "installation_id" not in exported["settings"]


async def test_it_goes_on_once_the_service_speaks_protocol_2_again(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService
) -> None:
    second.missing = True
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    with refused("submission_unagreed"):
        await async_act(hass, "submit_now")
    second.missing = False
    await async_act(hass, "submit_now")
    assert entity_state(hass, entry, "submission_status").state == "sent"
    assert _issue(hass) is None
    assert second.uploads() == 1


async def test_what_it_means_is_in_the_consent_that_is_shown_and_hashed(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    entry = await async_setup(hass, **SHARED, url=service.url)
    await _record(hass)
    with refused("submission_unagreed"):
        await async_act(hass, "submit_now")
    assert _issue(hass) is not None
    configure = hass.config_entries.options.async_configure
    page = await async_open_options(hass, entry, "sharing")
    page = await configure(page["flow_id"], sharing(service.url))
    page = await configure(page["flow_id"], {"categories": ["usage"]})
    assert MEANING in page_text(page)
    await configure(page["flow_id"], {"agree": True})
    await async_settle(hass, entry)
    agree = EN["options"]["step"]["agree"]
    words = (agree["title"], agree["description"], agree["data"]["agree"], agree["data_description"]["agree"])
    text = "\n".join(words).format_map(page["description_placeholders"] or {})
    assert MEANING in text
    assert entry.options["consent"]["text_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert entry.options["pseudonymous"] == service.url
    assert _issue(hass) is None
    await _record(hass)
    await async_act(hass, "submit_now")
    assert json.loads(service.received[-1])["schema_version"] == "1.0"


async def test_an_agreement_holds_for_its_address_only(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService, second: SecondService
) -> None:
    """What was made by protocol 1 and still waits does not follow to another service."""
    service.status = 503
    entry = await async_setup(hass, **service.options())
    await _record(hass)
    with refused("submission_delayed"):
        await async_act(hass, "submit_now")
    hass.config_entries.async_update_entry(entry, options={**entry.options, "url": second.url})
    assert await hass.config_entries.async_reload(entry.entry_id)
    for _ in range(8):
        await _record(hass)
        await async_pass(hass, entry, freezer, days=1)
    await async_act(hass, "submit_now")
    bodies = [json.loads(body) for sent in second.received.values() for body in sent]
    assert {body["schema_version"] for body in bodies} == {"2.0"}
    reports = entry.runtime_data.store.run(outbox.all_reports).result()
    assert reports[0].state is outbox.ReportState.WITHDRAWN


@pytest.mark.parametrize(
    "address",
    [DEFAULT_ENDPOINT, DEFAULT_ENDPOINT.upper().replace("/SUBMIT", "/submit"), f"{DEFAULT_ENDPOINT}/x"],
)
def test_the_projects_own_service_speaks_protocol_2_or_nothing(address: str) -> None:
    options = {**SHARED, "url": address, "pseudonymous": address}
    chosen = SharingSettings.of(options, {})
    assert chosen.pseudonymous is False
    assert endpoint.is_default(address)
    first = service_info.ServiceInfo(endpoint=address)
    assert not first.is_agreed(pseudonymous=chosen.pseudonymous)


async def test_a_service_of_protocol_2_asks_for_no_agreement_to_the_first(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService
) -> None:
    entry = await async_setup(hass)
    configure = hass.config_entries.options.async_configure
    page = await async_open_options(hass, entry, "sharing")
    page = await configure(page["flow_id"], sharing(second.url))
    page = await configure(page["flow_id"], {"categories": ["usage"]})
    assert MEANING not in page_text(page)
    await configure(page["flow_id"], {"agree": True})
    assert entry.options["pseudonymous"] is None
    await hass.async_block_till_done()


async def test_the_projects_own_service_is_not_chosen_while_it_speaks_protocol_1(
    hass: HomeAssistant, service: StatisticsService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing_forms, "is_default", lambda url: url == service.url)
    entry = await async_setup(hass)
    page = await async_open_options(hass, entry, "sharing")
    page = await hass.config_entries.options.async_configure(page["flow_id"], sharing(service.url))
    assert page["step_id"] == "sharing"
    assert page["errors"]
