"""Public numbers at home: asked for once a week if wanted, verified, compared, and forgotten.

PRINTERNIZER_FULL_PROOFS=1 asks from a thousand homes.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
import socket
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.background.connections import async_connect
from custom_components.printernizer_stats.core.community.download import async_download, public_url
from custom_components.printernizer_stats.core.community.kept import Reception, is_kept
from custom_components.printernizer_stats.dashboard.build import async_dashboard
from custom_components.printernizer_stats.runtime import Runtime

from ..core.community.files import STRANGER, public
from ..forms import async_open_options, defaults, page_text
from ..helpers import (
    EN,
    OctoPrint,
    async_act,
    async_enable_all,
    async_pass,
    async_settle,
    async_setup,
    entity_state,
)
from ..proofs import tries
from ..publisher import Publisher, published, running_publisher
from ..texts import assert_step_is_translated

MONDAY: Final = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS: Final = tries(52, fast=13)
"""A year, and a part of it in script/test --fast."""
HOMES: Final = tries(50, fast=10, full=1000)
KEYS: Final = (
    "community_success_low",
    "community_success_high",
    "community_hours_low",
    "community_hours_high",
)


@pytest.fixture(autouse=True)
def _monday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(MONDAY)


def runtime_of(entry: MockConfigEntry) -> Runtime:
    """Return the parts of the entry."""
    runtime: Runtime = entry.runtime_data
    return runtime


async def async_receive(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, **time: float
) -> None:
    """Let the time go by in which the next file is asked for."""
    planned = runtime_of(entry).community.next
    assert planned is not None
    wait = planned - datetime.now(UTC).timestamp() + 1
    await async_pass(hass, entry, freezer, seconds=wait)
    assert runtime_of(entry).community.next != planned


async def async_print_ten(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Count ten prints, nine of which were completed."""
    for kind in ("job_completed",) * 9 + ("job_failed",):
        data = {"printer_type": "octoprint", "duration_seconds": 3600}
        await async_act(hass, "record_event", {"event_type": kind, "data": data})
    await async_settle(hass, entry)


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep where sockets connect to, and the names that are looked up; all of it still happens."""
    found: list[Any] = []

    def watch(owner: Any, name: str, seen: Callable[..., Any]) -> None:
        real = getattr(owner, name)

        def watched(*arguments: Any, **more: Any) -> Any:
            found.append(seen(*arguments))
            return real(*arguments, **more)

        monkeypatch.setattr(owner, name, watched)

    for name in ("connect", "connect_ex"):
        watch(socket.socket, name, lambda _self, address: address)
    watch(socket.socket, "sendto", lambda _self, *sent: sent[-1])
    watch(socket, "getaddrinfo", lambda host, *_: host)
    return found


async def test_a_year_of_receiving_is_52_requests_of_the_same_bytes_and_no_other_socket(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, publisher: Publisher, touched: list[Any]
) -> None:
    entry = await async_setup(hass, community=True, url=publisher.url)
    await async_receive(hass, entry, freezer)
    publisher.asked.clear()
    touched.clear()
    begin = MONDAY + timedelta(weeks=1)
    while (planned := runtime_of(entry).community.next) is not None:
        if planned >= (begin + timedelta(weeks=WEEKS)).timestamp():
            break
        await async_receive(hass, entry, freezer)
    assert len(publisher.asked) == WEEKS
    host = publisher.url.removeprefix("http://").removesuffix("/submit")
    plain = f"GET /public/latest.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    assert set(publisher.asked) == {plain.encode()}
    address, _, port = host.partition(":")
    assert touched == [(address, int(port))] * WEEKS


async def test_many_homes_ask_with_the_same_bytes(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, publisher: Publisher
) -> None:
    for home in range(HOMES):
        hass.config.language = ("en", "de", "fr")[home % 3]
        async with async_connect(hass) as session:
            assert await async_download(session, public_url(publisher.url))
    assert (len(publisher.asked), len(set(publisher.asked))) == (HOMES, 1)


async def test_the_sensors_say_where_most_homes_are(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, publisher: Publisher
) -> None:
    printer = OctoPrint(hass)
    entry = await async_setup(hass, community=True, url=publisher.url, printers=[printer.id])
    await async_enable_all(hass, entry)
    await async_pass(hass, entry, freezer, seconds=31)  # Home Assistant loads it once more by then.
    await async_receive(hass, entry, freezer)
    state = partial(entity_state, hass, entry)
    assert {state(key).state for key in KEYS} == {"unknown"}, "before ten prints of one's own"
    await async_print_ten(hass, entry)
    assert [state(key).state for key in KEYS] == ["80", "94", "1", "19"]
    shown = state("community_success_low").attributes
    assert (shown["week"], shown["homes"], shown["printer_type"]) == ("2026-W01", 1000, None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    assert state("community_success_low").state == "80", "also after a restart"
    publisher.status = 503
    await async_pass(hass, entry, freezer, days=70)
    assert {state(key).state for key in KEYS} == {"unknown"}, "what is long past is not of now"


async def test_statistics_have_the_own_figures_beside_those_of_most_homes(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, publisher: Publisher
) -> None:
    entry = await async_setup(hass, community=True, url=publisher.url)
    assert (await async_act(hass, "get_statistics"))["community"]["figures"] == []
    await async_receive(hass, entry, freezer)
    await async_print_ten(hass, entry)
    found = (await async_act(hass, "get_statistics"))["community"]
    assert (found["reception"], found["week"]) == ("received", "2026-W01")
    assert found["source"] == public_url(publisher.url)
    assert found["figures"][0] == {
        "figure": "success_rate",
        "own": 90.0,
        "before": None,
        "low": 80,
        "high": 94,
        "homes": 1000,
        "week": "2026-W01",
        "printer_type": None,
    }


async def test_off_opens_no_socket_and_forgets_files_and_keys(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    publisher: Publisher,
    touched: list[Any],
) -> None:
    entry = await async_setup(hass, community=True, url=publisher.url)
    await async_receive(hass, entry, freezer)
    assert await runtime_of(entry).store.async_read(is_kept)
    await async_act(hass, "set_community", {"receive": False})
    await async_settle(hass, entry)
    assert not await runtime_of(entry).store.async_read(is_kept)
    touched.clear()
    for _ in range(WEEKS + 9):
        await async_pass(hass, entry, freezer, days=6)
    assert touched == []
    assert len(publisher.asked) == 1
    assert (await async_act(hass, "get_statistics"))["community"] is None


async def test_deleting_everything_forgets_them_too_and_turns_it_off(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, publisher: Publisher
) -> None:
    entry = await async_setup(hass, community=True, url=publisher.url)
    await async_receive(hass, entry, freezer)
    await async_act(hass, "delete_data", {"confirm": True})
    await async_settle(hass, entry)
    assert not await runtime_of(entry).store.async_read(is_kept)
    assert entry.options["community"] is False


async def test_the_first_key_is_trusted_until_a_trusted_file_names_another(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, publisher: Publisher
) -> None:
    entry = await async_setup(hass, community=True, url=publisher.url)
    community = runtime_of(entry).community
    await async_receive(hass, entry, freezer)
    shown = community.numbers
    publisher.file = published("2026-W02", STRANGER, keys=[public(STRANGER)])
    await async_receive(hass, entry, freezer)
    assert (community.reception, community.numbers) == (Reception.UNTRUSTED, shown)
    publisher.file = published("2026-W02", keys=[public(STRANGER)])
    await async_receive(hass, entry, freezer)
    publisher.file = published("2026-W03", STRANGER, keys=[public(STRANGER)])
    await async_receive(hass, entry, freezer)
    assert community.reception is Reception.RECEIVED
    assert community.numbers is not None
    assert community.numbers.week == "2026-W03"


async def test_the_keys_of_one_service_say_nothing_of_another(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, publisher: Publisher
) -> None:
    entry = await async_setup(hass, community=True, url=publisher.url)
    await async_receive(hass, entry, freezer)
    async with running_publisher() as other:
        other.file = published("2026-W01", STRANGER, keys=[public(STRANGER)])
        hass.config_entries.async_update_entry(entry, options={**entry.options, "url": other.url})
        assert await hass.config_entries.async_reload(entry.entry_id)
        await async_receive(hass, entry, freezer)
    assert runtime_of(entry).community.reception is Reception.RECEIVED


@pytest.mark.parametrize(
    ("answer", "reception"),
    [
        ({"status": 503}, Reception.UNREACHABLE),
        ({"status": 302}, Reception.UNREACHABLE),
        ({"status": 404}, Reception.ABSENT),
        ({"file": b"<html>"}, Reception.UNREADABLE),
        ({"file": b"[" * 70_000}, Reception.UNREADABLE),
        ({"file": published("2025-W01")}, Reception.OUTDATED),
    ],
    ids=["busy", "elsewhere", "absent", "a page", "too long", "old"],
)
async def test_what_is_no_good_file_is_told_once_and_asked_for_later(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    publisher: Publisher,
    caplog: pytest.LogCaptureFixture,
    answer: dict[str, Any],
    reception: Reception,
) -> None:
    vars(publisher).update(answer)
    caplog.set_level("INFO", "custom_components.printernizer_stats")
    entry = await async_setup(hass, community=True, url=publisher.url)
    community = runtime_of(entry).community
    for _ in range(4):
        await async_receive(hass, entry, freezer)
        assert (community.reception, community.numbers) == (reception, None)
        assert community.next is not None
        assert community.next - datetime.now(UTC).timestamp() >= 3599
    assert caplog.text.count("No new public numbers") == 1


async def test_the_page_says_where_it_comes_from_and_what_it_says(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, publisher: Publisher
) -> None:
    entry = await async_setup(hass, url=publisher.url)
    page = await async_open_options(hass, entry, "community")
    assert_step_is_translated(page, EN["options"])
    assert defaults(page) == {"community": False}
    await hass.config_entries.options.async_configure(page["flow_id"], {"community": True})
    await async_settle(hass, entry)
    await async_receive(hass, entry, freezer)
    await async_print_ten(hass, entry)
    text = page_text(await async_open_options(hass, entry, "community"))
    assert public_url(publisher.url) in text
    assert "- You: 90% in the last four weeks.\n- Most homes: 80% to 94%.\n- About 1000 homes" in text


async def test_the_dashboard_asks_after_ten_prints_and_two_weeks_and_never_again_after_a_no(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await async_setup(hass)

    async def async_is_asked(*, admin: bool = True) -> bool:
        return "set_community" in str(await async_dashboard(hass, language="en", admin=admin))

    await async_pass(hass, entry, freezer, days=15)
    assert not await async_is_asked()
    await async_print_ten(hass, entry)
    assert await async_is_asked()
    assert not await async_is_asked(admin=False)
    await async_act(hass, "set_community", {"receive": False})
    await async_pass(hass, entry, freezer, days=400)
    assert not await async_is_asked()


async def test_the_dashboard_does_not_ask_in_the_first_two_weeks(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    entry = await async_setup(hass)
    await async_print_ten(hass, entry)
    await async_pass(hass, entry, freezer, days=13)
    assert "set_community" not in str(await async_dashboard(hass, language="en", admin=True))
