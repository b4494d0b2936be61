"""Writes the results of the simulation: script/simulate."""

from .run import write

write()
