"""Remote deletion: services are asked to delete everything that was sent, until they confirm it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
import logging
from random import SystemRandom
import time
from typing import Final

from homeassistant.core import HomeAssistant, callback
from sqlalchemy import Connection

from .. import clock
from ..clock import Timer
from ..const import HOUR_SECONDS
from ..core.sharing import deletion_requests, identity, identity_rotation
from ..core.sharing.api import Answer, Credentials, Verdict, async_delete_installation
from ..core.sharing.connect import Connect
from ..core.sharing.deletion_requests import Deletion, Plan
from ..core.sharing.discovery import async_service_info
from ..core.sharing.endpoint import installation_url
from ..core.sharing.identity_rotation import Sent
from ..core.sharing.schedule import after_failure, deletion_slot
from ..core.sharing.service_info import ServiceInfo
from ..core.sharing.settings import SharingSettings
from ..core.store import STORE_ERRORS, UsageStore

_LOGGER = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS: Final = 60
_TURN_SECONDS: Final = 20
"""How long one turn begins with further ids, so that nobody waits long for a service that is slow."""
# A service without receipts knows nothing of the id, or will not hear of it again: gone is gone.
_GONE: Final = (404, 410)


class RemoteDeletion:
    """Asks for deletions and repeats them until they are confirmed.

    One id at a time, at moments hours apart: in one go they would be known to be from one home. A person may
    want it at once all the same.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        store: UsageStore,
        settings: SharingSettings,
        connect: Connect,
        on_change: Callable[[], None],
    ) -> None:
        """Take what is needed; `connect` is used only when there is something to delete."""
        self.waiting = 0
        self._store = store
        self._settings = settings
        self._connect = connect
        self._on_change = on_change
        self._random = SystemRandom()
        self._erasing = asyncio.Lock()
        self._timer = Timer(hass, "deletion", self._async_due)

    async def async_start(self) -> None:
        """Go on with what was not confirmed before the restart."""
        plan = await self._store.async_read(deletion_requests.load_plan)
        if await self._async_left():
            soon = clock.now() + _FIRST_WAIT_SECONDS
            self._timer.async_set(soon if plan.at_once else max(plan.next, soon))

    @callback
    def async_stop(self) -> None:
        """Forget the timer."""
        self._timer.async_stop()

    async def async_has_sent(self) -> bool:
        """Whether a service may have anything of us; what was sent without an answer may be there too."""
        return await self._store.async_read(deletion_requests.has_sent)

    async def async_note(self, *, at_once: bool) -> None:
        """Note that all that was ever sent is to be deleted; what is sent from now on is from a new identity.

        A single id is asked for at once: there is nothing to tie it to.
        """
        now = clock.now()

        def note(conn: Connection) -> Plan:
            identity_rotation.delete_sent(conn, now)
            hurry = at_once or len(deletion_requests.waiting(conn)) <= 1
            plan = Plan(at_once=hurry, next=now if hurry else deletion_slot(now, self._random))
            deletion_requests.save_plan(conn, plan)
            return plan

        plan = await self._store.async_run(note)
        self._timer.async_set(max(plan.next, now + _FIRST_WAIT_SECONDS))

    async def async_go_on(self) -> list[Deletion]:
        """Do now what need not wait; returns the deletions that are left."""
        plan = await self._store.async_read(deletion_requests.load_plan)
        return await (self._async_turn() if plan.at_once else self._async_left())

    async def async_request(self, *, at_once: bool) -> list[Deletion]:
        """Ask for the deletion of all that was ever sent; returns what is left of it."""
        await self.async_note(at_once=at_once)
        return await self.async_go_on()

    async def async_rotate(self, sent: Sent, *, at_once: bool = False) -> list[Deletion]:
        """Take a new identity; returns the deletions that are still waiting if what was sent goes too."""
        match sent:
            case Sent.DELETE:
                return await self.async_request(at_once=at_once)
            case Sent.FORGET:
                await self._store.async_run(identity_rotation.forget_sent)
            case Sent.KEEP:
                await self._store.async_run(identity_rotation.rotate)
        return []

    async def _async_due(self, _due: datetime) -> None:
        with suppress(*STORE_ERRORS):
            await self._async_turn()

    async def _async_turn(self) -> list[Deletion]:
        """Ask for one deletion, or for all as long as their service confirms; returns those that are left."""
        # Until the file has taken the answers: a full disk, say, may raise out of here.
        self._timer.async_set(clock.now() + HOUR_SECONDS)
        async with self._erasing:
            plan = await self._store.async_read(deletion_requests.load_plan)
            waiting = await self._store.async_read(deletion_requests.waiting)
            self._random.shuffle(waiting)
            away = await self._async_ask(waiting if plan.at_once else waiting[:1])
            left = await self._async_left()
            await self._async_follow(plan, away, left)
        return left

    async def _async_ask(self, chosen: list[Deletion]) -> dict[str, Answer]:
        """Ask for one after the other; returns what was said instead of a confirmation, by endpoint."""
        away: dict[str, Answer] = {}
        began = time.monotonic()
        for each in chosen:
            if each.endpoint in away or time.monotonic() - began > _TURN_SECONDS:
                continue
            if (answer := await self._async_delete(each)) is not None:
                away[each.endpoint] = answer
        return away

    async def _async_follow(self, plan: Plan, away: dict[str, Answer], left: list[Deletion]) -> None:
        """Plan the next turn, if there is anything left to do."""
        now = clock.now()
        failures = plan.failures + 1 if away else 0
        if away:
            asked = max(answer.retry_after or 0 for answer in away.values())
            due = after_failure(now, failures, asked, self._random)
            _LOGGER.info("A statistics service has not confirmed a deletion yet; it will be asked again")
        else:
            due = now + _FIRST_WAIT_SECONDS if plan.at_once else deletion_slot(now, self._random)
        plan = replace(plan, next=due, failures=failures) if left else Plan()
        await self._store.async_run(lambda conn: deletion_requests.save_plan(conn, plan))
        self.async_stop()
        if left:
            self._timer.async_set(due)

    async def _async_left(self) -> list[Deletion]:
        """Return what no service has confirmed, and show how much that is."""
        left = await self._store.async_read(deletion_requests.waiting)
        self.waiting = len(left)
        self._on_change()
        return left

    async def _async_delete(self, each: Deletion) -> Answer | None:
        """Ask the service that the id was sent to; None once it has confirmed, else what it said."""
        endpoint = each.endpoint or self._settings.endpoint
        client_key = each.client_key or self._settings.client_key
        info = await async_service_info(self._store, self._connect, endpoint, client_key)
        if isinstance(info, Answer):
            return info
        now = clock.now()
        proof = None
        if each.key_seed is not None:
            url = installation_url(endpoint, each.installation_id)
            at = identity.signing_time(info.date, now)
            proof = identity.from_seed(each.key_seed).prove("DELETE", url, b"", at)
        credentials = Credentials(client_key=client_key, proof=proof)
        async with self._connect() as session:
            answer = await async_delete_installation(session, info, credentials, each.installation_id)
        if not _is_confirmed(each, info, answer):
            return answer
        await self._store.async_run(lambda conn: deletion_requests.confirm(conn, each, now, answer.receipt))
        return None


def _is_confirmed(each: Deletion, info: ServiceInfo, answer: Answer) -> bool:
    """Whether the id is gone: its service says so, signed if it signs, and not somebody in between.

    A service of the first protocol has no signature, and says 404 or 410 of what it does not have.
    """
    unsigned = each.key_seed is None and not info.receipt_keys
    return answer.verdict is Verdict.ACCEPTED or (unsigned and answer.status in _GONE)
