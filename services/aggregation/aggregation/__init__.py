"""The aggregation service of Printernizer Usage Statistics."""

__version__ = "0.1.0"
