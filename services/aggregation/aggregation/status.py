"""`GET /` and `GET /health`: what this service is, and whether it works."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from aggregation import __version__
from aggregation.db import Database
from aggregation.ingest.schemas import PROTOCOL


class ServiceAnswer(BaseModel):
    """What the service is, and which protocols it speaks."""

    service: str = "Printernizer Usage Statistics Aggregation"
    status: Literal["healthy"] = "healthy"
    version: str = __version__
    protocols: list[str] = [PROTOCOL]


class HealthAnswer(BaseModel):
    """Whether the database answers."""

    status: Literal["healthy", "unhealthy"]
    timestamp: datetime
    database: Literal["connected", "unavailable"]


def status_router(database: Database) -> APIRouter:
    """Return the routes that need no key."""
    router = APIRouter(tags=["status"])

    @router.get("/")
    def read_service() -> ServiceAnswer:
        """Name the service and its protocols."""
        return ServiceAnswer()

    @router.get("/health", responses={503: {"model": HealthAnswer}})
    def read_health(response: Response) -> HealthAnswer:
        """Ask the database."""
        now = datetime.now(UTC)
        try:
            database.check()
        except SQLAlchemyError:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
            return HealthAnswer(status="unhealthy", timestamp=now, database="unavailable")
        return HealthAnswer(status="healthy", timestamp=now, database="connected")

    return router
