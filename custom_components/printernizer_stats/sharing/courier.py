"""Carries frozen reports to the service, and notes what it said of each."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Final

import aiohttp
from sqlalchemy import Connection

from ..store import UsageStore
from . import identity, outbox, service, tally
from .client import Answer, Credentials, Verdict, async_discover, async_submit
from .outbox import ReportState, StoredReport
from .report import PROTOCOL_2, protocol_of
from .settings import SharingSettings

_STATE: Final = {
    Verdict.ACCEPTED: ReportState.ACKNOWLEDGED,
    Verdict.REJECTED: ReportState.PARKED,
}


class Courier:
    """Knows the way to one service; every connection of a submission is made here."""

    def __init__(
        self,
        store: UsageStore,
        settings: SharingSettings,
        session: Callable[[], aiohttp.ClientSession],
        clock: Callable[[], float],
        on_accepted: Callable[[StoredReport], None],
    ) -> None:
        """Take what is needed; `session` is asked for only on the way, `clock` gives epoch seconds.

        `on_accepted` is called with each report that the service took, once that is noted.
        """
        self._store = store
        self._settings = settings
        self._session = session
        self._clock = clock
        self._on_accepted = on_accepted

    async def async_get_acquainted(self) -> None:
        """Learn which protocol the service speaks before anything is frozen for it."""
        endpoint = self._settings.endpoint
        if not await self._run(lambda conn: service.is_known(conn, endpoint)):
            await self.async_discover()

    async def async_discover(self) -> None:
        """Ask the service what it speaks; what it said last time holds when it does not answer."""
        found = await async_discover(self._session(), self._settings.endpoint)
        if found is not None:
            await self._run(lambda conn: service.save(conn, found))

    async def async_deliver(self, waiting: list[StoredReport]) -> Answer:
        """Send reports in order until one is neither taken nor refused for good; returns the last answer."""
        answer = Answer(verdict=Verdict.ACCEPTED)
        known = await self._run(lambda conn: service.load(conn, self._settings.endpoint))
        for report in waiting:
            answer = await self._async_submit(report, known)
            await self._async_note(report, answer)
            if answer.verdict not in _STATE:
                break
        return answer

    async def _async_submit(self, report: StoredReport, known: service.Service) -> Answer:
        """Send one report in the protocol that it was frozen for."""
        now = self._clock()

        def note(conn: Connection) -> None:
            outbox.trying(conn, report.id)
            tally.note_attempt(conn, len(report.body), now)

        await self._run(note)
        proof = None
        if protocol_of(report.body) == PROTOCOL_2:
            day = date.fromisoformat(report.start)
            author = await self._run(lambda conn: identity.weekly(conn, day))
            proof = author.prove("POST", known.endpoint, report.body, now)
        credentials = Credentials(client_key=self._settings.client_key, proof=proof)
        return await async_submit(self._session(), known, credentials, report.body)

    async def _async_note(self, report: StoredReport, answer: Answer) -> None:
        now = self._clock()

        def note(conn: Connection) -> None:
            outbox.answered(
                conn,
                report.id,
                state=_STATE.get(answer.verdict, ReportState.PENDING),
                at=now,
                status=answer.status,
                receipt=answer.receipt,
            )
            if answer.verdict is Verdict.ACCEPTED:
                tally.note_accepted(conn, now)

        await self._run(note)
        if answer.verdict is Verdict.ACCEPTED:
            self._on_accepted(report)

    async def _run[T](self, function: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._store.run(function))
