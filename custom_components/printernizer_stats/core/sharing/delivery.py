"""Delivery of frozen reports to the service; what it said of each is noted."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Final

from sqlalchemy import Connection

from ..report_intervals import utc_day
from ..store import UsageStore
from . import deletion_requests, delivery_stats, identity, identity_rotation, outbox, service_info
from .api import Answer, Credentials, Verdict, async_submit
from .connect import Connect
from .discovery import async_service_info
from .endpoint import is_default
from .outbox import ReportState, StoredReport
from .report import PROTOCOL_2, protocol_of
from .service_info import ServiceInfo
from .settings import SharingSettings

_STATE: Final = {
    Verdict.ACCEPTED: ReportState.ACKNOWLEDGED,
    Verdict.REJECTED: ReportState.PARKED,
}


class ReportDelivery:
    """Knows the way to one service; every request of a submission is made here."""

    def __init__(
        self,
        store: UsageStore,
        settings: SharingSettings,
        connect: Connect,
        *,
        clock: Callable[[], float],
        on_accepted: Callable[[StoredReport], None],
        on_renewed: Callable[[], None],
    ) -> None:
        """Take what is needed; `connect` is used only on the way, `clock` gives epoch seconds.

        `on_accepted` is called with each report that the service took, once that is noted; `on_renewed` when
        the service knew other things of us than we do, as after a restored backup.
        """
        self._store = store
        self._settings = settings
        self._connect = connect
        self._clock = clock
        self._on_accepted = on_accepted
        self._on_renewed = on_renewed

    async def async_ensure_discovered(self) -> None:
        """Learn what the service speaks before anything is frozen for it, unless it has said so before."""
        endpoint = self._settings.endpoint
        if not await self._store.async_read(lambda conn: service_info.is_known(conn, endpoint)):
            await self.async_service_info()

    async def async_service_info(self) -> ServiceInfo | Answer:
        """Ask the service what it speaks; what it answered instead when nobody knows.

        The project's own service never speaks only the first protocol: whoever says so is not it.
        """
        settings = self._settings
        info = await async_service_info(self._store, self._connect, settings.endpoint, settings.client_key)
        if isinstance(info, Answer) or info.is_agreed(pseudonymous=settings.pseudonymous):
            return info
        return Answer(verdict=Verdict.UNREACHABLE if is_default(settings.endpoint) else Verdict.UNAGREED)

    async def async_deliver(self, known: ServiceInfo, report: StoredReport) -> Answer:
        """Send one report to a service that was just met; what is not to be sent as it is waits."""
        if (credentials := await self._async_begin(report, known.date)) is None:
            return Answer(verdict=Verdict.DELAYED)
        async with self._connect() as session:
            answer = await async_submit(session, known, credentials, report.body)
        return await self._async_note(report, answer)

    async def _async_begin(self, report: StoredReport, told: float | None) -> Credentials | None:
        """Note the attempt before it is made, and sign it as the report's protocol wants.

        `told` is the service's clock. None for a report that is not to be sent as it is: it was withdrawn or
        has another author by now.
        """
        now = self._clock()
        endpoint, client_key = self._settings.endpoint, self._settings.client_key

        second = protocol_of(report.body) == PROTOCOL_2

        def begin(conn: Connection) -> Credentials | None:
            if not (second or self._settings.pseudonymous) or not outbox.note_attempt(conn, report, endpoint):
                return None
            deletion_requests.note_attempt(conn, report, endpoint, client_key)
            delivery_stats.note_attempt(conn, len(report.body), now)
            proof = None
            if second:
                at = identity.signing_time(told, now)
                proof = identity_rotation.signer(conn, report).prove("POST", endpoint, report.body, at)
            return Credentials(client_key=client_key, proof=proof)

        return await self._store.async_run(begin)

    async def _async_note(self, report: StoredReport, answer: Answer) -> Answer:
        """Store what was said and act on it; a conflict that cannot be resolved is a refusal."""
        now = self._clock()

        def note(conn: Connection) -> tuple[Answer, bool]:
            judged, renewed = _resolve(conn, report, answer, utc_day(now))
            outbox.note_answer(
                conn,
                report.id,
                state=_STATE.get(judged.verdict, ReportState.PENDING),
                at=now,
                status=judged.status,
                receipt=judged.receipt,
            )
            if judged.verdict is Verdict.ACCEPTED:
                delivery_stats.note_accepted(conn, now)
            return judged, renewed

        judged, renewed = await self._store.async_run(note)
        if judged.verdict is Verdict.ACCEPTED:
            self._on_accepted(report)
        if renewed:
            self._on_renewed()
        return judged


def _resolve(conn: Connection, report: StoredReport, answer: Answer, today: date) -> tuple[Answer, bool]:
    """Part ways with whoever else goes by our identity; returns the verdict then, and whether we did."""
    if answer.verdict is Verdict.CONFLICT:
        if identity_rotation.resend(conn, report, today):
            return answer, True
        return replace(answer, verdict=Verdict.REJECTED), False
    if answer.status == HTTPStatus.GONE:
        return answer, identity_rotation.resolve_conflict(conn, report, today)
    return answer, False
