"""`GET /stats/*`.

Each answer tells in its headers how far the sums lag: `Fresh-Until` (all that came before is in it) and
`Reports-Waiting` (how many are not, counted up to 10,000).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from aggregation.analytics.answer import Freshness
from aggregation.analytics.v1 import schemas
from aggregation.analytics.v1.series import activity, series
from aggregation.analytics.v1.stats import Answer, Stats
from aggregation.keeping.repository import Repository
from aggregation.rollups.measures import Measure
from aggregation.rollups.scopes import Scope
from aggregation.security import Guard

MAX_DAYS = 3660
MAX_WEEKS = 520

_RESPONSES: dict[int | str, dict[str, Any]] = {
    503: {"description": "The database is away; try again after `Retry-After` seconds"},
}

type Days = Annotated[int, Query(le=MAX_DAYS, description="how many days back; none when not positive")]
type Limit = Annotated[int, Query(le=1000, description="how many at most; all when negative")]
type Weeks = Annotated[int, Query(ge=1, le=MAX_WEEKS, description="how many weeks back")]


class Statistics:
    """Reads statistics for the routes."""

    def __init__(self, repository: Repository) -> None:
        """Take what holds the rollups."""
        self._repository = repository

    def read(self, shape: type[BaseModel], question: Callable[[Stats], Answer]) -> Response:
        """Return the answer to a question about this moment, in its shape, with how far it lags. Blocks.

        All of it in the thread that asks: on a busy machine each change between threads takes longer.
        """
        with self._repository.reading() as connection:
            stats = Stats(connection, datetime.now(UTC).date())
            answer, freshness = question(stats), stats.reader.sums.freshness
        body = shape.model_validate(answer).model_dump_json(by_alias=True)
        return Response(body, media_type="application/json", headers=_told(freshness))


def analytics_router(repository: Repository, guard: Guard) -> APIRouter:
    """Return the routes of the dashboard, with the dependency that guards them."""
    statistics = Statistics(repository)
    dependencies = [Depends(guard)]
    router = APIRouter(prefix="/stats", tags=["statistics"], dependencies=dependencies, responses=_RESPONSES)
    _add_totals(router, statistics)
    _add_shares(router, statistics)
    _add_trends(router, statistics)
    _add_series(router, statistics)
    return router


def _add_totals(router: APIRouter, statistics: Statistics) -> None:
    """Add what is about everything."""

    @router.get("/summary", response_model=schemas.Summary)
    def read_summary() -> Response:
        """Return what there is in all."""
        return statistics.read(schemas.Summary, Stats.summary)

    @router.get("/overview", response_model=schemas.Overview)
    def read_overview() -> Response:
        """Return everything at once."""
        return statistics.read(schemas.Overview, Stats.overview)

    @router.get("/export", response_model=schemas.Export)
    def read_export() -> Response:
        """Return everything at once, for keeping."""
        return statistics.read(schemas.Export, Stats.export)

    @router.get("/installations", response_model=schemas.Installations)
    def read_installations(days: Days = 30) -> Response:
        """Return how many homes there are, and how many each day."""
        return statistics.read(schemas.Installations, lambda stats: stats.installations(days))


def _add_shares(router: APIRouter, statistics: Statistics) -> None:
    """Add what the active homes are like."""

    @router.get("/deployment-modes", response_model=schemas.DeploymentModes)
    def read_deployment_modes() -> Response:
        """Return how the active homes run it."""
        return statistics.read(schemas.DeploymentModes, Stats.deployment_modes)

    @router.get("/versions", response_model=schemas.Versions)
    def read_versions(limit: Limit = 10) -> Response:
        """Return the versions of the active homes."""
        return statistics.read(schemas.Versions, lambda stats: stats.versions(limit))

    @router.get("/geography", response_model=schemas.Geography)
    def read_geography(limit: Limit = 20) -> Response:
        """Return the countries of the active homes."""
        return statistics.read(schemas.Geography, lambda stats: stats.geography(limit))

    @router.get("/printers", response_model=schemas.Printers)
    def read_printers() -> Response:
        """Return the printers of the active homes."""
        return statistics.read(schemas.Printers, Stats.printers)

    @router.get("/features", response_model=schemas.Features)
    def read_features() -> Response:
        """Return which features the active homes use."""
        return statistics.read(schemas.Features, Stats.features)


def _add_trends(router: APIRouter, statistics: Statistics) -> None:
    """Add what changes over time."""

    @router.get("/version-migration", response_model=schemas.VersionMigration)
    def read_version_migration(days: Days = 30) -> Response:
        """Return the versions of the homes that were active on each day."""
        return statistics.read(schemas.VersionMigration, lambda stats: stats.version_migration(days))

    @router.get("/feature-trends", response_model=schemas.FeatureTrends)
    def read_feature_trends(days: Days = 30) -> Response:
        """Return which features were in use on each day."""
        return statistics.read(schemas.FeatureTrends, lambda stats: stats.feature_trends(days))

    @router.get("/errors", response_model=schemas.Errors)
    def read_errors() -> Response:
        """Return the errors, and whether they have become many more."""
        return statistics.read(schemas.Errors, Stats.errors)

    @router.get("/anomalies", response_model=schemas.Anomalies)
    def read_anomalies() -> Response:
        """Return what is out of the ordinary."""
        return statistics.read(schemas.Anomalies, Stats.anomalies)


def _add_series(router: APIRouter, statistics: Statistics) -> None:
    """Add what protocol 1.0 did not have."""

    @router.get("/weekly", response_model=schemas.Series)
    def read_weekly(
        metric: Measure,
        scope: Scope = Scope.ALL,
        scope_value: Annotated[str, Query(max_length=50)] = "",
        weeks: Weeks = 26,
    ) -> Response:
        """Return a metric over the weeks, of all homes or of those with one property."""
        return statistics.read(schemas.Series, lambda stats: series(stats, metric, scope, scope_value, weeks))

    @router.get("/activity", response_model=schemas.Activity)
    def read_activity(weeks: Weeks = 26) -> Response:
        """Return the active homes over the weeks."""
        return statistics.read(schemas.Activity, lambda stats: activity(stats, weeks))


def _told(freshness: Freshness) -> dict[str, str]:
    """Return headers that tell how far the sums lag."""
    return {
        "Fresh-Until": f"{freshness.until:%Y-%m-%dT%H:%M:%SZ}",
        "Reports-Waiting": str(freshness.waiting),
    }
