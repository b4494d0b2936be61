"""`GET /stats/*`."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from aggregation.analytics.v1 import schemas
from aggregation.analytics.v1.series import activity, series
from aggregation.analytics.v1.stats import Answer, Stats
from aggregation.keeping.repository import Repository
from aggregation.rollups.measures import Measure
from aggregation.rollups.scopes import Scope

MAX_DAYS = 3660
MAX_WEEKS = 520

_RESPONSES: dict[int | str, dict[str, Any]] = {
    503: {"description": "The database is away; try again after `Retry-After` seconds"},
}

type Guard = Callable[..., None]
type Days = Annotated[int, Query(le=MAX_DAYS, description="how many days back; none when not positive")]
type Limit = Annotated[int, Query(le=1000, description="how many at most; all when negative")]
type Weeks = Annotated[int, Query(ge=1, le=MAX_WEEKS, description="how many weeks back")]


class Statistics:
    """Reads statistics for the routes."""

    def __init__(self, repository: Repository) -> None:
        """Take what holds the rollups."""
        self._repository = repository

    def read(self, question: Callable[[Stats], Answer]) -> Any:
        """Return the answer to a question about this moment. Blocks."""
        with self._repository.reading() as connection:
            return question(Stats(connection, datetime.now(UTC).date()))


def analytics_router(repository: Repository, guard: Guard) -> APIRouter:
    """Return the routes of the dashboard, with the dependency that guards them."""
    router = APIRouter(
        prefix="/stats", tags=["statistics"], dependencies=[Depends(guard)], responses=_RESPONSES
    )
    statistics = Statistics(repository)
    _add_totals(router, statistics)
    _add_shares(router, statistics)
    _add_trends(router, statistics)
    _add_series(router, statistics)
    return router


def _add_totals(router: APIRouter, statistics: Statistics) -> None:
    """Add what is about everything."""

    @router.get("/summary", response_model=schemas.Summary)
    def read_summary() -> Any:
        """Return what there is in all."""
        return statistics.read(Stats.summary)

    @router.get("/overview", response_model=schemas.Overview)
    def read_overview() -> Any:
        """Return everything at once."""
        return statistics.read(Stats.overview)

    @router.get("/export", response_model=schemas.Export)
    def read_export() -> Any:
        """Return everything at once, for keeping."""
        return statistics.read(Stats.export)

    @router.get("/installations", response_model=schemas.Installations)
    def read_installations(days: Days = 30) -> Any:
        """Return how many homes there are, and how many each day."""
        return statistics.read(lambda stats: stats.installations(days))


def _add_shares(router: APIRouter, statistics: Statistics) -> None:
    """Add what the active homes are like."""

    @router.get("/deployment-modes", response_model=schemas.DeploymentModes)
    def read_deployment_modes() -> Any:
        """Return how the active homes run it."""
        return statistics.read(Stats.deployment_modes)

    @router.get("/versions", response_model=schemas.Versions)
    def read_versions(limit: Limit = 10) -> Any:
        """Return the versions of the active homes."""
        return statistics.read(lambda stats: stats.versions(limit))

    @router.get("/geography", response_model=schemas.Geography)
    def read_geography(limit: Limit = 20) -> Any:
        """Return the countries of the active homes."""
        return statistics.read(lambda stats: stats.geography(limit))

    @router.get("/printers", response_model=schemas.Printers)
    def read_printers() -> Any:
        """Return the printers of the active homes."""
        return statistics.read(Stats.printers)

    @router.get("/features", response_model=schemas.Features)
    def read_features() -> Any:
        """Return which features the active homes use."""
        return statistics.read(Stats.features)


def _add_trends(router: APIRouter, statistics: Statistics) -> None:
    """Add what changes over time."""

    @router.get("/version-migration", response_model=schemas.VersionMigration)
    def read_version_migration(days: Days = 30) -> Any:
        """Return the versions of the homes that were active on each day."""
        return statistics.read(lambda stats: stats.version_migration(days))

    @router.get("/feature-trends", response_model=schemas.FeatureTrends)
    def read_feature_trends(days: Days = 30) -> Any:
        """Return which features were in use on each day."""
        return statistics.read(lambda stats: stats.feature_trends(days))

    @router.get("/errors", response_model=schemas.Errors)
    def read_errors() -> Any:
        """Return the errors, and whether they have become many more."""
        return statistics.read(Stats.errors)

    @router.get("/anomalies", response_model=schemas.Anomalies)
    def read_anomalies() -> Any:
        """Return what is out of the ordinary."""
        return statistics.read(Stats.anomalies)


def _add_series(router: APIRouter, statistics: Statistics) -> None:
    """Add what protocol 1.0 did not have."""

    @router.get("/weekly", response_model=schemas.Series)
    def read_weekly(
        metric: Measure,
        scope: Scope = Scope.ALL,
        scope_value: Annotated[str, Query(max_length=50)] = "",
        weeks: Weeks = 26,
    ) -> Any:
        """Return a metric over the weeks, of all homes or of those with one property."""
        return statistics.read(lambda stats: series(stats, metric, scope, scope_value, weeks))

    @router.get("/activity", response_model=schemas.Activity)
    def read_activity(weeks: Weeks = 26) -> Any:
        """Return the active homes over the weeks."""
        return statistics.read(lambda stats: activity(stats, weeks))
