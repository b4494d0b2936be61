"""The aggregation service of Printernizer Usage Statistics."""

from datetime import date

__version__ = "0.1.0"

BUILT = date(2026, 11, 22)
"""The day of this release: a clock that says less is wrong."""
