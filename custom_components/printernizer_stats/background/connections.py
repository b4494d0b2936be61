"""Connections to services: each is for one request, keeps no cookie, and says the same whoever is at home.

Home Assistant's shared session has a cookie jar and keeps connections open: both tell a service which weeks
are of one home. Certificates and names are checked and looked up as Home Assistant does it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import DATA_RESOLVER, async_get_clientsession
from homeassistant.util.ssl import SSL_ALPN_HTTP11, SSLCipherList, client_context


@asynccontextmanager
async def async_connect(hass: HomeAssistant) -> AsyncIterator[aiohttp.ClientSession]:
    """Give a session for one request; nothing of it is left afterwards."""
    async_get_clientsession(hass)  # makes the resolver, if nobody has needed it yet
    connector = aiohttp.TCPConnector(
        force_close=True,
        resolver=hass.data[DATA_RESOLVER],
        ssl=client_context(SSLCipherList.PYTHON_DEFAULT, SSL_ALPN_HTTP11),
    )
    async with aiohttp.ClientSession(
        auto_decompress=False, connector=connector, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield session
