"""Fields of tests' services: what pydantic made of one is made for all.

Each test may have a service of its own; what its addresses take and answer is the same. It is a third of
the work of starting one.
"""

from typing import Any

from pydantic import ConfigDict, TypeAdapter

_MADE: dict[tuple[Any, str], TypeAdapter[Any]] = {}


def sharing_adapter(annotated: Any, *, config: ConfigDict | None = None) -> TypeAdapter[Any]:
    """Make an adapter as pydantic does, or return that of the same type with the same rules."""
    key = (annotated.__origin__, f"{annotated.__metadata__} {config}")
    if key not in _MADE:
        _MADE[key] = TypeAdapter(annotated, config=config)
    return _MADE[key]
