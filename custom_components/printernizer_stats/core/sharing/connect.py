"""Connection to a service: a session for one request, opened by whoever knows how."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import aiohttp

type Connect = Callable[[], AbstractAsyncContextManager[aiohttp.ClientSession]]
"""Gives a session for one request."""
