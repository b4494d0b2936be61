"""The second protocol in Home Assistant: weeks without a common id, signed receipts, confirmed deletion."""

from datetime import UTC, datetime
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from ..background.test_report_scheduler import refused
from ..forms import async_open_options, sharing
from ..helpers import AGREED, CLIENT_KEY, EN, async_act, async_pass, async_settle, async_setup, entity_state
from ..second_service import SecondService
from ..texts import assert_step_is_translated

SHARED = {"share": True, "consent": AGREED, "client_key": CLIENT_KEY}


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 10, 14, 9, tzinfo=UTC))


async def _record(hass: HomeAssistant) -> None:
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})


async def test_a_report_with_consent_proof_and_a_signed_receipt(
    hass: HomeAssistant, second: SecondService
) -> None:
    await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    preview = await async_act(hass, "preview_report")
    sent = await async_act(hass, "submit_now", {"sha256": preview["sha256"]})
    ((author, bodies),) = second.received.items()
    assert bodies == [preview["body"].encode()]
    content = json.loads(preview["body"])
    assert content["schema_version"] == "2.0"
    assert content["installation"]["installation_id"] == author
    assert content["consent"]["categories"] == ["base", "errors", "features", "printers", "usage"]
    assert content["history"]["first_report"] is True
    assert sent["receipt"]["jws"].count(".") == 2
    assert len(preview["body"]) <= 1228


async def test_weeks_have_no_common_id(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService
) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    for _ in range(28):
        await _record(hass)
        await async_pass(hass, entry, freezer, days=1)
    assert len(second.received) in (3, 4)
    bodies = [json.loads(body) for sent in second.received.values() for body in sent]
    assert len(bodies) == len(second.received), "one report, one id"
    assert [body["history"]["first_report"] for body in bodies] == [True] + [False] * (len(bodies) - 1)
    assert [body["history"]["weeks_since_previous_report"] for body in bodies[1:]] == ["1"] * (
        len(bodies) - 1
    )


async def test_a_receipt_of_a_stranger_acknowledges_nothing(
    hass: HomeAssistant, second: SecondService
) -> None:
    second.signing = Ed25519PrivateKey.generate()
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    with refused("submission_unreachable"):
        await async_act(hass, "submit_now")
    second.signing = None
    sent = await async_act(hass, "submit_now")
    assert sent["submission_id"] == 1
    assert entity_state(hass, entry, "submission_status").state == "sent"


async def test_a_refused_signature_points_to_the_clock(hass: HomeAssistant, second: SecondService) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    second.status = 401
    with refused("submission_proof_refused"):
        await async_act(hass, "submit_now")
    assert entity_state(hass, entry, "submission_status").state == "proof_refused"


async def test_delete_means_gone_there_too(hass: HomeAssistant, second: SecondService) -> None:
    await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    await async_act(hass, "submit_now")
    (author,) = second.received
    answer = await async_act(hass, "delete_data", {"confirm": True})
    assert second.received == {}
    assert second.deleted == [author]
    (deletion,) = answer["deletions"]
    assert deletion["installation_id"] == author
    assert deletion["confirmed"]
    assert deletion["receipt"]["deleted_count"] == 1
    assert deletion["receipt"]["published_weeks"] == "unchanged", "kept and exported beside what is signed"
    exported = await async_act(hass, "export_data")
    assert exported["deletions"] == answer["deletions"]
    assert exported["reports"] == []
    assert "identity_secret" not in exported["settings"]


async def test_deleting_at_home_only(hass: HomeAssistant, second: SecondService) -> None:
    await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    await async_act(hass, "submit_now")
    answer = await async_act(hass, "delete_data", {"confirm": True, "remote": False})
    assert answer["deletions"] == []
    assert len(second.received) == 1


async def test_after_a_deletion_nothing_ties_old_to_new(hass: HomeAssistant, second: SecondService) -> None:
    await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    before = json.loads((await async_act(hass, "preview_report"))["body"])
    await async_act(hass, "submit_now")
    await async_act(hass, "delete_data", {"confirm": True})
    await _record(hass)
    after = json.loads((await async_act(hass, "preview_report"))["body"])
    assert after["installation"]["installation_id"] != before["installation"]["installation_id"]


@pytest.mark.parametrize("delete_sent", [True, False])
async def test_leaving_offers_to_delete_what_was_sent(
    hass: HomeAssistant, second: SecondService, delete_sent: bool
) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    await async_act(hass, "submit_now")
    (author,) = second.received
    page = await async_open_options(hass, entry, "sharing")
    form = await hass.config_entries.options.async_configure(
        page["flow_id"], sharing(second.url, share=False)
    )
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "leave")
    assert_step_is_translated(form, EN["options"])
    assert entry.options["share"], "not before the second page"
    done = await hass.config_entries.options.async_configure(form["flow_id"], {"delete_sent": delete_sent})
    await async_settle(hass, entry)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert not entry.options["share"]
    assert entity_state(hass, entry, "submission_status").state == "off"
    assert second.deleted == ([author] if delete_sent else [])


async def test_leaving_without_ever_having_sent_has_nothing_to_delete(
    hass: HomeAssistant, second: SecondService
) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    page = await async_open_options(hass, entry, "sharing")
    form: Any = await hass.config_entries.options.async_configure(
        page["flow_id"], sharing(second.url, share=False)
    )
    assert (form["step_id"], list(form["data_schema"].schema)) == ("leave", [])
    done = await hass.config_entries.options.async_configure(form["flow_id"], {})
    await async_settle(hass, entry)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert second.asked == 0


async def test_what_may_have_arrived_is_deleted_too(hass: HomeAssistant, second: SecondService) -> None:
    """A report whose answer is lost, dropped when sharing is switched off, is still covered by a deletion."""
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    second.forgetful = True
    with refused("submission_unreachable"):
        await async_act(hass, "submit_now")
    (author,) = second.received
    second.forgetful = False
    options = {**entry.options, "share": False}
    hass.config_entries.async_update_entry(entry, options=options)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    (report,) = (await async_act(hass, "export_data"))["reports"]
    assert (report["state"], report["attempts"]) == ("withdrawn", 1)
    answer = await async_act(hass, "delete_data", {"confirm": True})
    assert [each["installation_id"] for each in answer["deletions"]] == [author]
    assert second.deleted == [author]


async def test_nothing_is_frozen_for_a_service_that_has_not_said_what_it_speaks(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService
) -> None:
    second.hidden = True
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    with refused("submission_unreachable"):
        await async_act(hass, "submit_now")
    assert entity_state(hass, entry, "submission_status").state == "unreachable"
    for _ in range(14):
        await async_pass(hass, entry, freezer, days=1)
    assert second.received == {}
    assert (await async_act(hass, "export_data"))["reports"] == []
    assert entity_state(hass, entry, "submission_status").state == "unreachable"

    second.hidden = False
    for _ in range(2):
        await async_pass(hass, entry, freezer, days=1)
    bodies = [json.loads(body) for sent in second.received.values() for body in sent]
    assert {body["schema_version"] for body in bodies} == {"2.0"}
    assert bodies[0]["period"]["start"] == "2026-10-14T00:00:00Z"
    assert entity_state(hass, entry, "submission_status").state == "sent"
