"""The event loop's own check of threads, without the rest of asyncio's debug mode."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from functools import wraps
from threading import get_ident
from typing import Final

import pytest

PLANNING: Final = ("call_soon", "call_at")  # call_later and all futures and tasks go through these


def keep_to_its_thread(loop: AbstractEventLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse what plans something in the running loop from another thread, as asyncio's debug mode does.

    The debug mode also reads the whole stack for each future, which takes long.
    """
    home = get_ident()

    def checked[**Arguments, Result](plan: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(plan)
        def planning(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            if get_ident() != home:
                raise RuntimeError("Non-thread-safe operation on an event loop other than the current one")
            return plan(*args, **kwargs)

        return planning

    for name in PLANNING:
        monkeypatch.setattr(loop, name, checked(getattr(loop, name)))
