"""The obvious stack to compare with: FastAPI, pydantic, the async ORM of SQLAlchemy, a commit each.

Run as a module it serves on the port and database given on the command line.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
import os
import sys
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import JSON, DateTime, UniqueConstraint, event, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
import uvicorn


class Base(DeclarativeBase):
    """The tables."""


class Submission(Base):
    """One report."""

    __tablename__ = "submissions"
    __table_args__ = (UniqueConstraint("installation_id", "period_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submitted_at: Mapped[datetime] = mapped_column(DateTime, default=lambda: datetime.now(UTC))
    installation_id: Mapped[str]
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    app_version: Mapped[str]
    platform: Mapped[str]
    deployment_mode: Mapped[str]
    country_code: Mapped[str]
    printer_count: Mapped[int]
    printer_types: Mapped[list[str]] = mapped_column(JSON)
    printer_type_counts: Mapped[dict[str, int]] = mapped_column(JSON)
    job_count: Mapped[int]
    file_count: Mapped[int]
    upload_count: Mapped[int]
    uptime_hours: Mapped[int]
    feature_usage: Mapped[dict[str, bool]] = mapped_column(JSON)
    event_counts: Mapped[dict[str, int]] = mapped_column(JSON)


class Installation(BaseModel):
    """Who reports."""

    installation_id: str
    app_version: str
    python_version: str | None = None
    platform: str
    deployment_mode: str
    country_code: str


class Period(BaseModel):
    """What time a report is about."""

    start: datetime
    end: datetime
    duration_days: int = Field(0, ge=0)


class Fleet(BaseModel):
    """The printers."""

    printer_count: int = Field(0, ge=0)
    printer_types: list[str] = []
    printer_type_counts: dict[str, int] = {}


class Usage(BaseModel):
    """The numbers."""

    job_count: int = Field(0, ge=0)
    file_count: int = Field(0, ge=0)
    upload_count: int = Field(0, ge=0)
    uptime_hours: int = Field(0, ge=0)
    feature_usage: dict[str, bool] = {}


class Report(BaseModel):
    """A whole report."""

    schema_version: str = "1.0"
    installation: Installation
    period: Period
    printer_fleet: Fleet
    usage_stats: Usage
    error_summary: dict[str, int] = {}


def open_database(url: str) -> AsyncEngine:
    """Return an engine whose commits are durable."""
    if not url.startswith("sqlite:"):
        return create_async_engine(url)
    engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"), connect_args={"timeout": 30})

    @event.listens_for(engine.sync_engine, "connect")
    def durable(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return engine


def create_app(url: str, key: str) -> FastAPI:
    """Return the application on a database; it takes reports with a key."""
    engine = open_database(url)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    async def session() -> AsyncGenerator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    @app.post("/submit")
    async def submit(
        report: Report,
        database: Annotated[AsyncSession, Depends(session)],
        x_api_key: Annotated[str, Header()],
    ) -> dict[str, Any]:
        if x_api_key != key:
            raise HTTPException(401)
        identifier, start = report.installation.installation_id, report.period.start
        same = (Submission.installation_id == identifier, Submission.period_start == start)
        found = (await database.execute(select(Submission).where(*same))).scalar_one_or_none()
        if found is None:
            found = Submission(
                period_start=start,
                period_end=report.period.end,
                **report.installation.model_dump(exclude={"python_version"}),
                **report.printer_fleet.model_dump(),
                **report.usage_stats.model_dump(),
                event_counts=report.error_summary,
            )
            database.add(found)
            await database.commit()
        return {"status": "success", "submission_id": found.id, "message": "Submitted"}

    return app


if __name__ == "__main__":
    app = create_app(sys.argv[2], os.environ["AGGREGATION_API_KEY"])
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
