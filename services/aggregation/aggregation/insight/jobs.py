"""Job: something that is worked out once for each week, or each day."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection


class Job(NamedTuple):
    """What is to be done, and when."""

    kind: str
    """Its name: once for each kind and number it is done."""
    due: Callable[[Connection, datetime], Sequence[int]]
    """Returns the numbers that should be done by a moment (UTC), the first to be done first."""
    run: Callable[[Connection, int, datetime], None]
    """Does one of them in the transaction that notes it."""
