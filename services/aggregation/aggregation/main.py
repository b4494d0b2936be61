"""The application: every part built and connected once."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, override

from fastapi import FastAPI

from aggregation import __version__
from aggregation.db import Database
from aggregation.ingest import repository
from aggregation.ingest.endpoints import ingest_router
from aggregation.ingest.schemas import REPORT_MODEL
from aggregation.ingest.service import IngestService
from aggregation.security import ApiKey
from aggregation.settings import Settings
from aggregation.status import status_router
from aggregation.writer import Writer

_SCHEMA_REFERENCE = "#/components/schemas/{model}"


class AggregationApp(FastAPI):
    """FastAPI, with the report in its OpenAPI document: the body is not parsed by FastAPI."""

    @override
    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            schemas = super().openapi()["components"]["schemas"]
            report = REPORT_MODEL.model_json_schema(ref_template=_SCHEMA_REFERENCE)
            schemas.update(report.pop("$defs"), Report=report)
        return super().openapi()


def create_app(settings: Settings) -> FastAPI:
    """Return the application on an opened database; raises DatabaseError."""
    database = Database.open(settings.database_url, settings.database_timeout)
    writer = Writer(database.writer, repository.store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        """Run the writer as long as the application."""
        writer.start()
        yield
        await asyncio.to_thread(writer.stop)
        database.close()

    app = AggregationApp(
        title="Printernizer Usage Statistics Aggregation", version=__version__, lifespan=lifespan
    )
    app.include_router(status_router(database))
    api_key = ApiKey(settings.api_key.get_secret_value())
    app.include_router(ingest_router(IngestService(writer), api_key))
    return app
