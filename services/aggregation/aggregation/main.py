"""The application: every part built and connected once."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from aggregation import __version__
from aggregation.alerts.endpoints import alarms_router
from aggregation.analytics.v1.endpoints import analytics_router
from aggregation.clock import Clock
from aggregation.dashboard.endpoints import dashboard_router
from aggregation.dashboard.login import Login
from aggregation.dashboard.sessions import Sessions
from aggregation.ingest.counting import Intake
from aggregation.ingest.deletion import DeletionLimits, DeletionService, deletion_router
from aggregation.ingest.service import IngestService, Limits, Prover
from aggregation.ingest.submit import SubmitRoute, client_address
from aggregation.insight.process import InsightProcess
from aggregation.keeping.process import WriterProcess
from aggregation.keeping.process_main import writer_of
from aggregation.keeping.repository import Repository
from aggregation.keeping.wire import Order
from aggregation.keeping.writer import WriterHere
from aggregation.keys import Signers, announce_first_key
from aggregation.limits import HOUR, NetworkLimit, RateLimit, Replays
from aggregation.mails.links.endpoints import mail_links_router
from aggregation.mails.page.endpoints import mail_page_router
from aggregation.mails.v1.endpoints import mails_router
from aggregation.metrics import Metrics
from aggregation.observability import RequestLog
from aggregation.protocol.proof import Verifier
from aggregation.public.endpoints import public_router
from aggregation.public.publishing.endpoints import publishing_router
from aggregation.quota import NetworkQuota
from aggregation.security import Access
from aggregation.settings import Settings
from aggregation.status import metrics_router, status_router
from aggregation.storage.records import KeyScope
from aggregation.web import AggregationApp, CrossOrigin, SmallBodies

TITLE = "Printernizer Usage Statistics Aggregation"
KEYS_SECONDS = 15.0
"""How long a key that was made, rotated or revoked may take to have its effect."""
MINUTE = 60.0
LOGINS_PER_HOUR = 20
"""Wrong keys that a network may try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What several routes share."""

    repository: Repository
    access: Access
    signers: Signers
    prover: Prover
    clock: Clock
    quota: NetworkQuota

    def reload(self) -> None:
        """Read all keys and the newest week anew. Blocks."""
        with suppress(SQLAlchemyError):  # the health checks tell of it
            self.access.load()
            self.signers.load()
            self.clock.load()
            self.quota.homes = self.repository.homes(_today())


def create_app(
    settings: Settings, announce: Callable[[str], None] = lambda _: None, *, apart: bool = False
) -> ASGIApp:
    """Return the application on an opened database; raises DatabaseError and OSError.

    `announce` is told where the key is that was made on the first start; what writes may have a process
    `apart`.
    """
    parts = _open(settings, announce, apart=apart)
    metrics = _metrics(parts.repository)
    metrics.watch_clock(lambda: parts.clock.days_ahead(datetime.now(UTC).date()))
    metrics.watch_values(
        lambda: parts.repository.unknown_share(_today()), lambda: parts.repository.most_sums(_today())
    )
    app = AggregationApp(
        title=TITLE,
        version=__version__,
        lifespan=_lifespan(
            parts,
            InsightProcess(settings.database_url) if apart and settings.insight else None,
            Intake(metrics, parts.repository.writing),
        ),
        docs_url=None,
        redoc_url=None,
    )
    _add_routes(app, settings, parts, metrics)
    limits = Limits(
        v1=RateLimit(settings.v1_per_hour, HOUR),
        v2=RateLimit(settings.v2_per_hour, HOUR),
        quota=parts.quota,
    )
    ingest = IngestService(
        parts.repository, parts.access, parts.signers, parts.prover, limits, metrics, parts.clock
    )
    networks = NetworkLimit(settings.network_per_minute, MINUTE)
    submit = SubmitRoute(SmallBodies(app), ingest, networks, behind_proxy=settings.behind_proxy)
    return RequestLog(CrossOrigin(submit, settings.allowed_origins), metrics)


def _metrics(repository: Repository) -> Metrics:
    """Return metrics that watch what is stored."""
    metrics = Metrics(repository.fold_lag, repository.mirror_lag)
    metrics.watch_fold(repository.put_aside_count, repository.waiting_since)
    metrics.watch_work(lambda: repository.work, repository.space)
    return metrics


def _open(settings: Settings, announce: Callable[[str], None], *, apart: bool) -> _Parts:
    """Open the database and make what works on it."""
    order = _order(settings)
    repository = Repository.open(
        order.url,
        order.timeout,
        lambda database: WriterProcess(order) if apart else WriterHere(writer_of(order, database)),
    )
    announce_first_key(repository, settings.admin_key_file, announce)
    access = Access(repository, settings.api_key.get_secret_value())
    access.load()
    clock = Clock(repository.reading)
    clock.load()
    quota = NetworkQuota(settings.network_homes)
    quota.homes = repository.homes(_today())
    verifier = Verifier(public_url=settings.public_url, skew=settings.clock_skew)
    return _Parts(
        repository=repository,
        access=access,
        signers=Signers(repository),
        prover=Prover(repository, verifier, Replays(2.0 * settings.clock_skew)),
        clock=clock,
        quota=quota,
    )


def _order(settings: Settings) -> Order:
    """Return what is to be kept."""
    return Order(
        url=settings.database_url,
        timeout=settings.database_timeout,
        retention=settings.retention,
        log_level=settings.log_level,
        journal=str(settings.journal) if settings.journal else None,
        clickhouse_url=settings.clickhouse_url,
    )


def _lifespan(
    parts: _Parts, insight: InsightProcess | None, intake: Intake
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what runs the threads as long as the application."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        """Start the threads, and end them in the opposite order."""
        await parts.repository.start()
        if insight:
            await insight.start()
        tasks = [
            asyncio.create_task(_every(KEYS_SECONDS, parts.reload)),
            asyncio.create_task(_every(MINUTE, intake.keep)),
        ]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.to_thread(intake.keep)
        if insight:
            await insight.stop()
        await parts.repository.stop()

    return lifespan


def _add_routes(app: FastAPI, settings: Settings, parts: _Parts, metrics: Metrics) -> None:
    """Add every route but `/submit`."""
    reading, sending = parts.access.require(KeyScope.READ), parts.access.require(KeyScope.ADMIN)
    is_open = settings.is_loopback and not settings.behind_proxy
    deletions = DeletionService(parts.repository, parts.access, parts.signers, parts.prover)
    limits = DeletionLimits(
        requests=NetworkLimit(settings.network_per_minute, MINUTE),
        failures=NetworkLimit(settings.deletions_per_hour, HOUR),
        empty=NetworkLimit(settings.deletions_per_hour, HOUR),
    )
    app.include_router(status_router(parts.repository, parts.signers, parts.clock))
    app.include_router(metrics_router(metrics, None if is_open else reading))
    app.include_router(deletion_router(deletions, limits, behind_proxy=settings.behind_proxy))
    app.include_router(analytics_router(parts.repository, reading))
    app.include_router(alarms_router(parts.repository, reading, sending))
    app.include_router(public_router(parts.repository.reading, settings.public_url or ""))
    app.include_router(mails_router(parts.repository, settings, reading, sending))
    login = Login(
        sessions=Sessions(parts.repository.reading, parts.repository.writing),
        tries=NetworkLimit(LOGINS_PER_HOUR, HOUR),
        address=lambda request: client_address(
            request.scope, dict(request.scope["headers"]), behind_proxy=settings.behind_proxy
        ),
        is_tls=settings.is_tls,
    )
    kept = (parts.repository.reading, parts.repository.writing)
    app.include_router(mail_links_router(*kept))
    app.include_router(mail_page_router(*kept, login, settings))
    app.include_router(publishing_router(*kept, login))
    app.include_router(dashboard_router(login, *kept))


def _today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()


async def _every(seconds: float, action: Callable[[], None]) -> None:
    """Do something that blocks again and again, in a thread."""
    while True:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(action)
