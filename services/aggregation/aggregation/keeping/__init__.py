"""Keeping: the process that writes, and all that it does there."""
