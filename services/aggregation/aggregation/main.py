"""The application: every part built and connected once."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
import logging
from typing import Any, override

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregation import __version__
from aggregation.analytics.endpoints import analytics_router
from aggregation.ingest.deletion import DeletionService, deletion_router
from aggregation.ingest.openapi import PROOF_SCHEME, SUBMIT_OPERATION, SUBMIT_SCHEMAS
from aggregation.ingest.service import SUBMIT_PATH, IngestService, Limits, Prover
from aggregation.ingest.submit import SubmitRoute
from aggregation.keys import Signers, first_keys
from aggregation.limits import HOUR, NetworkLimit, RateLimit, Replays
from aggregation.metrics import Metrics
from aggregation.observability import RequestLog
from aggregation.protocol.proof import Verifier
from aggregation.reports.endpoints import reports_router
from aggregation.security import Access
from aggregation.settings import Settings
from aggregation.status import metrics_router, status_router
from aggregation.storage.records import Scope as KeyScope
from aggregation.storage.repository import Repository
from aggregation.workers import Workers

LOGGER = logging.getLogger(__name__)
KEYS_SECONDS = 15.0
"""How long a key that was made, rotated or revoked may take to have its effect."""
MINUTE = 60.0
PROOF_THREADS = 1


class AggregationApp(FastAPI):
    """FastAPI, with `/submit` in its OpenAPI document: that route is not FastAPI's."""

    @override
    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["paths"] = {SUBMIT_PATH: {"post": SUBMIT_OPERATION}} | document["paths"]
            document["components"]["schemas"].update(SUBMIT_SCHEMAS)
            document["components"]["securitySchemes"].update(PROOF_SCHEME)
        return super().openapi()


def create_app(settings: Settings, announce: Callable[[str], None] = lambda _: None) -> ASGIApp:
    """Return the application on an opened database; raises DatabaseError.

    `announce` is told the keys that were made on the first start.
    """
    repository = Repository.open(
        settings.database_url, settings.database_timeout, settings.journal, settings.retention
    )
    for line in first_keys(repository):
        announce(line)
    access = Access(repository, settings.api_key.get_secret_value())
    access.load()
    signers = Signers(repository)
    metrics = Metrics(repository.fold_lag)
    workers = Workers(PROOF_THREADS)
    verifier = Verifier(public_url=settings.public_url, skew=settings.clock_skew)
    prover = Prover(verifier, Replays(2.0 * settings.clock_skew), workers)
    limits = Limits(v1=RateLimit(settings.v1_per_hour, HOUR), v2=RateLimit(settings.v2_per_hour, HOUR))
    ingest = IngestService(repository, access, signers, prover, limits, metrics)
    deletions = DeletionService(repository, access, signers, prover)

    def reload_keys() -> None:
        """Read all keys anew."""
        with suppress(SQLAlchemyError):  # the health checks tell of it
            access.load()
            signers.load()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        """Run the threads as long as the application."""
        repository.start()
        workers.start()
        reloading = asyncio.create_task(_every(KEYS_SECONDS, reload_keys))
        yield
        reloading.cancel()
        await asyncio.to_thread(workers.stop)
        await asyncio.to_thread(repository.stop)

    app = AggregationApp(
        title="Printernizer Usage Statistics Aggregation", version=__version__, lifespan=lifespan
    )
    is_open = settings.is_loopback and not settings.behind_proxy
    app.include_router(status_router(repository, signers))
    app.include_router(metrics_router(metrics, None if is_open else access.require(KeyScope.READ)))
    app.include_router(
        deletion_router(
            deletions, NetworkLimit(settings.deletions_per_hour, HOUR), behind_proxy=settings.behind_proxy
        )
    )
    reading, sending = access.require(KeyScope.READ), access.require(KeyScope.ADMIN)
    app.include_router(analytics_router(repository, reading))
    app.include_router(reports_router(repository, settings, reading, sending))
    networks = NetworkLimit(settings.network_per_minute, MINUTE)
    submit = SubmitRoute(app, ingest, networks, behind_proxy=settings.behind_proxy)
    return RequestLog(CrossOrigin(submit, settings.allowed_origins), metrics)


class CrossOrigin:
    """CORS for requests of web pages; all others pass it untouched, which the busiest route needs."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        """Take the application and the origins whose pages may use it."""
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["Date", "Retry-After", "X-Request-Id"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        has_origin = any(name == b"origin" for name, _ in scope.get("headers", ()))
        await (self._cors if has_origin else self._app)(scope, receive, send)


async def _every(seconds: float, action: Callable[[], None]) -> None:
    """Do something that blocks again and again, in a thread."""
    while True:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(action)
