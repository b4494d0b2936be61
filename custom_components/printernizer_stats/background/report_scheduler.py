"""Report scheduler: sends the weekly reports when they are due, and on request."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
import logging
from random import SystemRandom
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util.signal_type import SignalType
from sqlalchemy import Connection

from .. import clock
from ..clock import Timer
from ..const import DOMAIN, HOUR_SECONDS
from ..core.report_intervals import utc_day
from ..core.sharing import consent, delivery_stats, experiments, history, identity, outbox, service_info
from ..core.sharing.api import Answer, Verdict
from ..core.sharing.connect import Connect
from ..core.sharing.delivery import ReportDelivery
from ..core.sharing.outbox import StoredReport
from ..core.sharing.report import InstallationInfo
from ..core.sharing.report_builder import Preview, RefusedError, ReportBuilder
from ..core.sharing.schedule import after_failure, after_start, is_astray, late_slot, next_slot
from ..core.sharing.service_info import ServiceInfo
from ..core.sharing.settings import SharingSettings
from ..core.sharing.status import AWAY, STATUS, SharingState, Status
from ..core.store import STORE_ERRORS, UsageStore
from ..core.store.settings import get_setting, set_setting

_LOGGER = logging.getLogger(__name__)
_PLAN: Final = "schedule"
_HEARD: Final = (Verdict.ACCEPTED, Verdict.REJECTED, Verdict.HELD, Verdict.CONFLICT)
"""The service has looked at what was sent: the next has its turn."""
SIGNAL_REPORT_SENT: Final[SignalType[StoredReport]] = SignalType(f"{DOMAIN}_report_sent")


class ReportScheduler:
    """Plans when to send what was frozen; opens no connection while sharing is off."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: UsageStore,
        settings: SharingSettings,
        *,
        installation: Callable[[], InstallationInfo],
        connect: Connect,
        on_change: Callable[[], None],
        on_renewed: Callable[[], None],
    ) -> None:
        """Take what is needed; `connect` is used only when something is to be sent.

        `on_renewed` is called when this installation had to take a new identity.
        """
        self.state = SharingState()
        self._hass = hass
        self._store = store
        self._settings = settings
        self._installation = installation
        self._on_change = on_change
        self._delivery = ReportDelivery(
            store, settings, connect, clock=clock.now, on_accepted=self._tell, on_renewed=on_renewed
        )
        self._random = SystemRandom()
        self._plan: dict[str, Any] = {}
        self._timer = Timer(hass, "weekly report", self._async_due)
        self._sending = asyncio.Lock()

    async def async_start(self) -> None:
        """Note the user's choice, and plan the next submission if it is a yes."""
        now = clock.now()
        builder = self._builder()
        self._plan = await self._store.async_run(lambda conn: self._prepare(conn, builder, now))
        if not self._settings.share:
            status = Status.PAUSED if self._settings.paused else Status.OFF
            self._set(replace(await self._store.async_read(_look), status=status))
            return
        known = await self._store.async_read(delivery_stats.load)
        planned = self._plan.get("next")
        self._plan["next"] = after_start(now, planned, self._random, known.attempted)
        status = Status(self._plan.get("status", Status.SCHEDULED))
        if status is Status.UNAGREED and not await self._store.async_read(self._is_unagreed):
            status = Status.SCHEDULED
        self.state = SharingState(status=status)
        await self._async_plan(status)

    @callback
    def async_stop(self) -> None:
        """Forget the timer."""
        self._timer.async_stop()

    async def async_close_week(self) -> None:
        """Freeze the report of every interval that is over; call whenever a day begins."""
        if self._settings.share:
            await self._delivery.async_ensure_discovered()
            await self._store.async_run(self._builder().freeze)

    async def async_mend_plan(self) -> None:
        """Plan anew what was planned by a clock that was wrong."""
        now = clock.now()
        if not self._timer.is_set or self._sending.locked() or not is_astray(now, self._plan["next"]):
            return
        self._plan["next"] = after_start(now, self._plan["next"], self._random)
        await self._async_plan(self.state.status)

    async def async_preview(self) -> Preview:
        """Return the report that would be sent now, and those that are frozen already; changes nothing."""
        await self._store.async_flush()
        return await self._store.async_read(self._builder().preview)

    async def async_submit_now(self, expected: str | None = None) -> StoredReport:
        """Close the running interval and send its report at once; returns it as acknowledged.

        Earlier ones that wait follow at moments of their own: together they would be known to be from one
        home. `expected` is the SHA-256 of the bytes that were previewed: anything else is not sent. Raises a
        translated error when sharing is off, nothing is to be sent, or the service does not take it.
        """
        if not self._settings.share:
            raise _refusal("sharing_paused" if self._settings.paused else "sharing_off")
        if self._sending.locked():
            raise _refusal("already_sending")
        async with self._sending:
            info = await self._delivery.async_service_info()
            if isinstance(info, Answer):
                answer = info
            else:
                report = await self._async_close_early(expected)
                answer = await self._delivery.async_deliver(info, report)
            await self._async_follow(answer)
        if answer.verdict is not Verdict.ACCEPTED:
            raise _refusal(f"submission_{answer.verdict}")
        return await self._store.async_read(lambda conn: outbox.get(conn, report.id))

    async def _async_close_early(self, expected: str | None) -> StoredReport:
        builder = self._builder()
        try:
            return await self._store.async_run(lambda conn: builder.close_early(conn, expected))
        except RefusedError as error:
            raise _refusal(error.key) from error

    async def _async_due(self, _due: datetime) -> None:
        """Send the oldest report that waits; the next one has its turn hours or days later."""
        # Whatever happens in between, such as a full disk or a reload, there is a next turn.
        self._timer.async_set(clock.now() + HOUR_SECONDS)
        with suppress(*STORE_ERRORS):
            async with self._sending:
                await self._async_send_oldest()

    async def _async_send_oldest(self) -> None:
        info = await self._delivery.async_service_info()
        if not isinstance(info, ServiceInfo):
            await self._async_follow(info)
            return
        await self._store.async_run(self._builder().freeze)
        waiting = await self._async_ready()
        if waiting:
            await self._async_follow(await self._delivery.async_deliver(info, waiting[0]))
        else:
            self._plan["next"] = next_slot(clock.now(), self._random)
            await self._async_plan(self.state.status)

    async def _async_follow(self, answer: Answer) -> None:
        """Plan what follows from an answer."""
        now = clock.now()
        if answer.verdict in _HEARD:
            self._plan["failures"] = 0
            draw = late_slot if await self._async_ready() else next_slot
            self._plan["next"] = draw(now, self._random)
        else:
            failures = self._plan.get("failures", 0) + 1
            self._plan["failures"] = failures
            self._plan["next"] = after_failure(now, failures, answer.retry_after, self._random)
        status = STATUS[answer.verdict]
        self._log_change(status)
        await self._async_plan(status)

    async def _async_plan(self, status: Status) -> None:
        """Store the plan, set the timer and show it."""
        self._plan["status"] = status
        plan = dict(self._plan)
        await self._store.async_run(lambda conn: set_setting(conn, _PLAN, plan))
        known = await self._store.async_read(_look)
        self._timer.async_set(self._plan["next"])
        self._set(replace(known, status=status, next=self._plan["next"]))

    def _log_change(self, status: Status) -> None:
        """One line when the service goes away, one when it is back."""
        if (status in AWAY) == (self.state.status in AWAY):
            return
        if status in AWAY:
            _LOGGER.info("The statistics service does not take reports (%s); they are kept", status)
        else:
            _LOGGER.info("The statistics service takes reports again")

    def _tell(self, report: StoredReport) -> None:
        async_dispatcher_send(self._hass, SIGNAL_REPORT_SENT, report)

    def _set(self, state: SharingState) -> None:
        self.state = state
        self._on_change()

    def _builder(self) -> ReportBuilder:
        settings = self._settings
        return ReportBuilder(
            installation=self._installation(),
            endpoint=settings.endpoint,
            today=utc_day(clock.now()),
            pseudonymous=settings.pseudonymous,
        )

    async def _async_ready(self) -> list[StoredReport]:
        now = clock.now()
        return await self._store.async_read(lambda conn: outbox.ready(conn, now))

    def _is_unagreed(self, conn: Connection) -> bool:
        known = service_info.known(conn, self._settings.endpoint)
        return known is not None and not known.is_agreed(pseudonymous=self._settings.pseudonymous)

    def _prepare(self, conn: Connection, builder: ReportBuilder, now: float) -> dict[str, Any]:
        consent.apply(conn, self._settings, now, builder.close_and_start)
        consent.pause(conn, self._settings, now, builder.close_and_start)
        history.note_first_day(conn, utc_day(now))
        experiments.draw(conn, utc_day(now), self._random)
        if self._settings.share:
            identity.ensure(conn, pseudonymous=self._settings.pseudonymous)
            builder.freeze(conn)
        plan: dict[str, Any] = get_setting(conn, _PLAN) or {}
        return plan


def _look(conn: Connection) -> SharingState:
    """Return what the file knows of past submissions."""
    known = delivery_stats.load(conn)
    return SharingState(
        last=known.last,
        pending=outbox.count_waiting(conn),
        parked=len(outbox.parked(conn)),
        dropped=known.dropped,
        bytes_sent=known.bytes_sent,
    )


def _refusal(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key)
