"""Discovery of services: asked for right before anything goes there, and remembered."""

from dataclasses import replace

from sqlalchemy import Connection

from ..store import UsageStore
from . import service_info
from .api import Answer, async_discover
from .connect import Connect
from .service_info import ServiceInfo


async def async_service_info(
    store: UsageStore, connect: Connect, endpoint: str, client_key: str
) -> ServiceInfo | Answer:
    """Ask the service what it speaks; what it said last time holds when it does not answer."""
    async with connect() as session:
        found = await async_discover(session, endpoint, client_key)
    if isinstance(found, Answer):
        known = await store.async_read(lambda conn: service_info.known(conn, endpoint))
        return known or found

    def remember(conn: Connection) -> ServiceInfo:
        service_info.save(conn, found)
        return service_info.load(conn, endpoint)

    remembered = await store.async_run(remember)
    return replace(remembered, date=found.date)
