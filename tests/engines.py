"""Engines of tests: what SQLAlchemy compiled for one of them is compiled for all.

Each test has a file of its own and thus engines of its own; the statements are the same.
"""

from typing import Any

from sqlalchemy import Engine, create_engine


class _Compiled(dict[Any, Any]):
    """Compiled statements by the name of their dialect; for SQLAlchemy each engine has one of its own."""

    def get(self, key: Any, default: Any = None) -> Any:
        dialect, *rest = key
        return super().get((dialect.name, *rest), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        dialect, *rest = key
        super().__setitem__((dialect.name, *rest), value)


_COMPILED = _Compiled()


def sharing_engine(*args: Any, **options: Any) -> Engine:
    """Make an engine as SQLAlchemy does, which compiles no statement that another has compiled."""
    engine = create_engine(*args, **options)
    engine.update_execution_options(compiled_cache=_COMPILED)
    return engine
