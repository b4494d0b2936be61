"""What this service is, and whether it works."""

from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from aggregation import __version__
from aggregation.clock import Clock, ClockState
from aggregation.dictionary import DICTIONARY
from aggregation.keeping.repository import Repository
from aggregation.keys import Signers
from aggregation.metrics import Metrics
from aggregation.protocol.fields import MAX_BODY_BYTES, V1, V2
from aggregation.storage.space import Space

FOLD_LAG_LIMIT = 1_000_000
"""Reports that the rollups may lag behind before the service calls itself not ready."""


class DictionaryAnswer(BaseModel):
    """The version of the dictionary whose fields and words the service knows; clients send nothing newer."""

    version: int = DICTIONARY.version


class ServiceAnswer(BaseModel):
    """What the service is, what it speaks and knows, and the keys that sign its receipts."""

    service: str = "Printernizer Usage Statistics Aggregation"
    status: Literal["healthy"] = "healthy"
    version: str = __version__
    protocols: list[str] = [V1, V2]
    dictionary: DictionaryAnswer = DictionaryAnswer()
    receipt_keys: list[dict[str, str]]
    max_body_bytes: int = MAX_BODY_BYTES


class HealthAnswer(BaseModel):
    """Whether the database answers."""

    status: Literal["healthy", "unhealthy"]
    timestamp: datetime
    database: Literal["connected", "unavailable"]


class ReadyAnswer(BaseModel):
    """Whether requests should be sent here.

    `fold_lag` is in reports, `fold_age` the seconds since the oldest of them came; null without a database.
    Told only: reports that cannot be folded are `put_aside`, and a clock is `ahead` of all reports. Neither
    keeps the service from taking in more.
    """

    status: Literal["ready", "not ready"]
    database: Literal["connected", "unavailable"]
    writer: Literal["running", "stopped"]
    disk: Literal["ok", "full", "unknown"]
    fold_lag: int | None
    fold_age: float | None
    put_aside: int | None
    clock: ClockState


class LiveAnswer(BaseModel):
    """The process answers."""

    status: Literal["alive"] = "alive"


def status_router(repository: Repository, signers: Signers, clock: Clock) -> APIRouter:
    """Return the routes that need no key."""
    router = APIRouter(tags=["status"])

    @router.get("/")
    def read_service() -> ServiceAnswer:
        """Name the service, its protocols and keys."""
        return ServiceAnswer(receipt_keys=signers.current.jwks)

    @router.get("/health", responses={503: {"model": HealthAnswer}})
    def read_health(response: Response) -> HealthAnswer:
        """Ask the database."""
        now = datetime.now(UTC)
        try:
            repository.check()
        except SQLAlchemyError:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
            return HealthAnswer(status="unhealthy", timestamp=now, database="unavailable")
        return HealthAnswer(status="healthy", timestamp=now, database="connected")

    @router.get("/health/live")
    async def read_live() -> LiveAnswer:
        """Answer, so that the process is not restarted."""
        return LiveAnswer()

    @router.get("/health/ready", responses={503: {"model": ReadyAnswer}})
    def read_ready(response: Response) -> ReadyAnswer:
        """Tell a balancer whether to send requests here."""
        ready = _ready(repository, clock)
        if ready.status != "ready":
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return ready

    return router


def _ready(repository: Repository, clock: Clock) -> ReadyAnswer:
    """Return how everything is that taking in reports needs."""
    lag = since = aside = None
    with suppress(SQLAlchemyError):
        since, aside, lag = repository.waiting_since(), repository.put_aside_count(), repository.fold_lag()
    space = Space()
    with suppress(SQLAlchemyError, OSError):
        space = repository.space()
    now = datetime.now(UTC)
    state = clock.state(now.date())
    is_full = space.is_full or not repository.work.is_writable
    is_folding = lag is not None and lag <= FOLD_LAG_LIMIT
    is_ready = repository.is_writing and is_folding and state is not ClockState.BEHIND and not is_full
    return ReadyAnswer(
        status="ready" if is_ready else "not ready",
        database="unavailable" if lag is None else "connected",
        writer="running" if repository.is_writing else "stopped",
        disk="full" if is_full else "unknown" if space.free is None else "ok",
        fold_lag=lag,
        fold_age=None if lag is None else max(0.0, (now - since).total_seconds()) if since else 0.0,
        put_aside=aside,
        clock=state,
    )


def metrics_router(metrics: Metrics, guard: Any) -> APIRouter:
    """Return the route of a Prometheus server, with the dependency that guards it."""
    router = APIRouter(tags=["status"], dependencies=[Depends(guard)] if guard else [])

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def read_metrics() -> Response:
        """Return the metrics of this process."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
