"""What services say of themselves: asked for right before anything goes there, and remembered."""

import asyncio
from dataclasses import replace

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
        known = await asyncio.wrap_future(store.run(lambda conn: service_info.known(conn, endpoint)))
        return known or found
    await asyncio.wrap_future(store.run(lambda conn: service_info.save(conn, found)))
    remembered = await asyncio.wrap_future(store.run(lambda conn: service_info.load(conn, endpoint)))
    return replace(remembered, date=found.date)
