"""The store's fixtures, for what sharing keeps in it."""

from ..store.conftest import commits, file, store

__all__ = ["commits", "file", "store"]
