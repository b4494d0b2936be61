"""Sends the weekly reports by Home Assistant's scheduler, and on request."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
import logging
from random import SystemRandom
from typing import Any, Final

import aiohttp
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util
from sqlalchemy import Connection

from ..const import DOMAIN
from ..intervals import cut_end, utc_day, week_end
from ..store import StoreClosedError, UsageStore
from ..store.counts import interval_counts
from ..store.settings import get_setting, set_setting
from ..store.spans import cut, open_interval, roll
from . import consent, history, identity, outbox, service
from .client import Answer, Credentials, Verdict, async_discover, async_submit
from .outbox import ReportState, StoredReport
from .report import PROTOCOL_2, Author, Facts, Report, build, protocol_of
from .schedule import after_failure, after_start, choose_slot, next_slot
from .settings import SharingSettings

_LOGGER = logging.getLogger(__name__)
_PLAN: Final = "schedule"


class Status(StrEnum):
    """How sharing stands, as a sensor shows it."""

    OFF = "off"
    SCHEDULED = "scheduled"
    SENT = "sent"
    UNREACHABLE = "unreachable"
    DELAYED = "delayed"
    KEY_REFUSED = "key_refused"
    PROOF_REFUSED = "proof_refused"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingState:
    """What is known of past and coming submissions; instants in epoch seconds."""

    status: Status = Status.OFF
    last: float | None = None
    next: float | None = None
    pending: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The report of the running interval, and whether it can be closed and sent now."""

    report: Report
    can_submit: bool


_STATUS: Final = {
    Verdict.ACCEPTED: Status.SENT,
    Verdict.UNREACHABLE: Status.UNREACHABLE,
    Verdict.DELAYED: Status.DELAYED,
    Verdict.KEY_REFUSED: Status.KEY_REFUSED,
    Verdict.PROOF_REFUSED: Status.PROOF_REFUSED,
    Verdict.REJECTED: Status.REJECTED,
}


class Submitter:
    """Freezes, sends and notes; opens no connection while sharing is off."""

    def __init__(
        self,
        hass: HomeAssistant,
        store: UsageStore,
        settings: SharingSettings,
        *,
        facts: Callable[[], Facts],
        session: Callable[[], aiohttp.ClientSession],
        on_change: Callable[[], None],
    ) -> None:
        """Take what is needed; `session` is asked for only when something is to be sent."""
        self.state = SharingState()
        self._hass = hass
        self._store = store
        self._settings = settings
        self._facts = facts
        self._session = session
        self._on_change = on_change
        self._random = SystemRandom()
        self._plan: dict[str, Any] = {}
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._sending = asyncio.Lock()

    async def async_start(self) -> None:
        """Note the user's choice, and plan the next submission if it is a yes."""
        now = dt_util.utcnow().timestamp()
        self._plan = await self._run(lambda conn: self._prepare(conn, now))
        if not self._settings.share:
            self._set(SharingState())
            return
        await self._async_freeze()
        self._plan["next"] = after_start(now, self._plan.get("next"), self._plan["slot"])
        status = Status(self._plan.get("status", Status.SCHEDULED))
        self._set(SharingState(status=status, last=self._plan.get("last")))
        await self._async_plan(status)

    @callback
    def async_stop(self) -> None:
        """Forget the timer."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    async def async_close_week(self) -> None:
        """Freeze the report of every interval that is over; call whenever a day begins."""
        if self._settings.share:
            await self._async_get_acquainted()
            await self._async_freeze()

    async def _async_freeze(self) -> None:
        now = dt_util.utcnow().timestamp()
        facts = self._facts()
        await self._run(lambda conn: self._freeze(conn, facts, now))

    async def async_preview(self) -> tuple[Preview, list[StoredReport]]:
        """Return the report that would be sent now, and those that are frozen already; changes nothing."""
        if self._settings.share:
            await self._async_get_acquainted()
        now = dt_util.utcnow().timestamp()
        facts = self._facts()
        return await self._run(lambda conn: self._preview(conn, facts, now))

    async def async_submit_now(self, expected: str | None = None) -> StoredReport:
        """Close the running interval and send all that waits; returns the last report as acknowledged.

        `expected` is the SHA-256 of the bytes that were previewed: anything else is not sent. Raises a
        translated error when sharing is off, nothing is to be sent, or the service does not take it.
        """
        if not self._settings.share:
            raise _refusal("sharing_off")
        if self._sending.locked():
            raise _refusal("already_sending")
        async with self._sending:
            await self._async_get_acquainted()
            now = dt_util.utcnow().timestamp()
            facts = self._facts()
            await self._run(lambda conn: self._close_early(conn, facts, now, expected))
            answer = await self._async_send(await self._async_pending())
        if answer.verdict is not Verdict.ACCEPTED:
            raise _refusal(f"submission_{answer.verdict}")
        reports = await self._run(outbox.all_reports)
        return reports[-1]

    async def _async_due(self, _now: datetime) -> None:
        """Send the oldest report that waits; the next one has its turn an hour later."""
        self._cancel_timer = None
        # An unload in between is no failure: what was not noted is sent again, and counted once.
        with suppress(StoreClosedError):
            async with self._sending:
                await self._async_send_oldest()

    async def _async_send_oldest(self) -> None:
        await self._async_discover()
        await self._async_freeze()
        waiting = await self._async_pending()
        if waiting:
            await self._async_send(waiting[:1])
        else:
            now = dt_util.utcnow().timestamp()
            self._plan["next"] = next_slot(now, self._plan["slot"])
            await self._async_plan(self.state.status)

    async def _async_send(self, waiting: list[StoredReport]) -> Answer:
        """Send reports in order until one is not taken, and plan what follows."""
        answer = Answer(verdict=Verdict.ACCEPTED)
        known = await self._run(lambda conn: service.load(conn, self._settings.endpoint))
        for report in waiting:
            answer = await self._async_submit(report, known)
            await self._async_note(report, answer)
            if answer.verdict not in (Verdict.ACCEPTED, Verdict.REJECTED):
                break
        await self._async_follow_up(answer)
        return answer

    async def _async_submit(self, report: StoredReport, known: service.Service) -> Answer:
        """Send one report in the protocol that it was frozen for."""
        proof = None
        if protocol_of(report.body) == PROTOCOL_2:
            day = date.fromisoformat(report.start)
            author = await self._run(lambda conn: identity.weekly(conn, day))
            now = dt_util.utcnow().timestamp()
            proof = author.prove("POST", known.endpoint, report.body, now)
        credentials = Credentials(client_key=self._settings.client_key, proof=proof)
        return await async_submit(self._session(), known, credentials, report.body)

    async def _async_get_acquainted(self) -> None:
        """Learn which protocol the service speaks before anything is frozen for it."""
        endpoint = self._settings.endpoint
        if not await self._run(lambda conn: service.is_known(conn, endpoint)):
            await self._async_discover()

    async def _async_discover(self) -> service.Service:
        """Ask the service what it speaks; what it said last time holds when it does not answer."""
        found = await async_discover(self._session(), self._settings.endpoint)
        if found is None:
            return await self._run(lambda conn: service.load(conn, self._settings.endpoint))
        await self._run(lambda conn: service.save(conn, found))
        return found

    async def _async_note(self, report: StoredReport, answer: Answer) -> None:
        now = dt_util.utcnow().timestamp()
        state = {
            Verdict.ACCEPTED: ReportState.ACKNOWLEDGED,
            Verdict.REJECTED: ReportState.PARKED,
        }.get(answer.verdict, ReportState.PENDING)
        await self._run(
            lambda conn: outbox.answered(
                conn,
                report.id,
                state=state,
                at=now,
                status=answer.status,
                receipt=answer.receipt,
            )
        )
        if answer.verdict is Verdict.ACCEPTED:
            self._plan["last"] = now
            self._plan["count"] = self._plan.get("count", 0) + 1

    async def _async_follow_up(self, answer: Answer) -> None:
        now = dt_util.utcnow().timestamp()
        status = _STATUS[answer.verdict]
        self._log_change(status)
        if answer.verdict in (Verdict.ACCEPTED, Verdict.REJECTED):
            self._plan["failures"] = 0
            more = await self._async_pending()
            slot = next_slot(now, self._plan["slot"])
            self._plan["next"] = after_failure(now, 0, None, self._random) if more else slot
        else:
            failures = self._plan.get("failures", 0) + 1
            self._plan["failures"] = failures
            self._plan["next"] = after_failure(now, failures, answer.retry_after, self._random)
        await self._async_plan(status)

    async def _async_plan(self, status: Status) -> None:
        """Store the plan, set the timer and show it."""
        self._plan["status"] = status
        plan = dict(self._plan)
        await self._run(lambda conn: set_setting(conn, _PLAN, plan))
        pending = len(await self._async_pending())
        self.async_stop()
        due = datetime.fromtimestamp(self._plan["next"], UTC)
        job = HassJob(self._async_due, "printernizer_stats weekly report", cancel_on_shutdown=True)
        self._cancel_timer = async_track_point_in_utc_time(self._hass, job, due)
        self._set(
            replace(
                self.state,
                status=status,
                last=self._plan.get("last"),
                next=self._plan["next"],
                pending=pending,
            )
        )

    def _log_change(self, status: Status) -> None:
        """One line when the service goes away, one when it is back."""
        away = (Status.UNREACHABLE, Status.DELAYED, Status.KEY_REFUSED, Status.PROOF_REFUSED)
        if (status in away) == (self.state.status in away):
            return
        if status in away:
            _LOGGER.info("The statistics service does not take reports (%s); they are kept", status)
        else:
            _LOGGER.info("The statistics service takes reports again")

    def _set(self, state: SharingState) -> None:
        self.state = state
        self._on_change()

    async def _async_pending(self) -> list[StoredReport]:
        return await self._run(outbox.pending)

    async def _run[T](self, function: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self._store.run(function))

    def _prepare(self, conn: Connection, now: float) -> dict[str, Any]:
        consent.apply(conn, share=self._settings.share, now=now)
        history.note_first_day(conn, utc_day(now))
        plan: dict[str, Any] = get_setting(conn, _PLAN) or {}
        plan.setdefault("slot", choose_slot(self._random))
        return plan

    def _builder(self, conn: Connection, facts: Facts) -> outbox.Build:
        known = service.load(conn, self._settings.endpoint)
        second = known.protocol == PROTOCOL_2

        def make(counts: Mapping[str, int], start: date, end: date) -> Report:
            if second:
                author = Author(
                    installation_id=identity.weekly(conn, start).id,
                    supplement=history.supplement(conn, facts.app_version, start),
                )
            else:
                author = Author(installation_id=identity.stable_id(conn))
            return build(facts, counts, author, start, end)

        return make

    def _freeze(self, conn: Connection, facts: Facts, now: float) -> None:
        roll(conn, utc_day(now))
        outbox.freeze_closed(conn, self._builder(conn, facts))

    def _preview(self, conn: Connection, facts: Facts, now: float) -> tuple[Preview, list[StoredReport]]:
        waiting = outbox.pending(conn)
        current = open_interval(conn)
        assert current is not None
        end = cut_end(current.start, utc_day(now))
        draft = self._builder(conn, facts)(
            interval_counts(conn, current.id), current.start, end or week_end(current.start)
        )
        return Preview(report=draft, can_submit=end is not None), waiting

    def _close_early(self, conn: Connection, facts: Facts, now: float, expected: str | None) -> None:
        """Close and freeze in one transaction; an error leaves everything as it was."""
        self._freeze(conn, facts, now)
        if cut(conn, utc_day(now)) is not None:
            self._freeze(conn, facts, now)
        waiting = outbox.pending(conn)
        if not waiting:
            raise _refusal("nothing_to_submit")
        if expected is not None and expected not in {report.sha256 for report in waiting}:
            raise _refusal("preview_outdated")


def _refusal(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key)
