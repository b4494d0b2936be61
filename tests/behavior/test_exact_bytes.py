"""What was shown is what arrives, byte for byte; PRINTERNIZER_FULL_PROOFS=1 makes it 1,000 random stores."""

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from sqlalchemy import Connection

from custom_components.printernizer_stats.const import WEEK_DAYS
from custom_components.printernizer_stats.core.dictionary import DICTIONARY, Field
from custom_components.printernizer_stats.core.models import PrinterFleet, UsageEvent
from custom_components.printernizer_stats.core.report_intervals import utc_day
from custom_components.printernizer_stats.core.sharing import consent, history, identity, outbox, service_info
from custom_components.printernizer_stats.core.sharing.api import Verdict
from custom_components.printernizer_stats.core.sharing.delivery import ReportDelivery
from custom_components.printernizer_stats.core.sharing.report import InstallationInfo
from custom_components.printernizer_stats.core.sharing.report_builder import RefusedError, ReportBuilder
from custom_components.printernizer_stats.core.sharing.settings import ConsentAnswer, SharingSettings
from custom_components.printernizer_stats.core.store import UsageStore

from ..proofs import tries

STORES: Final = tries(25, fast=8, full=1000)
WEEK_SECONDS: Final = WEEK_DAYS * 86400
_ENUMS: Final = DICTIONARY.enums


def _values(spec: Field) -> st.SearchStrategy[Any]:
    if spec.type == "int":
        return st.integers(spec.minimum, min(spec.maximum, 100_000))
    if spec.type == "bool":
        return st.booleans()
    if spec.type == "version":
        return st.sampled_from(["0.1.0", "3.14", "12.0.7"])
    return st.sampled_from(sorted(spec.words))


_EVENTS: Final = st.one_of(
    *(
        st.fixed_dictionaries(
            {key: _values(spec) for key, spec in declared.keys.items() if spec.required},
            optional={key: _values(spec) for key, spec in declared.keys.items() if not spec.required},
        ).map(lambda data, name=name: (name, data))  # type: ignore[misc]
        for name, declared in DICTIONARY.events.items()
    )
)
_WEEKS: Final = st.lists(st.lists(_EVENTS, max_size=6), min_size=1, max_size=4)
_FACTS: Final = st.builds(
    InstallationInfo,
    app_version=st.sampled_from(["0.1.0", "1.12.3"]),
    python_version=st.sampled_from(["3.14", "3.15"]),
    platform=st.sampled_from(sorted(_ENUMS["platform"])),
    deployment_mode=st.sampled_from(sorted(_ENUMS["deployment_mode"])),
    country_code=st.sampled_from(["NL", "XX", "NZ"]),
    fleet=st.dictionaries(st.sampled_from(sorted(_ENUMS["printer_type"])), st.integers(1, 20)).map(
        lambda types: PrinterFleet(types=types)
    ),
    ha_version=st.sampled_from(["2026.2", "2026.11"]),
)

_AGREED: Final = st.sets(st.sampled_from(sorted(DICTIONARY.categories))).map(
    lambda words: ConsentAnswer(
        version=DICTIONARY.version,
        text_sha256="0" * 64,
        language="en",
        categories=tuple(sorted({"base", *words})),
    )
)


@dataclass(frozen=True)
class _Home:
    """What a report is made of: facts, an agreement, and the events of week after week."""

    installation: InstallationInfo
    agreed: ConsentAnswer
    weeks: list[list[tuple[str, Any]]]
    protocol: str
    start: int


_HOMES: Final = st.builds(
    _Home,
    installation=_FACTS,
    agreed=_AGREED,
    weeks=_WEEKS,
    protocol=st.sampled_from(["1.0", "2.0"]),
    start=st.integers(0, WEEK_SECONDS - 1),
)


@dataclass
class _World:
    """A real service on the loopback network, and the loop that it runs in."""

    runner: asyncio.Runner
    url: str = ""
    received: list[bytes] = field(default_factory=list)

    async def serve(self) -> TestServer:
        app = web.Application()
        app.router.add_post("/submit", self._answer)
        server = TestServer(app)
        await server.start_server(access_log=None)
        self.url = str(server.make_url("/submit"))
        return server

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.received.append(body)
        receipt = {"body_sha256": hashlib.sha256(body).hexdigest()}
        return web.json_response({"submission_id": len(self.received), "receipt": receipt})


@pytest.fixture
def world(socket_enabled: None) -> Iterator[_World]:
    """Run the service."""
    with asyncio.Runner() as runner:
        running = _World(runner)
        server = runner.run(running.serve())
        yield running
        runner.run(server.close())


@settings(
    max_examples=STORES,
    deadline=None,
    derandomize=STORES < 1000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(home=_HOMES)
def test_what_is_shown_is_what_arrives(world: _World, home: _Home) -> None:
    world.received.clear()
    clock = [datetime(2026, 9, 7, tzinfo=UTC).timestamp() + home.start]
    chosen = SharingSettings(
        share=True,
        endpoint=world.url,
        client_key="key",
        consent=home.agreed,
        pseudonymous=home.protocol == "1.0",
    )
    with TemporaryDirectory() as folder:
        store = UsageStore(Path(folder) / "any.db", UTC, lambda _: None, lambda: clock[0])
        store.open(clock[0])
        try:
            shown = _shown(store, clock, chosen, home)
            verdict = world.runner.run(_deliver(store, clock, chosen))
        finally:
            store.close()
    assert world.received == shown
    assert verdict is (Verdict.ACCEPTED if shown else Verdict.DELAYED)


def _shown(store: UsageStore, clock: list[float], chosen: SharingSettings, home: _Home) -> list[bytes]:
    """Count week after week, and return the bytes that a person is shown at the end, then frozen."""
    spoken = ("1.0", "2.0") if home.protocol == "2.0" else ("1.0",)

    def freezer() -> ReportBuilder:
        return ReportBuilder(
            installation=home.installation,
            endpoint=chosen.endpoint,
            today=utc_day(clock[0]),
            pseudonymous=chosen.pseudonymous,
        )

    def agree(conn: Connection) -> None:
        service_info.save(conn, service_info.ServiceInfo(endpoint=chosen.endpoint, protocols=spoken))
        consent.apply(conn, chosen, clock[0], freezer().close_and_start)
        history.note_first_day(conn, utc_day(clock[0]))
        identity.ensure(conn, pseudonymous=chosen.pseudonymous)

    store.run(agree).result()
    for number, week in enumerate(home.weeks):
        clock[0] += WEEK_SECONDS if number else 0
        store.run(freezer().freeze).result()
        store.record(tuple(UsageEvent(type=name, at=clock[0], data=data) for name, data in week))
    preview = store.run(freezer().preview).result()
    expected = [each.body for each in preview.waiting]
    if not home.weeks[-1]:
        with pytest.raises(RefusedError):
            store.run(lambda conn: freezer().close_early(conn, preview.report.sha256)).result()
        return expected
    store.run(lambda conn: freezer().close_early(conn, preview.report.sha256)).result()
    return [*expected, preview.report.body]


async def _deliver(store: UsageStore, clock: list[float], chosen: SharingSettings) -> Verdict:
    async with aiohttp.ClientSession() as session:
        courier = ReportDelivery(
            store,
            chosen,
            lambda: nullcontext(session),
            clock=lambda: clock[0],
            on_accepted=lambda _: None,
            on_renewed=lambda: None,
        )
        known = await asyncio.wrap_future(store.run(lambda conn: service_info.load(conn, chosen.endpoint)))
        verdict = Verdict.DELAYED
        for report in await asyncio.wrap_future(store.run(outbox.pending)):
            verdict = (await courier.async_deliver(known, report)).verdict
        return verdict
