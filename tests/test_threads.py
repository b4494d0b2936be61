"""What touches the event loop from another thread is seen by the tests."""

import asyncio
from collections.abc import Callable

from homeassistant.core import HomeAssistant
import pytest

PLANNED: dict[str, Callable[[asyncio.AbstractEventLoop], object]] = {
    "soon": lambda loop: loop.call_soon(print),
    "later": lambda loop: loop.call_later(1, print),
    "a result that is waited for": lambda loop: _awaited(loop).set_result(None),
}


def _awaited(loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
    future: asyncio.Future[None] = loop.create_future()
    future.add_done_callback(print)
    return future


@pytest.mark.parametrize("name", PLANNED)
async def test_another_thread_cannot_plan_anything(hass: HomeAssistant, name: str) -> None:
    with pytest.raises(RuntimeError, match="Non-thread-safe"):
        await asyncio.to_thread(PLANNED[name], hass.loop)


async def test_another_thread_can_call_safely(hass: HomeAssistant) -> None:
    called = asyncio.Event()
    await asyncio.to_thread(hass.loop.call_soon_threadsafe, called.set)
    await called.wait()
